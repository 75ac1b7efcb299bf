#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include "smpp/pdu/octets.h"

namespace anchal::smpp {

/// The entries of a counted list without owning them: either octets of a decoded frame, read entry by entry
/// on demand, or a span to be encoded. `Entry` offers `static bool take(Octets& rest, Entry& entry)`.
template <class Entry>
class WireList {
 public:
  class Iterator {
   public:
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    const Entry& operator*() const { return current_; }
    const Entry* operator->() const { return &current_; }
    Iterator& operator++() {
      ++index_;
      load();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.index_ >= it.count_; }

   private:
    friend class WireList;
    Iterator(Octets raw, std::span<const Entry> entries, std::size_t count)
        : raw_(raw), entries_(entries), count_(count) {
      load();
    }
    void load() {
      if (index_ >= count_) return;
      if (!entries_.empty()) {
        current_ = entries_[index_];
      } else if (!Entry::take(raw_, current_)) {
        count_ = index_;
      }
    }

    Octets raw_;
    std::span<const Entry> entries_;
    std::size_t count_ = 0;
    std::size_t index_ = 0;
    Entry current_{};
  };

  WireList() = default;
  /// `count` entries that a decoder has found to lie in `raw`.
  WireList(Octets raw, std::size_t count) : raw_(raw), count_(count) {}
  /// Entries to be encoded; they must outlive this view.
  WireList(std::span<const Entry> entries)  // NOLINT(google-explicit-constructor): a view of a list
      : entries_(entries), count_(entries.size()) {}

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] Iterator begin() const { return {raw_, entries_, count_}; }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  Octets raw_;
  std::span<const Entry> entries_;
  std::size_t count_ = 0;
};

}  // namespace anchal::smpp
