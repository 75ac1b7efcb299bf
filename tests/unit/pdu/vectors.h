#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::smpp::test {

/// One line of pdu_vectors.jsonl.
struct PduVector {
  std::string name;
  std::vector<std::byte> octets;
  std::string result;  // decoded, error, stream
  nlohmann::json line;
};

/// The vectors of tests/data, or of the directory named by ANCHAL_VECTORS (tests/support/vector_file.h).
const std::vector<PduVector>& pdu_vectors();
std::vector<PduVector> pdu_vectors(std::string_view result);

/// Whether the vectors are those of this repository.
bool own_vectors();

}  // namespace anchal::smpp::test
