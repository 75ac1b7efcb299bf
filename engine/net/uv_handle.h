#pragma once

#include <uv.h>

#include <memory>

namespace anchal::net {

/// libuv handles cannot move and their memory may go only in or after the close callback (libuv docs,
/// handle.rst). A UvHandle is a heap handle that is closed when its owner lets go and deleted when libuv is
/// done with it; the loop counts what is still closing, so that it can end in order (Loop::open_handles()).
namespace detail {
void count_opened(uv_loop_t* loop);
void count_closed(uv_loop_t* loop);
}  // namespace detail

struct CloseHandle {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    handle->data = nullptr;  // late callbacks must find no owner
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* done) {
      detail::count_closed(done->loop);
      delete reinterpret_cast<Handle*>(done);
    });
  }
};

template <class Handle>
using UvHandle = std::unique_ptr<Handle, CloseHandle>;

/// Takes ownership of a handle whose uv_*_init has succeeded; `owner` is what its callbacks find in `data`.
template <class Handle>
UvHandle<Handle> adopt_handle(Handle* handle, void* owner) {
  handle->data = owner;
  detail::count_opened(handle->loop);
  return UvHandle<Handle>(handle);
}

}  // namespace anchal::net
