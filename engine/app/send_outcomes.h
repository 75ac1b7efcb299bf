#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/send_redis.h"

namespace anchal::app {

/// One line of an outcomes stream, as far as tools look at it: views into the line.
struct OutcomeLine {
  std::string_view json;  ///< the whole line
  std::string_view job;   ///< as it is escaped in JSON
  std::string_view state;
  std::string_view operator_name;
  std::string_view reason;
  std::uint64_t index = 0;
  std::uint64_t parts = 0;
  bool whole_job = false;  ///< `i` is null: the job was refused as a whole
  bool final = false;
};

/// Takes a line apart without allocating. A key inside a string cannot be mistaken for one: its quotes are
/// escaped.
OutcomeLine read_outcome(std::string_view json);

/// Reads the outcomes of one tenant from all partitions, each from its own place on.
class OutcomeReader {
 public:
  using OnLine = std::function<void(const OutcomeLine&)>;

  OutcomeReader(RedisPipe& redis, const std::string& tenant, unsigned partitions);

  /// From here on only what comes: without it reading starts at the beginning.
  std::expected<void, std::string> skip_to_end();

  /// One look at every stream; the number of lines. Does not wait for more.
  std::expected<std::uint64_t, std::string> read(const OnLine& on_line);

 private:
  struct Stream {
    std::string key;
    std::string last = "0-0";
  };
  RedisPipe& redis_;
  std::vector<Stream> streams_;
};

}  // namespace anchal::app
