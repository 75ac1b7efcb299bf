// For ThreadSanitizer. libuv closes descriptors by syscall(SYS_close), which the sanitizer does not see
// unless libuv is built for it (uv__close_nocancel in its sources); then a number that the kernel gives out
// again in another thread looks like one descriptor made by two threads without a lock. This syscall stands
// before glibc's and closes by close.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdarg>

extern "C" long syscall(long number, ...) noexcept {
  std::array<long, 6> words{};
  va_list given;
  va_start(given, number);
  for (long& word : words) word = va_arg(given, long);
  va_end(given);
  if (number == SYS_close) return close(static_cast<int>(words[0]));
  // Looked up each time: a guarded static would wait by this very function.
  const auto real = reinterpret_cast<long (*)(long, ...)>(dlsym(RTLD_NEXT, "syscall"));
  return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
