#include "engine/net/loop.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "engine/net/clock.h"
#include "engine/net/hooks.h"

namespace anchal::net {

namespace {

Loop& loop_of(const uv_loop_t* loop) {
  return *static_cast<Loop*>(loop->data);
}

void require(int status, const char* what) {
  if (status != 0) {
    throw std::system_error(-status, std::generic_category(), what);
  }
}

}  // namespace

namespace detail {

void count_opened(uv_loop_t* loop) {
  ++loop_of(loop).handles_;
}

void count_closed(uv_loop_t* loop) {
  --loop_of(loop).handles_;
}

}  // namespace detail

Loop::Loop() : read_buffer_(kReadBufferBytes), plain_buffer_(kPlainBufferBytes) {
  require(uv_loop_init(&loop_), "event loop");
  loop_.data = this;
  require(uv_async_init(&loop_, &async_, [](uv_async_t* h) { loop_of(h->loop).run_posted(); }), "event loop");
  uv_unref(reinterpret_cast<uv_handle_t*>(&async_));
  uv_prepare_init(&loop_, &prepare_);
  uv_prepare_start(&prepare_, [](uv_prepare_t* h) { loop_of(h->loop).before_wait(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
  uv_check_init(&loop_, &check_);
  uv_check_start(&check_, [](uv_check_t* h) { loop_of(h->loop).run_hooks(TurnPhase::after_poll); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&check_));
  uv_idle_init(&loop_, &idle_);
  uv_timer_init(&loop_, &turn_limit_);
}

Loop::~Loop() {
  deferred_.clear();
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void* arg) {
        auto& self = *static_cast<Loop*>(arg);
        const std::array own{
            reinterpret_cast<uv_handle_t*>(&self.prepare_), reinterpret_cast<uv_handle_t*>(&self.check_),
            reinterpret_cast<uv_handle_t*>(&self.idle_), reinterpret_cast<uv_handle_t*>(&self.async_),
            reinterpret_cast<uv_handle_t*>(&self.turn_limit_)};
        if (std::ranges::find(own, handle) != own.end()) {
          uv_close(handle, nullptr);
        } else if (uv_is_closing(handle) == 0) {
          // Its owner would later touch a loop that is gone: a bug that must not be passed over.
          std::fprintf(stderr, "net: a %s handle outlives its loop\n", uv_handle_type_name(handle->type));
          std::abort();
        }
      },
      this);
  uv_run(&loop_, UV_RUN_DEFAULT);
  assert(handles_ == 0);
  [[maybe_unused]] const int closed = uv_loop_close(&loop_);
  assert(closed == 0);
}

void Loop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::run_turn(Duration max_wait) {
  // The timer also keeps libuv from returning at once when nothing else is alive.
  const bool waits = max_wait > Duration::zero();
  const auto limit = waits ? std::chrono::ceil<std::chrono::milliseconds>(max_wait).count() : 0;
  uv_update_time(&loop_);
  uv_timer_start(&turn_limit_, [](uv_timer_t*) {}, static_cast<std::uint64_t>(limit), 0);
  uv_run(&loop_, waits ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  uv_timer_stop(&turn_limit_);
}

void Loop::stop() {
  uv_stop(&loop_);
}

void Loop::ask_for_another_turn() {
  another_turn_ = true;
  update_idle();
}

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(task));
  }
  uv_async_send(&async_);
}

TimePoint Loop::turn_time() const {
  if (turn_time_ == TimePoint{}) {
    turn_time_ = monotonic_now();
  }
  return turn_time_;
}

void Loop::before_wait() {
  another_turn_ = false;
  run_deferred();
  run_hooks(TurnPhase::before_sleep);
  run_hooks(TurnPhase::flush);
  update_idle();
  turn_time_ = TimePoint{};
}

void Loop::run_deferred() {
  // What a callback schedules runs in the next turn: two that wake each other must not starve the sockets.
  running_deferred_.swap(deferred_);
  for (std::size_t i = 0; i < running_deferred_.size(); ++i) {
    if (Deferred* const entry = running_deferred_[i]; entry != nullptr) {
      running_deferred_[i] = nullptr;
      entry->scheduled_ = false;
      entry->callback_();
    }
  }
  running_deferred_.clear();
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) {
    task();
  }
}

void Loop::run_hooks(TurnPhase phase) {
  auto& hooks = hooks_of(phase);
  const std::size_t count = hooks.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (hooks[i] != nullptr) {
      hooks[i]->callback_();
    }
  }
  std::erase(hooks, nullptr);
}

void Loop::update_idle() {
  const bool wanted = another_turn_ || !deferred_.empty();
  if (wanted == (uv_is_active(reinterpret_cast<uv_handle_t*>(&idle_)) != 0)) {
    return;
  }
  if (wanted) {
    uv_idle_start(&idle_, [](uv_idle_t*) {});
  } else {
    uv_idle_stop(&idle_);
  }
}

}  // namespace anchal::net
