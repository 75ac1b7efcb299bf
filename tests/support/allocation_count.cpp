#include "tests/support/allocation_count.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_THREAD__)
#define ANCHAL_NEW_IS_TAKEN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ANCHAL_NEW_IS_TAKEN 1
#endif
#endif
#ifdef ANCHAL_NEW_IS_TAKEN
#include <sanitizer/allocator_interface.h>
#endif

namespace {
std::atomic<std::size_t> count{0};

[[maybe_unused]] void count_one(const volatile void* /*memory*/, std::size_t /*size*/) {
  count.fetch_add(1, std::memory_order_relaxed);
}
[[maybe_unused]] void ignore(const volatile void* /*memory*/) {}

#ifdef ANCHAL_NEW_IS_TAKEN
// The thread sanitizer's own operator new may not be replaced; it tells of each allocation.
[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(count_one, ignore);
#endif
}  // namespace

namespace anchal::support {
std::size_t allocations() {
  return count.load(std::memory_order_relaxed);
}
}  // namespace anchal::support

#ifndef ANCHAL_NEW_IS_TAKEN
// The other forms of new and delete call these by default, but for aligned ones, which our types do not need.
// A sanitizer has a form of its own for those that do not throw.
void* operator new(std::size_t size) {
  count_one(nullptr, size);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  count_one(nullptr, size);
  return std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif
