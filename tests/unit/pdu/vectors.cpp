#include "tests/unit/pdu/vectors.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/vector_file.h"
#include "tests/unit/pdu/hex.h"

namespace anchal::smpp::test {
namespace {

const support::VectorFile& source() {
  static const support::VectorFile file = support::vector_file("pdu_vectors.jsonl");
  return file;
}

std::vector<PduVector> read_vectors() {
  std::ifstream file(source().path);
  if (!file) ADD_FAILURE() << "cannot read " << source().path;
  std::vector<PduVector> vectors;
  for (std::string text; std::getline(file, text);) {
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    PduVector vector;
    vector.line = nlohmann::json::parse(text);
    vector.name = vector.line.at("name");
    vector.octets = from_hex(vector.line.at("hex").get<std::string>());
    vector.result = vector.line.at("result");
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

}  // namespace

bool own_vectors() {
  return source().own;
}

const std::vector<PduVector>& pdu_vectors() {
  static const std::vector<PduVector> vectors = read_vectors();
  return vectors;
}

std::vector<PduVector> pdu_vectors(std::string_view result) {
  std::vector<PduVector> chosen;
  std::ranges::copy_if(pdu_vectors(), std::back_inserter(chosen),
                       [&](const PduVector& vector) { return vector.result == result; });
  return chosen;
}

}  // namespace anchal::smpp::test
