#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace anchal::core {

/// A message of on_doubt = resend_once that waits to be written again, and what is heard of its first copy.
struct Resend {
  std::uint16_t operator_index = 0;
  std::uint16_t reference = 0;
  std::uint64_t day = 0;
  std::string accepted;  ///< one octet per part, as in Progress
  struct Answer {
    std::uint16_t part = 0;
    std::string message_id;
  };
  std::vector<Answer> answers;  ///< parts accepted since
  std::uint64_t token = 0;      ///< once prepared
  bool guessed = false;  ///< another shard wrote the first copy, or decided: its reference is not known
};

}  // namespace anchal::core
