#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/admin/http.h"

namespace anchal::admin {

/// One thing that is wrong with a request; `field` is spelled as in the body ("scope.categories[0]").
struct FieldError {
  std::string field;
  std::string message;
};

/// An error as RFC 9457 problem details. `title` is the status' own phrase, `detail` says what happened in
/// this case; neither holds numbers of recipients or texts.
Response problem(unsigned status, std::string_view detail, const std::vector<FieldError>& errors = {});

/// The same with an extension member (RFC 9457 §3.2); `json` is its value.
Response problem(unsigned status, std::string_view detail, const std::vector<FieldError>& errors,
                 std::string_view member, std::string_view json);

/// "Not Found" for 404, and so on for the statuses used here.
std::string_view phrase_of(unsigned status);

/// A JSON string with its quotes.
std::string json_quoted(std::string_view text);

}  // namespace anchal::admin
