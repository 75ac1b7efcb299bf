#include "engine/simulator/ledger_reader.h"

#include <algorithm>
#include <charconv>

namespace anchal::simulator {
namespace {

std::string_view behind(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  return at == std::string_view::npos ? std::string_view{} : line.substr(at + key.size());
}

template <class Number>
bool number(std::string_view line, std::string_view key, Number& value) {
  const std::string_view rest = behind(line, key);
  return std::from_chars(rest.data(), rest.data() + rest.size(), value).ec == std::errc{};
}

// The texts hold no escaped quote: the writer spells it \u0022.
std::string_view text(std::string_view line, std::string_view key) {
  const std::string_view rest = behind(line, key);
  return rest.substr(0, std::min(rest.find('"'), rest.size()));
}

int nibble(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<LedgerLine> read_ledger_line(std::string_view line) {
  LedgerLine parsed;
  if (!line.starts_with('{') || !line.ends_with("\"}") || !number(line, "\"t_us\":", parsed.t_us) ||
      !number(line, "\"bind\":", parsed.bind) || !number(line, "\"seq\":", parsed.sequence_number) ||
      !number(line, "\"dcs\":", parsed.data_coding) || !number(line, "\"esm\":", parsed.esm_class)) {
    return std::nullopt;
  }
  parsed.to = text(line, "\"to\":\"");
  parsed.from = text(line, "\"from\":\"");
  parsed.id = text(line, "\"id\":\"");
  parsed.hex = text(line, "\"hex\":\"");
  return parsed;
}

std::string octets_of(std::string_view hex) {
  std::string octets;
  octets.reserve(hex.size() / 2);
  for (std::size_t at = 0; at + 2 <= hex.size(); at += 2) {
    const int high = nibble(hex[at]), low = nibble(hex[at + 1]);
    if (high < 0 || low < 0) break;
    octets += static_cast<char>(high * 16 + low);
  }
  return octets;
}

std::expected<std::uint64_t, std::string> LedgerReader::read(
    const std::function<void(const LedgerLine&)>& on_line) {
  if (!file_.is_open()) {
    file_.open(path_, std::ios::binary);
    if (!file_.is_open()) return 0;
  }
  file_.clear();  // the end that was met last time may have moved
  std::uint64_t lines = 0;
  static constexpr std::size_t kBlock = 1 << 18;
  std::string block(kBlock, '\0');
  for (;;) {
    file_.read(block.data(), static_cast<std::streamsize>(kBlock));
    const auto size = static_cast<std::size_t>(file_.gcount());
    if (size == 0) break;
    pending_.append(block, 0, size);
    std::size_t start = 0;
    for (std::size_t end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', start)) {
      const auto line = read_ledger_line(std::string_view(pending_).substr(start, end - start));
      if (!line) return std::unexpected(path_ + ": a line that is none");
      on_line(*line);
      ++lines;
      start = end + 1;
    }
    pending_.erase(0, start);
  }
  return lines;
}

std::uint64_t fullest_window(std::vector<std::int64_t> times, std::int64_t window_us) {
  std::sort(times.begin(), times.end());
  std::size_t first = 0, fullest = 0;
  for (std::size_t last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= window_us) ++first;
    fullest = std::max(fullest, last - first + 1);
  }
  return fullest;
}

}  // namespace anchal::simulator
