#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// The words of a dictionary in libFuzzer's format: lines of `"word"` or `name="word"`, with \\ \" \xAB.
std::vector<Bytes> read_dictionary(std::string_view text);

/// Makes inputs out of a corpus, each from a number alone: the same seed, corpus and words give the same
/// input. Knows nothing of coverage: libFuzzer (`./dev fuzz`) searches, this one checks what lies around the
/// corpus.
class Mutator {
 public:
  Mutator(std::vector<Bytes> corpus, std::vector<Bytes> words)
      : corpus_(std::move(corpus)), words_(std::move(words)) {}

  Bytes input(std::uint64_t seed) const;

 private:
  class Random;
  void change(Bytes& input, Random& random) const;

  std::vector<Bytes> corpus_;
  std::vector<Bytes> words_;
};

}  // namespace anchal::fuzz
