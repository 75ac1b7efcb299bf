#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace anchal::fuzz {

namespace {

constexpr std::size_t kOctetsMax = 4096;
constexpr std::size_t kChangesMax = 6;
constexpr std::size_t kPieceMax = 32;
/// What lengths, counts and texts tend to trip over.
constexpr std::array<std::uint8_t, 14> kEdges{0x00, 0x01, 0x7F, 0x80, 0xFF, 0x0A, 0x0D,
                                              0x20, '"',  '\\', '{',  '[',  '%',  0xC3};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Bytes unescaped(std::string_view text) {
  Bytes word;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x') {
      word.push_back(static_cast<std::uint8_t>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3])));
      i += 3;
      continue;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    word.push_back(static_cast<std::uint8_t>(text[i]));
  }
  return word;
}

}  // namespace

std::vector<Bytes> read_dictionary(std::string_view text) {
  std::vector<Bytes> words;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t first = line.find('"');
    const std::size_t last = line.rfind('"');
    if (line.starts_with('#') || first == std::string_view::npos || first == last) continue;
    words.push_back(unescaped(line.substr(first + 1, last - first - 1)));
  }
  return words;
}

/// SplitMix64: every seed is a good one.
class Mutator::Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
  std::uint8_t octet() { return static_cast<std::uint8_t>(next()); }

 private:
  std::uint64_t state_;
};

Bytes Mutator::input(std::uint64_t seed) const {
  Random random(seed);
  Bytes input = corpus_.empty() ? Bytes() : corpus_[random.below(corpus_.size())];
  const std::size_t changes = 1 + random.below(kChangesMax);
  for (std::size_t i = 0; i < changes; ++i) change(input, random);
  if (input.size() > kOctetsMax) input.resize(kOctetsMax);
  return input;
}

void Mutator::change(Bytes& input, Random& random) const {
  const auto place = [&](std::size_t at) { return input.begin() + static_cast<std::ptrdiff_t>(at); };
  const std::size_t at = random.below(input.size() + 1);
  const std::size_t piece = std::min(1 + random.below(kPieceMax), input.size() - at);
  const std::size_t kind = random.below(10);
  if (kind == 0) {
    Bytes added(1 + random.below(8));
    std::generate(added.begin(), added.end(), [&] { return random.octet(); });
    input.insert(place(at), added.begin(), added.end());
  } else if (kind == 1) {
    input.erase(place(at), place(at + piece));
  } else if (kind == 2) {
    const Bytes again(place(at), place(at + piece));
    input.insert(place(random.below(input.size() + 1)), again.begin(), again.end());
  } else if (kind == 3 && !corpus_.empty()) {
    // From here on as another one.
    const Bytes& other = corpus_[random.below(corpus_.size())];
    const std::size_t from = random.below(other.size() + 1);
    input.resize(at);
    input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
  } else if (kind <= 5 && !words_.empty()) {
    const Bytes& word = words_[random.below(words_.size())];
    if (kind == 4) input.erase(place(at), place(std::min(input.size(), at + word.size())));
    input.insert(place(at), word.begin(), word.end());
  } else if (at < input.size()) {
    std::uint8_t& octet = input[at];
    if (kind == 6) octet = static_cast<std::uint8_t>(octet ^ 1U << random.below(8));
    if (kind == 7) octet = kEdges[random.below(kEdges.size())];
    if (kind == 8) octet = static_cast<std::uint8_t>(octet + random.below(9) - 4);
    if (kind == 9) input.resize(at);
  }
}

}  // namespace anchal::fuzz
