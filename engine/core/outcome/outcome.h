#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/dispatch/active.h"
#include "engine/core/time.h"

namespace anchal::core {

/// One line of an outcomes entry (interface.md "Outcomes"). Empty fields are left out.
struct OutcomeLine {
  std::string_view state;
  bool is_final = true;
  std::string_view reason;
  std::string_view operator_name;
  std::uint32_t parts = 0;
  int parts_delivered = -1;
  std::string_view error;
  std::optional<WallTime> until;
};

/// Replaces `out` by the JSON of one outcome. `id_json` and `ref_json` are pasted as they are (JSON strings).
void write_outcome(std::string& out, const Identity& who, const OutcomeLine& line, WallTime at);

/// The `invalid` of a job refused as a whole: `i` is null.
void write_refused_job(std::string& out, std::string_view id_json, std::string_view reason,
                       std::string_view detail, WallTime at);

/// Appends `text` as a JSON string with quotes; octets that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace anchal::core
