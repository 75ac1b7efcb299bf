#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/config.h"
#include "engine/core/job/job.h"

namespace anchal::core {

/// Why a job was not taken as a whole. `reason` is one of a closed list (metrics, dead letters); `detail`
/// says what and where, without text or number of a recipient (law 7).
struct Refusal {
  std::string_view reason;
  std::string detail;
  std::string tenant;  ///< where they could be read: then its hub gets an `invalid` outcome
  std::string id_json;
};

/// id and tenant of a body that is no JSON, or is not to be parsed, as far as they can be read: strings at
/// the top level, found by counting brackets.
void salvage(std::string_view body, Refusal& refusal);

struct JsonParsers;  // job/json_parsers.h: simdjson is a heavy header

/// Parses the body of a stream entry (interface.md "Job"). One per shard: keeps simdjson's buffers warm.
/// Checks the shape, types, category, lane, times and template; numbers are read here, variables only when
/// the text is rendered. Never throws.
class JobParser {
 public:
  JobParser(const Config& config, throttle::Names& names);
  ~JobParser();

  /// `lane` is the lane of the stream; `is_envelope`: the body is a CloudEvents 1.0 envelope around the job.
  std::expected<std::unique_ptr<Job>, Refusal> parse(std::string_view body, Lane lane, bool is_envelope);

  /// The parser for rendering a recipient's variables, shared so that its buffers stay warm.
  JsonParsers& parsers() { return *parsers_; }

 private:
  const Config& config_;
  throttle::Names& names_;
  std::unique_ptr<JsonParsers> parsers_;
};

/// Digits of "+919800000001" as a number; nothing unless it is "+", a digit 1-9 and 6 to 14 digits more
/// (ITU-T E.164 §6.2.1).
std::optional<std::uint64_t> parse_e164(std::string_view text);

}  // namespace anchal::core
