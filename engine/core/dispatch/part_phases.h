#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace anchal::core {

/// Where one part of a message is.
enum class PartPhase : std::uint8_t {
  unsent,
  on_wire,
  accepted,  ///< by the operator; its id is on the way into the receipt map, or there
  doubtful,  ///< no answer will come
  refused,   ///< for good
};

/// The phases of a message's parts. Few parts, as nearly always, lie in the object itself.
class PartPhases {
 public:
  void assign(std::size_t count, PartPhase phase) {
    size_ = count;
    if (count <= few_.size()) {
      few_.fill(phase);
    } else {
      many_.assign(count, phase);
    }
  }
  std::size_t size() const { return size_; }
  PartPhase& operator[](std::size_t part) { return begin()[part]; }
  PartPhase operator[](std::size_t part) const { return begin()[part]; }
  PartPhase* begin() { return size_ <= few_.size() ? few_.data() : many_.data(); }
  const PartPhase* begin() const { return size_ <= few_.size() ? few_.data() : many_.data(); }
  const PartPhase* end() const { return begin() + size_; }

 private:
  std::array<PartPhase, 8> few_{};
  std::size_t size_ = 0;
  std::vector<PartPhase> many_;
};

}  // namespace anchal::core
