#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_input.h"

namespace anchal::fuzz {

/// Reads a fuzzer's input as JSON made of the words that a reader knows: the fuzzer then mutates fields, not
/// octets. Octets of the input's own stand in strings unescaped now and then, so that broken JSON and UTF-8
/// come too.
class JsonDraw {
 public:
  /// `keys`: names of fields; `values`: whole JSON values that some field takes.
  JsonDraw(Input& input, std::span<const std::string_view> keys, std::span<const std::string_view> values)
      : input_(input), keys_(keys), values_(values) {}

  std::string object(unsigned depth = 0) {
    std::string out = "{";
    for (unsigned left = input_.octet() % 10U; left > 0; --left) {
      if (out.size() > 1) out += ',';
      out += key() + ':' + value(depth + 1);
    }
    return out + '}';
  }

 private:
  static constexpr unsigned kDepthMax = 4;

  std::string key() {
    const std::uint8_t which = input_.octet();
    return which < 0xF0 ? "\"" + std::string(keys_[which % keys_.size()]) + "\"" : string();
  }
  std::string string() { return "\"" + input_.text(80) + "\""; }
  std::string value(unsigned depth) {
    const std::uint8_t kind = input_.octet();
    if (kind < 0xB0) return std::string(values_[kind % values_.size()]);
    if (kind < 0xC8) return string();
    if (kind < 0xD0) return std::to_string(static_cast<std::int32_t>(input_.number()));
    if (depth >= kDepthMax) return "null";
    if (kind < 0xE8) return object(depth);
    std::string out = "[";
    for (unsigned left = input_.octet() % 5U; left > 0; --left) {
      if (out.size() > 1) out += ',';
      out += value(depth + 1);
    }
    return out + ']';
  }

  Input& input_;
  std::span<const std::string_view> keys_;
  std::span<const std::string_view> values_;
};

}  // namespace anchal::fuzz
