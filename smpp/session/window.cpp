#include "smpp/session/window.h"

namespace anchal::smpp {

void Window::add(const Pending& pending) {
  assert(!full() && pending.sequence_number != 0 && accepts(pending.sequence_number));
  const std::uint32_t index = pending.sequence_number & mask_;
  slots_[index] = {pending, youngest_, kNone};
  (youngest_ == kNone ? oldest_ : slots_[youngest_].younger) = index;
  youngest_ = index;
  ++used_;
}

Pending Window::remove(std::uint32_t sequence_number) {
  const std::uint32_t index = sequence_number & mask_;
  Slot& slot = slots_[index];
  assert(slot.pending.sequence_number == sequence_number);
  (slot.older == kNone ? oldest_ : slots_[slot.older].younger) = slot.younger;
  (slot.younger == kNone ? youngest_ : slots_[slot.younger].older) = slot.older;
  const Pending pending = slot.pending;
  slot.pending.sequence_number = 0;
  --used_;
  return pending;
}

void LateMemory::remember(const Pending& pending) {
  if (size_ == 0) return;
  if (slots_.empty()) slots_.resize(size_);
  slots_[pending.sequence_number & (size_ - 1)] = pending;
}

std::optional<Pending> LateMemory::recall(std::uint32_t sequence_number, CommandId response) {
  if (slots_.empty() || sequence_number == 0) return std::nullopt;
  Pending& slot = slots_[sequence_number & (size_ - 1)];
  if (slot.sequence_number != sequence_number) return std::nullopt;
  if (response != response_of(slot.request) && response != CommandId::generic_nack) return std::nullopt;
  const Pending found = slot;
  slot.sequence_number = 0;
  return found;
}

}  // namespace anchal::smpp
