#include "engine/net/timer.h"

#include "engine/net/clock.h"

namespace anchal::net {

Timer::Timer(Loop& loop, std::function<void()> on_due) : on_due_(std::move(on_due)) {
  auto* const handle = new uv_timer_t;
  uv_timer_init(loop.raw(), handle);
  handle_ = adopt_handle(handle, this);
}

void Timer::start(Duration delay) {
  start_at(monotonic_now() + std::min(delay, Duration(std::chrono::hours(24 * 3650))));
}

void Timer::start_at(TimePoint due) {
  // libuv's clock is the steady clock in whole milliseconds, and lags within a turn: compare absolute
  // instants, rounded up, so that the timer is never early.
  const auto due_ms = std::chrono::ceil<std::chrono::milliseconds>(due.time_since_epoch()).count();
  const auto now_ms = static_cast<std::int64_t>(uv_now(handle_->loop));
  const auto delay = static_cast<std::uint64_t>(std::max<std::int64_t>(0, due_ms - now_ms));
  uv_timer_start(
      handle_.get(),
      [](uv_timer_t* handle) {
        if (auto* const self = static_cast<Timer*>(handle->data); self != nullptr) {
          self->on_due_();
        }
      },
      delay, 0);
}

void Timer::stop() {
  uv_timer_stop(handle_.get());
}

bool Timer::armed() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(handle_.get())) != 0;
}

void Timer::keeps_loop_alive(bool keeps) {
  auto* const handle = reinterpret_cast<uv_handle_t*>(handle_.get());
  if (keeps) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

}  // namespace anchal::net
