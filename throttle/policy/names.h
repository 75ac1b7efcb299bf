#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace anchal::throttle {

/// Names to small ids, so that a queued message carries 16 bytes of class instead of five strings. Ids are
/// dense and never reused. Id 0 stands for "not known": it counts as inside every scope of its attribute
/// (fail closed). Names come from jobs, so their number is bounded: what does not fit gets id 0. One loop
/// owns it.
class Interner {
 public:
  static constexpr std::uint32_t kUnknown = 0;

  /// `unknown_name` besides "" means id 0, e.g. "unknown" for places. `capacity` bounds the ids
  /// (1..capacity).
  explicit Interner(std::string_view unknown_name = {}, std::uint32_t capacity = 1'000'000);

  Interner(Interner&&) noexcept = default;  // a copy's keys would point into the original
  Interner& operator=(Interner&&) noexcept = default;

  /// The id of `name`, given one if it is new. Allocates only for a new name.
  std::uint32_t intern(std::string_view name);
  /// The id of `name`, kUnknown if it was never interned.
  std::uint32_t find(std::string_view name) const;
  /// The name of an id; empty for 0 and for ids never given.
  std::string_view name(std::uint32_t id) const;
  /// Names held; the largest id.
  std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }

 private:
  std::string unknown_name_;
  std::uint32_t capacity_;
  std::deque<std::string> names_;  ///< names do not move, so the map's keys may point at them
  std::unordered_map<std::string_view, std::uint32_t> ids_;
};

/// The five attributes by which policy tells messages apart. A shard keeps one for its whole life, across
/// policies: messages that wait carry its ids. 65,535 categories and operators at most.
struct Names {
  Interner categories{{}, 0xFFFF};
  Interner tenants;
  Interner senders;
  Interner places{"unknown"};
  Interner operators{{}, 0xFFFF};
};

/// What policy knows of a message. Ids of the shard's Names; 0 = not known = inside every scope.
struct MessageClass {
  std::uint16_t category = 0;
  std::uint16_t operator_ = 0;
  std::uint32_t tenant = 0;
  std::uint32_t sender = 0;
  std::uint32_t place = 0;
  friend bool operator==(const MessageClass&, const MessageClass&) = default;
};
static_assert(sizeof(MessageClass) == 16);

}  // namespace anchal::throttle
