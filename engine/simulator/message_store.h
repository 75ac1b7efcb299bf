#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/simulator/smsc.h"
#include "smpp/time.h"

namespace anchal::simulator {

/// Text of at most N octets in place: what is longer is cut.
template <std::size_t N>
class Short {
 public:
  Short() = default;
  explicit Short(std::string_view text) : length_(static_cast<std::uint8_t>(std::min(text.size(), N))) {
    text.copy(text_.data(), length_);
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), length_}; }

 private:
  std::uint8_t length_ = 0;
  std::array<char, N> text_;
};

/// message_state of SMPP 3.4 §5.2.28, as far as the simulator uses it.
enum class MessageState : std::uint8_t { enroute = 1, delivered = 2, deleted = 4, undeliverable = 5 };

/// One accepted part.
struct Message {
  std::uint64_t number = 0;
  TimePoint accepted_at;
  TimePoint final_at;  ///< from here on it is in its final state
  std::uint32_t account = 0;
  LinkId link = 0;
  std::uint8_t source_ton = 0, source_npi = 0, dest_ton = 0, dest_npi = 0;
  std::uint8_t registered_delivery = 0;
  std::optional<std::uint16_t> reference;  ///< user_message_reference, repeated in its receipts
  std::uint8_t open_receipts = 0;          ///< receipts that are to come or not answered yet
  MessageState final_state = MessageState::delivered;
  Short<20> source, destination, text;

  [[nodiscard]] MessageState state(TimePoint now) const {
    return now >= final_at ? final_state : MessageState::enroute;
  }
};

/// The messages with open receipts, and as many of those before as there is room for. Numbers run without
/// gaps.
class MessageStore {
 public:
  explicit MessageStore(std::uint64_t first) : first_(first), next_(first), slots_(kFirstSize) {}

  /// True when every slot there may be is owed a receipt.
  [[nodiscard]] bool full() const { return slots_.size() >= kLargestSize && busy(slot(next_)); }
  [[nodiscard]] std::uint64_t next_number() const { return next_; }

  /// A fresh message with its number set. Not when full(). Valid until the next add().
  Message& add() {
    if (busy(slot(next_))) grow();
    Message& fresh = slots_[next_ & (slots_.size() - 1)];
    fresh = Message{};
    fresh.number = next_++;
    return fresh;
  }

  /// nullptr when it was never accepted or is forgotten.
  [[nodiscard]] Message* find(std::uint64_t number) {
    if (number < first_ || number >= next_) return nullptr;
    Message& found = slots_[number & (slots_.size() - 1)];
    return found.number == number ? &found : nullptr;
  }

  /// Calls visit(Message&) for each message still known, oldest first.
  template <class Visit>
  void for_each(Visit visit) {
    const std::uint64_t count = std::min<std::uint64_t>(next_ - first_, slots_.size());
    for (std::uint64_t number = next_ - count; number < next_; ++number) {
      if (Message* message = find(number)) visit(*message);
    }
  }

 private:
  static constexpr std::size_t kFirstSize = 1 << 14;
  static constexpr std::size_t kLargestSize = 1 << 22;

  [[nodiscard]] const Message& slot(std::uint64_t number) const {
    return slots_[number & (slots_.size() - 1)];
  }
  static bool busy(const Message& message) { return message.open_receipts != 0; }

  void grow() {
    std::vector<Message> larger(slots_.size() * 2);
    for (const Message& message : slots_) {
      if (message.number != 0) larger[message.number & (larger.size() - 1)] = message;
    }
    slots_ = std::move(larger);
  }

  std::uint64_t first_;
  std::uint64_t next_;
  std::vector<Message> slots_;  // always a power of two
};

}  // namespace anchal::simulator
