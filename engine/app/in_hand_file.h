#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/app/config.h"
#include "engine/core/poison/suspects.h"
#include "engine/core/time.h"

namespace anchal::app {

/// What each shard has in hand, where the next process finds it: a file `in-hand.<incarnation>`, locked while
/// its process lives. In a directory in memory (tmpfs: /run, /dev/shm) it is mapped, and so says it whatever
/// ended the process, kill -9 and the kernel's out-of-memory killer too. A mapped page of a disk could make a
/// shard wait for that disk, so elsewhere the file is written when the process sees its end: a crash or a
/// stall. It names streams and entries, no text, number or tenant (law 7).
class InHandFile {
 public:
  /// `directory` empty: memory only. An error is the sentence for the log.
  static std::expected<std::unique_ptr<InHandFile>, std::string> open(const std::string& directory,
                                                                      const std::string& incarnation,
                                                                      unsigned shards);
  /// Removes the file, unless a shard still has something in hand.
  ~InHandFile();
  InHandFile(const InHandFile&) = delete;
  InHandFile& operator=(const InHandFile&) = delete;

  core::InHand& of(unsigned shard);
  bool mapped() const { return mapped_; }

  /// From the files of processes that are dead, found by open().
  const std::vector<core::Ending>& endings() const { return endings_; }
  /// Redis knows them: their files go.
  void endings_told();

  /// Where this shard's is written when its end is seen; a mapped one need not be: -1.
  std::pair<int, std::int64_t> place(unsigned shard) const;
  /// Any thread: this shard's end was seen.
  void saw_end(unsigned shard, core::Death death);

 private:
  InHandFile() = default;
  void read_others(const std::string& directory);

  std::string path_;
  int fd_ = -1;
  bool mapped_ = false;
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
  unsigned shards_ = 0;
  std::vector<core::Ending> endings_;
  std::vector<std::string> read_;  ///< files of the dead
};

/// Where the file goes: systemd's RUNTIME_DIRECTORY, which lies in memory; else state_directory().
std::string in_hand_directory(const AppConfig& config);

/// While it lives, a crash of the calling thread (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT of our own) is
/// noted in the file before the process ends as it would have. A signal sent from outside accuses nobody.
class CrashNote {
 public:
  CrashNote(InHandFile& file, unsigned shard);
  ~CrashNote();
  CrashNote(const CrashNote&) = delete;
  CrashNote& operator=(const CrashNote&) = delete;

 private:
  std::vector<std::byte> stack_;  ///< for a handler that runs because the thread's own is used up
};

/// Sees that a shard has had the same entry in hand for `patience`. Counts its own looks, a tenth of that
/// apart: a process that was stopped, or a machine that slept, has not looked meanwhile.
class StallWatch {
 public:
  StallWatch(unsigned shards, Duration patience) : patience_(patience), seen_(shards) {}
  /// True: this shard stalls. `now` rises.
  bool look(unsigned shard, const core::InHand& hand, TimePoint now);

 private:
  struct Seen {
    std::uint64_t number = 0;
    unsigned times = 0;
    TimePoint next{};
  };
  Duration patience_;
  std::vector<Seen> seen_;
};

}  // namespace anchal::app
