#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "smpp/time.h"

namespace anchal::app {

/// "200,000".
std::string grouped(std::uint64_t number);

/// A line on stderr that is drawn over again, at most ten times a second; on anything but a terminal it is
/// silent.
class Progress {
 public:
  Progress();
  explicit Progress(bool on_terminal) : visible_(on_terminal) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool visible() const { return visible_; }

  /// `[#####.....]  52 %  104,000 of 200,000  31,000/s  <note>`; total 0 leaves out bar and share.
  void show(std::string_view what, std::uint64_t done, std::uint64_t total, TimePoint now,
            std::string_view note = {});
  /// Takes the line away, so that something else may be printed.
  void clear();

 private:
  bool visible_;
  bool drawn_ = false;
  bool started_ = false;
  TimePoint last_{};
  TimePoint first_{};
  std::uint64_t first_done_ = 0;
};

}  // namespace anchal::app
