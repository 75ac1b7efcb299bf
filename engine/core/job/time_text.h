#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "smpp/time.h"

namespace anchal::core {

/// RFC 3339 date-time with offset ("2026-03-03T09:00:00+05:30", fraction optional, "Z" allowed). Nothing
/// where it is not one: no guess about a missing zone.
std::optional<WallTime> parse_rfc3339(std::string_view text);

/// "2026-03-03T03:30:01.204Z", appended.
void append_rfc3339(std::string& out, WallTime time);

}  // namespace anchal::core
