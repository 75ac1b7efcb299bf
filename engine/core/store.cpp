#include "engine/core/store.h"

#include <charconv>

namespace anchal::core {

Commands& Commands::command(std::string_view verb) {
  starts_.push_back(static_cast<std::uint32_t>(ends_.size()));
  return arg(verb);
}

Commands& Commands::arg(std::string_view text) {
  text_.append(text);
  close_arg();
  return *this;
}

Commands& Commands::arg(std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return arg(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

std::string& Commands::open_arg() { return text_; }

void Commands::close_arg() { ends_.push_back(static_cast<std::uint32_t>(text_.size())); }

std::size_t Commands::arguments(std::size_t command) const {
  const std::size_t last = command + 1 < starts_.size() ? starts_[command + 1] : ends_.size();
  return last - starts_[command];
}

std::string_view Commands::argument(std::size_t command, std::size_t index) const {
  const std::size_t at = starts_[command] + index;
  const std::size_t begin = at == 0 ? 0 : ends_[at - 1];
  return std::string_view(text_).substr(begin, ends_[at] - begin);
}

void Commands::clear() {
  text_.clear();
  ends_.clear();
  starts_.clear();
}

void Commands::append(const Commands& other) {
  const auto text_base = static_cast<std::uint32_t>(text_.size());
  const auto ends_base = static_cast<std::uint32_t>(ends_.size());
  text_.append(other.text_);
  for (const auto end : other.ends_) ends_.push_back(text_base + end);
  for (const auto start : other.starts_) starts_.push_back(ends_base + start);
}

}  // namespace anchal::core
