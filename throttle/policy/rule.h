#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "throttle/time.h"

namespace anchal::throttle {

/// A blackout is a dated rule; quiet hours recur daily. Both stop their scope while they hold.
enum class RuleKind : std::uint8_t { blackout, quiet };

/// What happens to a message that a rule stops; the larger is the stricter.
enum class OnHold : std::uint8_t { defer, reapprove, drop };

std::string_view to_string(RuleKind kind);
std::string_view to_string(OnHold on_hold);
std::optional<RuleKind> parse_rule_kind(std::string_view text);
std::optional<OnHold> parse_on_hold(std::string_view text);

/// What a rule covers. An empty list means all. A message is inside when every attribute is.
struct Scope {
  std::vector<std::string> categories = {};
  std::vector<std::string> tenants = {};
  std::vector<std::string> senders = {};
  std::vector<std::string> places = {};
  std::vector<std::string> operators = {};
  friend bool operator==(const Scope&, const Scope&) = default;
};

/// A daily window by the local clock of `zone`: the rule holds at every instant at which that clock reads a
/// time in [from, to) of a window that began on one of `days`. to <= from: the window ends the next day
/// (21:00 to 09:00); from == to: 24 hours. Where a clock is set forward the skipped times do not occur; where
/// it is set back they occur twice.
struct Daily {
  std::chrono::minutes from{0};   ///< after local midnight, 0 .. 1439
  std::chrono::minutes to{0};     ///< 0 .. 1440
  std::string zone = "UTC";       ///< IANA name
  std::uint8_t days = kEveryDay;  ///< bit 0 = Sunday ... bit 6 = Saturday; the day on which the window begins

  static constexpr std::uint8_t kEveryDay = 0x7F;
  friend bool operator==(const Daily&, const Daily&) = default;
};

/// One rule, as data; JSON, storage, approval and audit belong to the engine. A rule holds at `t` when
/// starts_at <= t < ends_at (open where not given) and, with `daily`, the local clock is inside the window.
struct Rule {
  std::string id;
  RuleKind kind = RuleKind::blackout;
  Scope scope = {};
  std::optional<WallTime> starts_at = std::nullopt;
  std::optional<WallTime> ends_at = std::nullopt;
  std::optional<Daily> daily = std::nullopt;
  OnHold on_hold = OnHold::defer;
  friend bool operator==(const Rule&, const Rule&) = default;
};

/// One row of the configured closed list of categories.
struct Category {
  std::string name;
  bool exempt = false;             ///< passes every rule and goes on without a policy lease
  OnHold on_hold = OnHold::defer;  ///< for jobs that do not say
};

/// What is wrong with a rule. `rule` is its index in the input, `field` is spelled as in the API, `message`
/// is a whole sentence for the person who wrote the rule.
struct RuleError {
  std::size_t rule = 0;
  std::string id;
  std::string field;
  std::string message;
  bool fatal =
      true;  ///< false: the rule can be compiled but cannot mean what was wanted (unknown category ...)
};

/// The id under which the gate reports a stop for want of a policy lease; no rule may take it.
inline constexpr std::string_view kPolicyLeaseRule = "policy-lease";

/// Every mistake in `rules`, all together; empty if there is none. For a rule about to be stored every
/// finding should refuse it; compile() refuses only the fatal ones.
std::vector<RuleError> validate(std::span<const Rule> rules, std::span<const Category> categories);

}  // namespace anchal::throttle
