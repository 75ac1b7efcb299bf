#include "engine/core/store.h"

#include <algorithm>
#include <charconv>

namespace anchal::core {

void Commands::detach() {
  data_ = data_ ? std::make_shared<Data>(*data_) : std::make_shared<Data>();
}

Commands& Commands::command(std::string_view verb) {
  Data& data = own();
  data.starts.push_back(static_cast<std::uint32_t>(data.ends.size()));
  return arg(verb);
}

Commands& Commands::arg(std::string_view text) {
  Data& data = own();
  data.text.append(text);
  data.ends.push_back(static_cast<std::uint32_t>(data.text.size()));
  return *this;
}

Commands& Commands::arg(std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return arg(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

std::string& Commands::open_arg() {
  return own().text;
}

void Commands::close_arg() {
  data_->ends.push_back(static_cast<std::uint32_t>(data_->text.size()));
}

std::size_t Commands::arguments(std::size_t command) const {
  const auto& starts = data_->starts;
  const std::size_t last = command + 1 < starts.size() ? starts[command + 1] : data_->ends.size();
  return last - starts[command];
}

std::string_view Commands::argument(std::size_t command, std::size_t index) const {
  const std::size_t at = data_->starts[command] + index;
  const std::size_t begin = at == 0 ? 0 : data_->ends[at - 1];
  return std::string_view(data_->text).substr(begin, data_->ends[at] - begin);
}

void Commands::clear() {
  if (!data_) return;
  if (data_.use_count() > 1) {
    data_.reset();
    return;
  }
  data_->text.clear();
  data_->ends.clear();
  data_->starts.clear();
}

void Commands::append(const Commands& other) {
  if (other.empty()) return;
  Data& data = own();
  const auto text = static_cast<std::uint32_t>(data.text.size());
  const auto first = static_cast<std::uint32_t>(data.ends.size());
  data.text.append(other.data_->text);
  for (const std::uint32_t end : other.data_->ends) data.ends.push_back(end + text);
  for (const std::uint32_t start : other.data_->starts) data.starts.push_back(start + first);
}

Commands half_of(const Commands& reads) {
  Commands half;
  for (std::size_t command = 0; command < reads.count(); ++command) {
    const std::string_view verb = reads.argument(command, 0);
    const bool counts = verb == "XREAD" && reads.argument(command, 1) == "COUNT";
    std::size_t arguments = reads.arguments(command);
    if (verb == "HMGET") arguments -= (arguments - 2) / 2;
    half.command(verb);
    for (std::size_t arg = 1; arg < arguments; ++arg) {
      const std::string_view text = reads.argument(command, arg);
      std::int64_t count = 0;
      if (counts && arg == 2) {
        std::from_chars(text.data(), text.data() + text.size(), count);
        half.arg(std::max<std::int64_t>(count / 2, 1));
      } else {
        half.arg(text);
      }
    }
  }
  return half;
}

}  // namespace anchal::core
