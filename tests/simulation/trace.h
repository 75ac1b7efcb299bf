#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

#include "tests/support/sim_clock.h"

namespace anchal::sim {

/// What a run did: as a hash, always, so that two runs of one seed can be compared; as readable lines, only
/// where somebody wants to read them.
class Trace {
 public:
  explicit Trace(const SimClock& clock) : clock_(clock) {}

  /// Keeps the last `lines` lines; with `print` each also goes to stderr at once.
  void record(std::size_t lines, bool print) {
    kept_ = lines;
    print_ = print;
  }
  bool recording() const { return kept_ > 0; }

  void mix(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15u;
    hash_ ^= hash_ >> 29;
  }
  void mix(std::string_view text) {
    std::uint64_t sum = 0xCBF29CE484222325u ^ text.size();
    for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    mix(sum);
  }
  /// An action and its instant.
  void mix_event(std::string_view what, std::uint64_t number) {
    mix(static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()));
    mix(what);
    mix(number);
  }
  std::uint64_t hash() const { return hash_; }

  template <class... Arguments>
  void tell(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
    if (kept_ == 0) return;
    const double seconds = std::chrono::duration<double>(clock_.elapsed()).count();
    lines_.push_back(fmt::format("{:11.6f}  ", seconds) +
                     fmt::format(form, std::forward<Arguments>(arguments)...));
    if (print_) std::fprintf(stderr, "%s\n", lines_.back().c_str());
    if (lines_.size() > kept_) lines_.pop_front();
  }
  const std::deque<std::string>& lines() const { return lines_; }

 private:
  const SimClock& clock_;
  std::uint64_t hash_ = 0x243F6A8885A308D3u;
  std::size_t kept_ = 0;
  bool print_ = false;
  std::deque<std::string> lines_;
};

}  // namespace anchal::sim
