#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace anchal::smpp {

/// A growable run of octets: encoders append at the end, the socket consumes from the front.
/// Room is never zero-filled and never shrinks by itself, so a warm buffer costs no allocation.
/// Views of it (bytes(), reserve()) are valid until the next call that is not const. One thread owns it.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));
    swap(moved);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() = default;

  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] const std::byte* data() const { return memory_.get() + begin_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data(), size()}; }

  /// Room for at least `count` octets behind the end; write there, then commit() what was written.
  std::byte* reserve(std::size_t count) {
    if (capacity_ - end_ < count) make_room(count);
    return memory_.get() + end_;
  }
  void commit(std::size_t count) { end_ += count; }

  void append(std::span<const std::byte> octets) {
    if (octets.empty()) return;
    std::memcpy(reserve(octets.size()), octets.data(), octets.size());
    commit(octets.size());
  }

  /// Drops `count` octets from the front (at most size()).
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Drops everything behind the first `count` octets: takes back what was appended last.
  void truncate(std::size_t count) { end_ = begin_ + count; }
  void clear() { begin_ = end_ = 0; }

  void swap(Buffer& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
  }

 private:
  void make_room(std::size_t count);

  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace anchal::smpp
