#include "engine/app/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace anchal::app {
namespace {

constexpr std::uint64_t kBarWidth = 30;

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

Progress::Progress() : visible_(::isatty(STDERR_FILENO) == 1) {}

void Progress::show(std::string_view what, std::uint64_t done, std::uint64_t total, TimePoint now,
                    std::string_view note) {
  if (!visible_) return;
  if (!started_ || done < first_done_) {
    started_ = true;
    first_ = now;
    first_done_ = done;
  } else if (now - last_ < std::chrono::milliseconds(100) && done < total) {
    return;
  }
  last_ = now;
  std::string line(what);
  if (total != 0) {
    const std::uint64_t filled = done * kBarWidth / total;
    line += "  [" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
    const std::string share = std::to_string(done * 100 / total);
    line += std::string(4 - share.size(), ' ') + share + " %  " + grouped(done) + " of " + grouped(total);
  } else {
    line += "  " + grouped(done);
  }
  const double seconds = std::chrono::duration<double>(now - first_).count();
  if (seconds > 0.5) {
    line +=
        "  " + grouped(static_cast<std::uint64_t>(static_cast<double>(done - first_done_) / seconds)) + "/s";
  }
  if (!note.empty()) line.append("  ").append(note);
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
  started_ = false;
}

}  // namespace anchal::app
