#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/store.h"

struct redisReader;

namespace anchal::redis {

/// Memory for the replies of one answer: given out in a row, taken back all at once, kept for the next.
class ReplyArena {
 public:
  ReplyArena();
  /// Uninitialised, aligned for core::Reply; null when the limit would be passed.
  void* allocate(std::size_t bytes);
  void clear();
  void set_limit(std::size_t bytes) { limit_ = bytes; }
  std::size_t used() const { return used_; }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;
  std::size_t offset_ = 0;
  std::size_t used_ = 0;
  std::size_t limit_ = std::size_t{256} << 20;
};

/// A copy of `from` with everything it shows, in `arena`. Throws std::bad_alloc above the arena's limit.
core::Reply copy_reply(const core::Reply& from, ReplyArena& arena);

/// Turns a stream of RESP2 bytes into answers of several replies, with hiredis' reader: begin(n), then feed()
/// and next() until `n` replies are complete. Hostile lengths end in Status::broken, not in memory.
class ReplyReader {
 public:
  enum class Status { complete, incomplete, broken };

  explicit ReplyReader(std::size_t answer_bytes_max = std::size_t{256} << 20);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  /// Opens the next answer, of `replies` replies (at least 1). The last one's views end here. One that may be
  /// skipped is read to its end and forgotten where it is larger than the limit, instead of broken.
  void begin(std::size_t replies, bool may_skip = false);
  /// Bytes in the order they came; at most kFeedBytes at a time. False: broken.
  bool feed(std::span<const std::byte> bytes);
  /// Reads on in what was fed. complete: replies() is whole.
  Status next();
  std::span<const core::Reply> replies() const { return {answer_, count_}; }
  /// It was too large: replies() tells nothing.
  bool skipped() const { return skipping_; }

  /// Bytes fed and not yet read: must be 0 when nothing is expected.
  std::size_t unread() const;
  /// What was wrong, without any byte received.
  const std::string& error() const { return error_; }
  /// Forgets everything, for a new connection.
  void reset();

  /// hiredis moves the rest of its buffer after every reply: small helpings keep that cheap.
  static constexpr std::size_t kFeedBytes = std::size_t{16} * 1024;
  static constexpr int kElementsMax = 1 << 22;
  static constexpr std::size_t kBulkBytesMax = std::size_t{512} << 20;  // Redis' own proto-max-bulk-len

 private:
  friend struct ReaderFunctions;
  core::Reply* slot(const void* task);
  core::Reply* skip();

  redisReader* reader_ = nullptr;
  ReplyArena arena_;
  core::Reply* answer_ = nullptr;
  std::size_t count_ = 0;
  std::size_t done_ = 0;
  bool may_skip_ = false;
  bool skipping_ = false;
  core::Reply nowhere_;  // stands for every reply of an answer that is skipped
  std::string error_;
};

}  // namespace anchal::redis
