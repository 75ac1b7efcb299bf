#include "engine/redis/reply_reader.h"

#include <hiredis/read.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace anchal::redis {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;
constexpr std::size_t kChunksKept = 16;
/// hiredis gives its buffer back whenever it is empty and larger than this; its default makes it do so often.
constexpr std::size_t kReaderBufferKept = std::size_t{1} << 20;

}  // namespace

ReplyArena::ReplyArena() = default;

void* ReplyArena::allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes + alignof(core::Reply) - 1) & ~(alignof(core::Reply) - 1);
  if (rounded < bytes || rounded > limit_ - std::min(used_, limit_)) {
    return nullptr;
  }
  while (current_ < chunks_.size() && chunks_[current_].size - offset_ < rounded) {
    ++current_;
    offset_ = 0;
  }
  if (current_ == chunks_.size()) {
    const std::size_t size = std::max(kChunkBytes, rounded);
    chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    offset_ = 0;
  }
  void* const found = chunks_[current_].bytes.get() + offset_;
  offset_ += rounded;
  used_ += rounded;
  return found;
}

void ReplyArena::clear() {
  // Chunks made for one big reply are not worth keeping, a working set of ordinary ones is.
  std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > kChunkBytes; });
  if (chunks_.size() > kChunksKept) {
    chunks_.resize(kChunksKept);
  }
  current_ = offset_ = used_ = 0;
}

core::Reply copy_reply(const core::Reply& from, ReplyArena& arena) {
  core::Reply copy = from;
  if (!from.text.empty()) {
    auto* const text = static_cast<char*>(arena.allocate(from.text.size()));
    if (text == nullptr) {
      throw std::bad_alloc();
    }
    std::memcpy(text, from.text.data(), from.text.size());
    copy.text = std::string_view(text, from.text.size());
  }
  if (from.size > 0) {
    auto* const elements = static_cast<core::Reply*>(arena.allocate(from.size * sizeof(core::Reply)));
    if (elements == nullptr) {
      throw std::bad_alloc();
    }
    for (std::size_t i = 0; i < from.size; ++i) {
      new (elements + i) core::Reply(copy_reply(from.elements[i], arena));
    }
    copy.elements = elements;
  }
  return copy;
}

/// hiredis' hooks: replies are built in the arena, as views. A null result makes the reader report
/// REDIS_ERR_OOM, which is how limits are enforced.
struct ReaderFunctions {
  static ReplyReader* owner(const redisReadTask* task) { return static_cast<ReplyReader*>(task->privdata); }

  static void* string(const redisReadTask* task, char* bytes, std::size_t size) {
    ReplyReader* const self = owner(task);
    core::Reply* const reply = self->slot(task);
    auto* const copy = self->skipping_ ? nullptr : static_cast<char*>(self->arena_.allocate(size));
    if (reply == nullptr) {
      return nullptr;
    }
    if (copy == nullptr) {
      return self->skip();
    }
    std::memcpy(copy, bytes, size);
    reply->type = task->type == REDIS_REPLY_ERROR ? core::Reply::Type::error : core::Reply::Type::text;
    reply->text = std::string_view(copy, size);
    return reply;
  }

  static void* array(const redisReadTask* task, int elements) {
    ReplyReader* const self = owner(task);
    core::Reply* const reply = self->slot(task);
    if (reply == nullptr || elements < 0 || elements > ReplyReader::kElementsMax) {
      return nullptr;
    }
    const auto count = static_cast<std::size_t>(elements);
    void* const memory = self->skipping_ ? nullptr : self->arena_.allocate(count * sizeof(core::Reply));
    if (memory == nullptr) {
      return self->skip();
    }
    auto* const first = static_cast<core::Reply*>(memory);
    std::uninitialized_default_construct_n(first, count);
    reply->type = core::Reply::Type::array;
    reply->elements = first;
    reply->size = count;
    return reply;
  }

  static void* integer(const redisReadTask* task, long long value) {
    core::Reply* const reply = owner(task)->slot(task);
    if (reply != nullptr) {
      reply->type = core::Reply::Type::integer;
      reply->integer = value;
    }
    return reply;
  }

  static void* nil(const redisReadTask* task) { return owner(task)->slot(task); }

  static void free(void*) {}  // the arena's matter
};

namespace {

redisReplyObjectFunctions functions = {ReaderFunctions::string, ReaderFunctions::array,
                                       ReaderFunctions::integer, ReaderFunctions::nil, ReaderFunctions::free};

}  // namespace

ReplyReader::ReplyReader(std::size_t answer_bytes_max) {
  arena_.set_limit(answer_bytes_max);
  reset();
}

ReplyReader::~ReplyReader() {
  redisReaderFree(reader_);
}

void ReplyReader::reset() {
  if (reader_ != nullptr) {
    redisReaderFree(reader_);
  }
  reader_ = redisReaderCreateWithFunctions(&functions);
  if (reader_ == nullptr) {
    throw std::bad_alloc();
  }
  reader_->privdata = this;
  reader_->maxbuf = kReaderBufferKept;
  arena_.clear();
  answer_ = nullptr;
  count_ = done_ = 0;
  may_skip_ = skipping_ = false;
  error_.clear();
}

void ReplyReader::begin(std::size_t replies, bool may_skip) {
  may_skip_ = may_skip;
  skipping_ = false;
  arena_.clear();
  answer_ = static_cast<core::Reply*>(arena_.allocate(replies * sizeof(core::Reply)));
  if (answer_ == nullptr) {
    throw std::bad_alloc();
  }
  std::uninitialized_default_construct_n(answer_, replies);
  count_ = replies;
  done_ = 0;
}

bool ReplyReader::feed(std::span<const std::byte> bytes) {
  if (reader_->len - reader_->pos + bytes.size() > kBulkBytesMax) {
    error_ = "a reply is too large";
    return false;
  }
  return redisReaderFeed(reader_, reinterpret_cast<const char*>(bytes.data()), bytes.size()) == REDIS_OK;
}

ReplyReader::Status ReplyReader::next() {
  while (done_ < count_) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_, &reply) != REDIS_OK) {
      error_ = reader_->err == REDIS_ERR_OOM ? "a reply is too large" : "a reply breaks the protocol";
      return Status::broken;
    }
    if (reply == nullptr) {
      return Status::incomplete;
    }
    ++done_;
  }
  return Status::complete;
}

std::size_t ReplyReader::unread() const {
  return reader_->len - reader_->pos;
}

core::Reply* ReplyReader::skip() {
  skipping_ = may_skip_;
  return skipping_ ? &nowhere_ : nullptr;
}

core::Reply* ReplyReader::slot(const void* erased) {
  if (skipping_) {
    return &nowhere_;
  }
  const auto* const task = static_cast<const redisReadTask*>(erased);
  if (task->parent == nullptr) {
    return done_ < count_ ? answer_ + done_ : nullptr;
  }
  const auto* const parent = static_cast<const core::Reply*>(task->parent->obj);
  return const_cast<core::Reply*>(parent->elements) + task->idx;
}

}  // namespace anchal::redis
