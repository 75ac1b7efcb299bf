#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "throttle/policy/calendar.h"
#include "throttle/policy/names.h"
#include "throttle/policy/rule.h"
#include "throttle/time.h"

namespace anchal::throttle {

/// The instant of the write on both clocks: rules are dated by the wall clock, the lease runs on the
/// monotonic one, so that a wall clock set back cannot prolong it.
struct Now {
  WallTime wall;
  TimePoint steady;
};

enum class Decision : std::uint8_t { send, hold, drop };

/// The gate's answer for one message.
struct Verdict {
  static constexpr std::uint32_t kNoRule = 0xFFFFFFFF;
  static constexpr std::uint32_t kLease = 0xFFFFFFFE;  ///< stopped for want of a policy lease

  Decision decision = Decision::send;
  OnHold on_hold = OnHold::defer;  ///< defer or reapprove with hold, drop with drop
  std::uint32_t rule = kNoRule;    ///< index into rules(), kLease, or kNoRule with send
  std::optional<WallTime> until =
      std::nullopt;  ///< hold, drop: when this rule stops holding, if that is known
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Why a rule does or does not stop a message: one line of explain().
struct Explanation {
  std::uint32_t rule = 0;
  bool active = false;                                ///< it holds at the asked instant
  bool exempted = false;                              ///< in scope, but the category is exempt
  std::optional<WallTime> changes_at = std::nullopt;  ///< when `active` flips next, if ever
  std::array<bool, 5> named{};       ///< which attributes the rule names (else it covers all): order of
                                     ///< MessageClass words category, tenant, sender, place, operator
  std::array<bool, 5> by_unknown{};  ///< named, and inside only because the message's value is not known
};

/// All rules in force, compiled into one table: attributes map through small arrays to equivalence classes
/// (two ids are equivalent when the same rules name them), the classes index one cell, and the cell says
/// until when its verdict is true. Immutable but for the lease; built off the hot path, swapped by the shard
/// in one loop turn.
///
/// Exact at every instant, also where the engine is late to recompile: past a cell's time, or before the time
/// of the compilation (a wall clock set back), the gate evaluates the rules themselves. Memory: at most
/// kCellsMax cells of 24 bytes; where the rules tell more classes apart, the gate evaluates the rules for
/// each message (slower, same answers).
class PolicyTable {
 public:
  static constexpr std::size_t kCellsMax = 65'536;

  PolicyTable() = default;               ///< no rules, epoch 0, everything passes, lease never ends
  PolicyTable(PolicyTable&&) = default;  // a copy's look-ups would point into the original
  PolicyTable& operator=(PolicyTable&&) = default;

  /// Compiles `rules` for the shard whose ids are in `names` (names of rules are interned there). Categories
  /// are the configured list. Errors: every fatal finding of validate(), all together; then nothing is
  /// compiled.
  static std::expected<PolicyTable, std::vector<RuleError>> compile(std::vector<Rule> rules,
                                                                    std::span<const Category> categories,
                                                                    Names& names, WallTime now,
                                                                    std::uint64_t epoch);

  std::uint64_t epoch() const { return epoch_; }
  const std::vector<Rule>& rules() const { return rules_; }
  /// The id of a verdict's rule: "policy-lease" for kLease, empty for kNoRule.
  std::string_view rule_id(std::uint32_t rule) const;

  /// Until when this policy counts as confirmed. From then on non-exempt categories hold with rule
  /// "policy-lease" (fail closed, law 3). Starts at TimePoint::max(): an engine without a lease sets nothing.
  TimePoint lease_valid_until = TimePoint::max();

  /// The first instant after `now` at which a rule starts, ends, or its daily window flips: compile again
  /// then. Empty: never.
  std::optional<WallTime> next_change(WallTime now) const;

  /// Every rule whose scope the message is in, active or not, in the order of rules().
  std::vector<Explanation> explain(const MessageClass& message, WallTime now) const;

  /// The state of one rule at an instant, by the same code the gate uses.
  RuleState state(std::uint32_t rule, WallTime now) const;

 private:
  friend Verdict gate(const PolicyTable& table, const MessageClass& message, Now now,
                      std::optional<OnHold> on_hold);

  static constexpr std::size_t kAttributes = 5;  ///< category, tenant, sender, place, operator
  static constexpr std::uint64_t kForever = ~std::uint64_t{0} >> 1;

  /// One attribute: id -> class, class -> the rules whose scope takes it in.
  struct Attribute {
    std::vector<std::uint32_t> cell_offset{0};  ///< by id: class times the attribute's stride in cells_
    std::uint32_t other_offset = 0;             ///< for ids beyond cell_offset
    std::uint32_t stride = 1;
    std::vector<std::uint64_t> masks;  ///< by class, words_ each: bit r is rule r
    std::vector<bool> is_exempt;       ///< by class; of the categories only
  };
  /// What the gate reads of an attribute, the five side by side.
  struct LookUp {
    const std::uint32_t* offsets = nullptr;
    std::uint32_t size = 0;
    std::uint32_t other = 0;

    std::uint32_t operator[](std::uint32_t id) const { return id < size ? offsets[id] : other; }
  };
  struct Cell {
    std::uint64_t valid_for_ms = kForever;  ///< from compiled_at_
    Verdict verdict;                        ///< by the rules alone
  };
  struct CategoryFlags {
    bool exempt = false;
    OnHold on_hold = OnHold::defer;
  };
  class Builder;

  std::array<std::uint32_t, kAttributes> offsets(const MessageClass& message) const {
    return {look_ups_[0][message.category], look_ups_[1][message.tenant], look_ups_[2][message.sender],
            look_ups_[3][message.place], look_ups_[4][message.operator_]};
  }
  const std::uint64_t* mask(std::size_t attribute, std::uint32_t offset) const {
    const Attribute& a = attributes_[attribute];
    return a.masks.data() + offset / a.stride * words_;
  }
  /// Calls with each rule whose scope the message is in.
  template <class Visit>
  void for_each_rule(const MessageClass& message, Visit visit) const;
  CategoryFlags flags(std::uint32_t category) const {
    return category < categories_.size() ? categories_[category] : CategoryFlags{};
  }
  Verdict stop_by(std::uint32_t rule, const RuleState& state) const;
  static Verdict stricter(const Verdict& a, const Verdict& b);
  Verdict evaluate(const MessageClass& message, WallTime now) const;
  Verdict narrowed(Verdict verdict, const MessageClass& message, std::optional<OnHold> on_hold) const;
  Verdict gate_slowly(const MessageClass& message, Now now, std::optional<OnHold> on_hold) const;

  WallTime compiled_at_ = WallTime::min();
  std::array<LookUp, kAttributes> look_ups_;
  std::vector<Cell> cells_;  ///< empty: too many classes, or no rules
  std::uint64_t epoch_ = 0;
  std::vector<Rule> rules_;
  std::vector<RuleCalendar> calendars_;  ///< of rules_
  std::size_t words_ = 0;                ///< 64-bit words of a set of rules
  std::array<Attribute, kAttributes> attributes_;
  std::vector<CategoryFlags> categories_;  ///< by category id
};

/// The gate (law 2): may this message leave at this instant? Called last thing before the bytes are written,
/// for every part, whether first try, retry, release or takeover. Restrictive wins: drop > reapprove > defer
/// among the rules that hold; among equals the one that holds longest is named. `on_hold` is what the job
/// says (empty: its category's word) and can only make the outcome stricter. For want of a lease the outcome
/// is always hold with defer: an engine cut off must not destroy. Reads nothing but its arguments; never
/// fails, never allocates.
[[nodiscard]] inline Verdict gate(const PolicyTable& table, const MessageClass& message, Now now,
                                  std::optional<OnHold> on_hold = std::nullopt) {
  if (now.steady < table.lease_valid_until && !table.cells_.empty()) [[likely]] {
    std::size_t at = 0;
    for (const std::uint32_t offset : table.offsets(message)) at += offset;
    const PolicyTable::Cell& cell = table.cells_[at];
    // Unsigned, so that an instant before the compilation is outside as well.
    const auto age = static_cast<std::uint64_t>((now.wall - table.compiled_at_).count());
    if (age < cell.valid_for_ms) [[likely]] {
      return cell.verdict.decision == Decision::send ? Verdict{}
                                                     : table.narrowed(cell.verdict, message, on_hold);
    }
  }
  return table.gate_slowly(message, now, on_hold);
}

}  // namespace anchal::throttle
