// Does what a sanitizer is to find, and is then killed like an engine in a test: for sanitized_test.sh.
//
//   faulty address | undefined | thread | nothing
#include <csignal>
#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>
#include <thread>

namespace {

int shared_by_two = 0;  // read and written without a lock, that is the fault

int beyond_the_end(std::ptrdiff_t at) {
  const auto four = std::make_unique<int[]>(4);
  return four.get()[at];
}

void race() {
  std::thread other([] { ++shared_by_two; });
  ++shared_by_two;
  other.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "";
  // What the compiler cannot know keeps it from dropping the fault.
  volatile int number = argc;
  if (fault == "address") number = beyond_the_end(std::ptrdiff_t{2} + number);
  if (fault == "undefined") number = std::numeric_limits<int>::max() + number;
  if (fault == "thread") race();
  return fault == "nothing" ? 3 : std::raise(SIGKILL);
}
