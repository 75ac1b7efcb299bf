// Preloaded into redis-server: a disk on which every fsync takes as long as the environment says
// (ANCHAL_SLOW_FSYNC_MS). With appendfsync everysec Redis then acknowledges what it has not even written, and
// kill -9 makes it forget that.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

void delay() {
  const char* const text = std::getenv("ANCHAL_SLOW_FSYNC_MS");
  const long ms = text == nullptr ? 0 : std::atol(text);
  if (ms <= 0) return;
  timespec left{ms / 1000, ms % 1000 * 1'000'000};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

}  // namespace

extern "C" int fsync(int file) {
  delay();
  return static_cast<int>(::syscall(SYS_fsync, file));
}

extern "C" int fdatasync(int file) {
  delay();
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}
