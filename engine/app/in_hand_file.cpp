#include "engine/app/in_hand_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "engine/app/knowledge_file.h"

namespace anchal::app {
namespace {

constexpr std::string_view kPrefix = "in-hand.";
constexpr std::size_t kStride = 256;  // of a shard: no two share a cache line
constexpr unsigned kLooks = 10;
constexpr std::size_t kSignalStack = 64u << 10;
constexpr long kTmpfs = 0x01021994, kRamfs = 0x858458f6;

/// In front of the shards. Another version's file is not read.
struct Header {
  char magic[16] = "anchal in hand";
  std::uint32_t version = 1;
  std::uint32_t size = sizeof(core::InHand);
};
static_assert(sizeof(core::InHand) <= kStride && sizeof(Header) <= kStride);

struct Note {
  core::InHand* hand = nullptr;
  int fd = -1;
  off_t at = 0;
};
thread_local Note note_here;

void on_crash(int number, siginfo_t* info, void*) {
  const bool of_the_kernel = number != SIGABRT && info->si_code > 0;
  const bool of_ourselves = number == SIGABRT && info->si_code == SI_TKILL && info->si_pid == ::getpid();
  const Note& note = note_here;
  if ((of_the_kernel || of_ourselves) && note.hand != nullptr && note.hand->stage != core::Stage::nothing) {
    note.hand->death = core::Death::crashed;
    if (note.fd >= 0) (void)!::pwrite(note.fd, note.hand, sizeof *note.hand, note.at);
  }
  ::raise(number);  // its own way again since the handler was entered (SA_RESETHAND)
}

void install_once() {
  static const bool done = [] {
    struct sigaction action{};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(number, &action, nullptr);
    return true;
  }();
  (void)done;
}

std::string trouble(std::string_view what, const std::string& path) {
  return fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(errno));
}

bool plausible(const core::InHand& hand) {
  return hand.stage != core::Stage::nothing &&
         static_cast<std::size_t>(hand.stage) < core::kStageNames.size() &&
         static_cast<std::size_t>(hand.death) < core::kDeathNames.size() && hand.stream.back() == '\0' &&
         hand.stream.front() != '\0';
}

}  // namespace

std::string in_hand_directory(const AppConfig& config) {
  const std::string runtime = directory_of_systemd("RUNTIME_DIRECTORY");
  return runtime.empty() ? state_directory(config) : runtime;
}

std::expected<std::unique_ptr<InHandFile>, std::string> InHandFile::open(const std::string& directory,
                                                                         const std::string& incarnation,
                                                                         unsigned shards) {
  std::unique_ptr<InHandFile> file(new InHandFile);
  file->shards_ = shards;
  file->size_ = kStride * (1 + shards);
  if (!directory.empty()) {
    file->read_others(directory);
    file->path_ = fmt::format("{}/{}{}", directory, kPrefix, incarnation);
    file->fd_ = ::open(file->path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->fd_ < 0) return std::unexpected(trouble("create", file->path_));
    if (::flock(file->fd_, LOCK_EX | LOCK_NB) != 0) return std::unexpected(trouble("lock", file->path_));
    const Header header;
    if (::ftruncate(file->fd_, static_cast<off_t>(file->size_)) != 0 ||
        ::pwrite(file->fd_, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header))
      return std::unexpected(trouble("write", file->path_));
    struct statfs where{};
    file->mapped_ = ::fstatfs(file->fd_, &where) == 0 && (where.f_type == kTmpfs || where.f_type == kRamfs);
  }
  void* const memory =
      file->mapped_
          ? ::mmap(nullptr, file->size_, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd_, 0)
          : ::mmap(nullptr, file->size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return std::unexpected(trouble("map", file->path_));
  file->memory_ = static_cast<std::byte*>(memory);
  for (unsigned shard = 0; shard < shards; ++shard) new (file->memory_ + kStride * (1 + shard)) core::InHand;
  return file;
}

InHandFile::~InHandFile() {
  bool empty = true;
  for (unsigned shard = 0; memory_ != nullptr && shard < shards_; ++shard)
    empty = empty && of(shard).stage_now() == core::Stage::nothing;
  if (memory_ != nullptr) ::munmap(memory_, size_);
  if (fd_ < 0) return;
  if (empty) ::unlink(path_.c_str());
  ::close(fd_);
}

core::InHand& InHandFile::of(unsigned shard) {
  return *std::launder(reinterpret_cast<core::InHand*>(memory_ + kStride * (1 + shard)));
}

void InHandFile::read_others(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const std::string path = entry.path().string();
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {  // else its process lives
      Header header;
      const Header ours;
      bool any = false;
      if (::pread(fd, &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header) &&
          std::memcmp(&header, &ours, sizeof header) == 0) {
        core::InHand hand;
        for (unsigned shard = 0; ::pread(fd, &hand, sizeof hand, static_cast<off_t>(kStride * (1 + shard))) ==
                                 static_cast<ssize_t>(sizeof hand);
             ++shard) {
          if (!plausible(hand)) continue;
          endings_.push_back(
              core::Ending::of(hand, fmt::format("{}/{}", name.substr(kPrefix.size()), shard)));
          any = true;
        }
      }
      if (any) {
        read_.push_back(path);
      } else {
        ::unlink(path.c_str());
      }
    }
    ::close(fd);
  }
}

void InHandFile::endings_told() {
  for (const std::string& path : read_) ::unlink(path.c_str());
  read_.clear();
  endings_.clear();
}

std::pair<int, std::int64_t> InHandFile::place(unsigned shard) const {
  return {mapped_ ? -1 : fd_, static_cast<std::int64_t>(kStride * (1 + shard))};
}

void InHandFile::saw_end(unsigned shard, core::Death death) {
  of(shard).death = death;
  const auto [fd, at] = place(shard);
  if (fd >= 0) (void)!::pwrite(fd, &of(shard), sizeof(core::InHand), at);
}

CrashNote::CrashNote(InHandFile& file, unsigned shard) : stack_(kSignalStack) {
  const auto [fd, at] = file.place(shard);
  note_here = {&file.of(shard), fd, at};
  stack_t stack{};
  stack.ss_sp = stack_.data();
  stack.ss_size = stack_.size();
  ::sigaltstack(&stack, nullptr);
  install_once();
}

CrashNote::~CrashNote() {
  note_here = {};
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

bool StallWatch::look(unsigned shard, const core::InHand& hand, TimePoint now) {
  Seen& seen = seen_[shard];
  if (patience_ == Duration::zero() || now < seen.next) return false;
  seen.next = now + patience_ / kLooks;
  const std::uint64_t number = hand.number_now();
  const bool same = hand.stage_now() != core::Stage::nothing && number == seen.number;
  seen.number = number;
  seen.times = same ? seen.times + 1 : 0;
  return seen.times >= kLooks;
}

}  // namespace anchal::app
