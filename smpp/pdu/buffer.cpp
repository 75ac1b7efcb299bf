#include "smpp/pdu/buffer.h"

#include <algorithm>

namespace anchal::smpp {

void Buffer::make_room(std::size_t count) {
  const std::size_t used = size();
  // Moving down is worth it only when it frees at least half: otherwise a slow consumer of a full buffer
  // would pay one memmove of everything for each small append.
  if (begin_ >= capacity_ / 2 && capacity_ - used >= count) {
    std::memmove(memory_.get(), memory_.get() + begin_, used);
  } else {
    const std::size_t wanted = std::max({used + count, capacity_ * 2, std::size_t{256}});
    auto grown = std::make_unique_for_overwrite<std::byte[]>(wanted);
    if (used != 0) std::memcpy(grown.get(), memory_.get() + begin_, used);
    memory_ = std::move(grown);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = used;
}

}  // namespace anchal::smpp
