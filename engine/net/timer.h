#pragma once

#include <functional>

#include "engine/net/callback.h"
#include "engine/net/loop.h"

namespace anchal::net {

/// A one-shot timer of one loop. Resolution 1 ms; never early, late by what the loop is busy.
/// Starting an armed timer moves it. Destroying or stopping it makes sure the callback does not come.
/// The callback may destroy or restart the timer.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_due);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(Duration delay);
  void start_at(TimePoint due);
  void stop();
  bool armed() const;

  /// Whether an armed timer keeps Loop::run() going (default: yes).
  void keeps_loop_alive(bool keeps);

 private:
  Callback<> on_due_;
  UvHandle<uv_timer_t> handle_;
};

}  // namespace anchal::net
