#pragma once

#include <simdjson.h>

namespace anchal::core {

/// simdjson's parsers, whose buffers stay warm: one for bodies, one for the variables of a recipient.
struct JsonParsers {
  simdjson::ondemand::parser job;
  simdjson::ondemand::parser row;
};

}  // namespace anchal::core
