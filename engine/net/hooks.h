#pragma once

#include <functional>

#include "engine/net/callback.h"
#include "engine/net/loop.h"

namespace anchal::net {

/// Calls back once per loop turn, for work that is cheaper by the turn than by the event (one write per bind,
/// one batch per partition). `before_sleep` runs after timers and deferred calls, right before the loop
/// waits: everything gathered since the last wait can leave here. `flush` runs after all of these, for what
/// they handed to others who write by the turn (Redis). `after_poll` runs after the socket
/// callbacks. Hooks of one phase run in the order they were made. A hook does not keep the loop alive.
class TurnHook {
 public:
  using Phase = TurnPhase;

  TurnHook(Loop& loop, Phase phase, std::function<void()> callback);
  ~TurnHook();
  TurnHook(const TurnHook&) = delete;
  TurnHook& operator=(const TurnHook&) = delete;

 private:
  friend class Loop;
  Loop& loop_;
  Phase phase_;
  Callback<> callback_;
};

/// Runs a callback once, soon, from the loop instead of from inside the caller. schedule() twice is once.
/// Destroying or cancelling it makes sure the callback does not come.
class Deferred {
 public:
  Deferred(Loop& loop, std::function<void()> callback);
  ~Deferred();
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  void schedule();
  void cancel();
  bool scheduled() const { return scheduled_; }

 private:
  friend class Loop;
  Loop& loop_;
  Callback<> callback_;
  bool scheduled_ = false;
};

/// Wake-up from other threads: wake() may be called from any thread and from a signal handler; the callback
/// runs on the loop's thread, once for one or many wake() calls. Does not keep the loop alive.
/// The caller makes sure that no thread calls wake() once destruction has begun.
class Wakeup {
 public:
  Wakeup(Loop& loop, std::function<void()> callback);
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  void wake();

 private:
  Callback<> callback_;
  UvHandle<uv_async_t> handle_;
};

/// A POSIX signal delivered as a loop callback. Does not keep the loop alive.
class Signal {
 public:
  /// Throws std::system_error if the signal cannot be watched.
  Signal(Loop& loop, int signal_number, std::function<void()> callback);
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

 private:
  Callback<> callback_;
  UvHandle<uv_signal_t> handle_;
};

}  // namespace anchal::net
