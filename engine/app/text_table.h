#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::app {

/// Columns for people: a heading row, cells padded to the widest, numbers to the right. Ends with a line
/// break.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings) : rows_{std::move(headings)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t number);

}  // namespace anchal::app
