#pragma once

#include <cstdint>
#include <expected>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::simulator {

/// One line of a ledger: views into it.
struct LedgerLine {
  std::int64_t t_us = 0;
  std::uint64_t bind = 0, sequence_number = 0;
  unsigned data_coding = 0, esm_class = 0;
  std::string_view to, from, id;
  std::string_view hex;  ///< user data, UDH included
};

/// Nothing when the line is not whole.
std::optional<LedgerLine> read_ledger_line(std::string_view line);

/// The octets of `hex`; what is no pair of digits ends it.
std::string octets_of(std::string_view hex);

/// Reads a ledger while it may still grow: read() gives what has been completed since the last time.
class LedgerReader {
 public:
  explicit LedgerReader(std::string path) : path_(std::move(path)) {}

  /// The number of lines. The error names the file; a file that is not there yet is empty.
  std::expected<std::uint64_t, std::string> read(const std::function<void(const LedgerLine&)>& on_line);

 private:
  std::string path_;
  std::ifstream file_;
  std::string pending_;  // the beginning of a line whose end is not written yet
};

/// How many parts lie in the fullest window of `window_us` microseconds that begins at a part: a window is
/// half open, [t, t + window). `times` need not be sorted.
std::uint64_t fullest_window(std::vector<std::int64_t> times, std::int64_t window_us = 1'000'000);

}  // namespace anchal::simulator
