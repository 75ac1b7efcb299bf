#include "engine/net/hooks.h"

#include <algorithm>
#include <system_error>

namespace anchal::net {

TurnHook::TurnHook(Loop& loop, Phase phase, std::function<void()> callback)
    : loop_(loop), phase_(phase), callback_(std::move(callback)) {
  loop_.hooks_of(phase_).push_back(this);
}

TurnHook::~TurnHook() {
  // Only blanked: the list may be walked right now, and is tidied at the end of each walk.
  std::ranges::replace(loop_.hooks_of(phase_), this, nullptr);
}

Deferred::Deferred(Loop& loop, std::function<void()> callback)
    : loop_(loop), callback_(std::move(callback)) {}

Deferred::~Deferred() {
  cancel();
}

void Deferred::schedule() {
  if (!scheduled_) {
    scheduled_ = true;
    loop_.deferred_.push_back(this);
    loop_.update_idle();
  }
}

void Deferred::cancel() {
  if (scheduled_) {
    scheduled_ = false;
    std::erase(loop_.deferred_, this);
    std::ranges::replace(loop_.running_deferred_, this, nullptr);
  }
}

Wakeup::Wakeup(Loop& loop, std::function<void()> callback) : callback_(std::move(callback)) {
  auto* const handle = new uv_async_t;
  const int status = uv_async_init(loop.raw(), handle, [](uv_async_t* h) {
    if (auto* const self = static_cast<Wakeup*>(h->data); self != nullptr) {
      self->callback_();
    }
  });
  if (status != 0) {
    delete handle;
    throw std::system_error(-status, std::generic_category(), "wake-up handle");
  }
  uv_unref(reinterpret_cast<uv_handle_t*>(handle));
  handle_ = adopt_handle(handle, this);
}

void Wakeup::wake() {
  uv_async_send(handle_.get());
}

Signal::Signal(Loop& loop, int signal_number, std::function<void()> callback)
    : callback_(std::move(callback)) {
  auto* const handle = new uv_signal_t;
  uv_signal_init(loop.raw(), handle);
  uv_unref(reinterpret_cast<uv_handle_t*>(handle));
  handle_ = adopt_handle(handle, this);
  const int status = uv_signal_start(
      handle_.get(),
      [](uv_signal_t* h, int) {
        if (auto* const self = static_cast<Signal*>(h->data); self != nullptr) {
          self->callback_();
        }
      },
      signal_number);
  if (status != 0) {
    throw std::system_error(-status, std::generic_category(), "signal handler");
  }
}

}  // namespace anchal::net
