// Runs a fuzzer's function without libFuzzer: over the files of its corpus, then for some seconds over inputs
// made of them. Every input comes from a number; what fails says which, is printed in hex and written to a
// file.
//
//   fuzz_NAME [--seconds S] [--seed K] [--runs N] [--dictionary FILE] [--found FILE] CORPUS...
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) __attribute__((weak));
// NOLINTNEXTLINE(bugprone-reserved-identifier)  the sanitizers named it
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

using anchal::fuzz::Bytes;

constexpr int kSecondsPerInput = 20;

/// What the crash handlers show; plain data, since they may do next to nothing.
struct Current {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  std::array<char, 256> what{};
  std::array<char, 1024> found{};
};
Current current;

void say(std::string_view text) {
  static_cast<void>(!write(STDERR_FILENO, text.data(), text.size()));
}

void show_input() {
  if (current.what[0] == '\0') return;
  say("\nfailed at ");
  say(current.what.data());
  say(": ");
  for (std::size_t i = 0; i < current.size; ++i) {
    static constexpr char kHex[] = "0123456789abcdef";
    const std::array<char, 2> octet{kHex[current.data[i] >> 4], kHex[current.data[i] & 15]};
    say({octet.data(), octet.size()});
  }
  say("\n");
  const int file = open(current.found.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (write(file, current.data, current.size) == static_cast<ssize_t>(current.size)) {
    say("written to ");
    say(current.found.data());
    say("\n");
  }
  close(file);
}

extern "C" void on_signal(int number) {
  if (number == SIGALRM) say("\none input takes too long");
  show_input();
  std::signal(number, SIG_DFL);
  raise(number);
}

void catch_crashes() {
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(show_input);
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) std::signal(number, on_signal);
}

void run(const Bytes& bytes, const std::string& what) {
  // A copy of its own size: std::vector may hold more than it shows.
  const auto copy = std::make_unique_for_overwrite<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  current.data = copy.get();
  current.size = bytes.size();
  current.what[what.copy(current.what.data(), current.what.size() - 1)] = '\0';
  const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = kSecondsPerInput, .tv_usec = 0}};
  setitimer(ITIMER_REAL, &limit, nullptr);
  LLVMFuzzerTestOneInput(copy.get(), bytes.size());
  current.what[0] = '\0';
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Options {
  double seconds = 0;
  std::uint64_t seed = 1;
  std::uint64_t runs = ~std::uint64_t{0};
  std::string dictionary;
  std::string found = "fuzz-found";
  std::vector<std::string> corpora;
};

std::uint64_t number(const char* text) {
  return std::strtoull(text, nullptr, 10);
}

Options options_of(int argc, char** argv) {
  Options options;
  if (const char* const seed = std::getenv("ANCHAL_FUZZ_SEED")) options.seed = number(seed);
  if (const char* const seconds = std::getenv("ANCHAL_FUZZ_SECONDS")) options.seconds = std::atof(seconds);
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--") || i + 1 == argc) {
      options.corpora.emplace_back(name);
      continue;
    }
    const char* const value = argv[++i];
    if (name == "--seed") options.seed = number(value);
    if (name == "--runs") options.runs = number(value);
    if (name == "--dictionary") options.dictionary = value;
    if (name == "--found") options.found = value;
    if (name == "--seconds" && std::getenv("ANCHAL_FUZZ_SECONDS") == nullptr)
      options.seconds = std::atof(value);
  }
  return options;
}

std::vector<std::filesystem::path> files_of(const std::vector<std::string>& corpora) {
  std::vector<std::filesystem::path> files;
  for (const std::string& corpus : corpora) {
    if (std::filesystem::is_regular_file(corpus)) files.emplace_back(corpus);
    if (!std::filesystem::is_directory(corpus)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());  // the same corpus gives the same inputs everywhere
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  options.found.copy(current.found.data(), current.found.size() - 1);
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  catch_crashes();
  std::vector<Bytes> corpus;
  for (const auto& path : files_of(options.corpora)) {
    const std::string text = contents(path);
    corpus.emplace_back(text.begin(), text.end());
    run(corpus.back(), path.string());
  }
  std::printf("replayed %zu inputs\n", corpus.size());
  if (corpus.empty()) return 1;

  const anchal::fuzz::Mutator mutator(corpus, anchal::fuzz::read_dictionary(contents(options.dictionary)));
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  std::uint64_t done = 0;
  for (; done < options.runs && std::chrono::steady_clock::now() < end; ++done) {
    const std::uint64_t seed = options.seed + done;
    run(mutator.input(seed), "--seed " + std::to_string(seed) + " --runs 1");
  }
  std::printf("and %llu made of them, from seed %llu on\n", static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(options.seed));
  return 0;
}
