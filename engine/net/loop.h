#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "engine/net/uv_handle.h"
#include "throttle/time.h"

namespace anchal::net {

class Deferred;
class TurnHook;
enum class TurnPhase : std::uint8_t { before_sleep, flush, after_poll };  // TurnHook::Phase

/// One event loop over libuv. One thread runs it and owns every object made on it (streams, timers, hooks);
/// only post() may be called from another thread. A turn: timers, deferred calls, `before_sleep` hooks, wait,
/// socket callbacks, `after_poll` hooks (engine/net/hooks.h).
///
/// Destroy everything made on the loop before the loop; the destructor then lets libuv finish its closing
/// handles and name look-ups, and asserts that nothing was left open.
class Loop {
 public:
  /// Throws std::system_error when the kernel gives no epoll or event descriptor: a start-up failure.
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(), or until nothing that keeps a loop alive is left (streams, listeners, armed timers).
  void run();
  /// One turn: waits for events at most until `max_wait` has passed, then returns. For tests and tools.
  void run_turn(Duration max_wait);
  /// Ends run() after this turn. Loop thread only; from elsewhere: post([&] { loop.stop(); }).
  void stop();

  /// Makes the next wait return at once, so that the hooks run again. Call it when a hook left work undone.
  void ask_for_another_turn();

  /// Runs `task` on the loop's thread in its next turn and wakes it for that. Any thread, any time before the
  /// destructor begins. Tasks run in order of posting. Not for data paths: it allocates and locks.
  void post(std::function<void()> task);

  /// The clock as first asked for in this turn, the same for all its callbacks; monotonic_now() is exact.
  TimePoint turn_time() const;

  /// Handles open or closing, without the loop's own. 0 after everything on the loop is gone and closed.
  std::size_t open_handles() const { return handles_; }

  uv_loop_t* raw() { return &loop_; }
  /// Scratch space shared by all streams of the loop; valid within one callback. TLS needs two.
  std::span<std::byte> read_buffer() { return read_buffer_; }
  std::span<std::byte> plain_buffer() { return plain_buffer_; }

  static constexpr std::size_t kReadBufferBytes = 256 * 1024;
  static constexpr std::size_t kPlainBufferBytes = 64 * 1024;

 private:
  friend class Deferred;
  friend class TurnHook;
  friend void detail::count_opened(uv_loop_t*);
  friend void detail::count_closed(uv_loop_t*);

  void before_wait();
  void run_deferred();
  void run_posted();
  std::vector<TurnHook*>& hooks_of(TurnPhase phase) { return hooks_[static_cast<std::size_t>(phase)]; }
  void run_hooks(TurnPhase phase);
  void update_idle();

  uv_loop_t loop_{};
  uv_prepare_t prepare_{};
  uv_check_t check_{};
  uv_idle_t idle_{};    // active while something wants another turn
  uv_async_t async_{};  // wakes the loop for post()
  uv_timer_t turn_limit_{};
  std::size_t handles_ = 0;
  bool another_turn_ = false;
  mutable TimePoint turn_time_{};  // zero: not read in this turn
  std::vector<Deferred*> deferred_;
  std::vector<Deferred*> running_deferred_;
  std::array<std::vector<TurnHook*>, 3> hooks_;  // by TurnHook::Phase
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::vector<std::byte> read_buffer_;
  std::vector<std::byte> plain_buffer_;
};

}  // namespace anchal::net
