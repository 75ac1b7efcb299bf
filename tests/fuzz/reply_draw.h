#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/store.h"
#include "tests/fuzz/fuzz_input.h"

namespace anchal::fuzz {

/// Reads a fuzzer's input as replies of Redis. Replies are views: what they show lives here.
class ReplyDraw {
 public:
  explicit ReplyDraw(Input& input) : input_(input) {}

  core::Reply reply(unsigned depth = 0) {
    core::Reply drawn;
    switch (input_.octet() % (depth < kDepthMax ? 6 : 4)) {
      case 0:
        break;  // nil
      case 1:
        drawn.type = core::Reply::Type::integer;
        drawn.integer = static_cast<std::int64_t>(input_.number64());
        break;
      case 2:
        drawn.type = core::Reply::Type::error;
        drawn.text = line();
        break;
      case 3:
        drawn.type = core::Reply::Type::text;
        drawn.text = texts_.emplace_back(input_.text());
        break;
      default:
        return list(input_.octet() % 8, depth);
    }
    return drawn;
  }

  core::Reply text(std::string_view shown) {
    core::Reply drawn;
    drawn.type = core::Reply::Type::text;
    drawn.text = texts_.emplace_back(shown);
    return drawn;
  }

  core::Reply array(std::vector<core::Reply> elements) {
    const auto& kept = lists_.emplace_back(std::move(elements));
    core::Reply drawn;
    drawn.type = core::Reply::Type::array;
    drawn.elements = kept.data();
    drawn.size = kept.size();
    return drawn;
  }

 private:
  static constexpr unsigned kDepthMax = 4;  // hiredis takes seven

  core::Reply list(std::size_t size, unsigned depth) {
    std::vector<core::Reply> elements;
    for (std::size_t i = 0; i < size; ++i) elements.push_back(reply(depth + 1));
    return array(std::move(elements));
  }
  /// What stands behind '-': one line.
  std::string_view line() {
    std::string& kept = texts_.emplace_back(input_.text());
    for (char& c : kept) {
      if (c == '\r' || c == '\n') c = ' ';
    }
    return kept;
  }

  Input& input_;
  std::deque<std::string> texts_;
  std::deque<std::vector<core::Reply>> lists_;
};

inline bool same(const core::Reply& a, const core::Reply& b) {
  if (a.type != b.type || a.integer != b.integer || a.text != b.text || a.size != b.size) return false;
  for (std::size_t i = 0; i < a.size; ++i) {
    if (!same(a.elements[i], b.elements[i])) return false;
  }
  return true;
}

/// One line that people may read on a terminal.
inline bool is_one_line(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

}  // namespace anchal::fuzz
