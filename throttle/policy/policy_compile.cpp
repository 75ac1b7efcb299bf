#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "throttle/policy/policy_table.h"

namespace anchal::throttle {

/// Builds one table; the steps of compile().
class PolicyTable::Builder {
 public:
  Builder(PolicyTable& table, Names& names) : table_(table), names_(names) {}

  void take_categories(std::span<const Category> categories) {
    for (const Category& category : categories) {
      const std::uint32_t id = names_.categories.intern(category.name);
      if (id == Interner::kUnknown) continue;
      if (table_.categories_.size() <= id) table_.categories_.resize(id + 1);
      table_.categories_[id] = {category.exempt, category.on_hold};
    }
  }

  void build_attributes() {
    table_.words_ = (table_.rules_.size() + 63) / 64;
    build_attribute(0, names_.categories, &Scope::categories);
    build_attribute(1, names_.tenants, &Scope::tenants);
    build_attribute(2, names_.senders, &Scope::senders);
    build_attribute(3, names_.places, &Scope::places);
    build_attribute(4, names_.operators, &Scope::operators);
  }

  void build_cells() {
    std::size_t count = 1;
    for (Attribute& attribute : table_.attributes_) {
      attribute.stride = static_cast<std::uint32_t>(count);
      count *= attribute.masks.size() / table_.words_;
      if (count > kCellsMax) break;
    }
    if (count > kCellsMax) {
      for (Attribute& attribute : table_.attributes_) attribute.stride = 1;
      set_look_ups();
      return;
    }
    for (Attribute& attribute : table_.attributes_) {
      for (std::uint32_t& offset : attribute.cell_offset) offset *= attribute.stride;
      attribute.other_offset *= attribute.stride;
    }
    set_look_ups();
    for (const RuleCalendar& calendar : table_.calendars_)
      states_.push_back(calendar.at(table_.compiled_at_));
    table_.cells_.resize(count);
    fill(kAttributes, 0, Mask(table_.words_, ~std::uint64_t{0}));
  }

 private:
  using Mask = std::vector<std::uint64_t>;

  void build_attribute(std::size_t index, Interner& names, std::vector<std::string> Scope::* list) {
    Mask covers_all(table_.words_);
    for (std::size_t r = 0; r < table_.rules_.size(); ++r) {
      if ((table_.rules_[r].scope.*list).empty()) covers_all[r / 64] |= std::uint64_t{1} << r % 64;
    }
    std::map<std::uint32_t, Mask> by_id;
    if (index == 0) {
      // Exempt categories need a class of their own, named by a rule or not.
      for (std::uint32_t id = 1; id < table_.categories_.size(); ++id) by_id.emplace(id, covers_all);
    }
    for (std::size_t r = 0; r < table_.rules_.size(); ++r) {
      for (const std::string& name : table_.rules_[r].scope.*list) {
        Mask& mask = by_id.try_emplace(names.intern(name), covers_all).first->second;
        mask[r / 64] |= std::uint64_t{1} << r % 64;
      }
    }
    by_id[Interner::kUnknown] = Mask(table_.words_, ~std::uint64_t{0});

    Attribute& attribute = table_.attributes_[index];
    const auto is_exempt = [&](std::uint32_t id) { return index == 0 && table_.flags(id).exempt; };
    std::map<std::pair<Mask, bool>, std::uint32_t> classes;
    const auto class_of = [&](const Mask& mask, bool exempt) {
      const auto [found, is_new] =
          classes.try_emplace({mask, exempt}, static_cast<std::uint32_t>(classes.size()));
      if (is_new) {
        attribute.masks.insert(attribute.masks.end(), mask.begin(), mask.end());
        attribute.is_exempt.push_back(exempt);
      }
      return found->second;
    };
    attribute.other_offset = class_of(covers_all, false);
    attribute.cell_offset.assign(by_id.rbegin()->first + 1, attribute.other_offset);
    for (const auto& [id, mask] : by_id) attribute.cell_offset[id] = class_of(mask, is_exempt(id));
  }

  void set_look_ups() {
    for (std::size_t a = 0; a < kAttributes; ++a) {
      const Attribute& attribute = table_.attributes_[a];
      table_.look_ups_[a] = {attribute.cell_offset.data(),
                             static_cast<std::uint32_t>(attribute.cell_offset.size()),
                             attribute.other_offset};
    }
  }

  /// Every combination of classes: the last attribute outermost, `rules` what is left of them so far.
  void fill(std::size_t attributes_left, std::size_t cell, const Mask& rules) {
    if (attributes_left == 0) {
      table_.cells_[cell] = make_cell(rules);
      return;
    }
    const Attribute& attribute = table_.attributes_[attributes_left - 1];
    Mask narrower(rules);
    for (std::size_t c = 0; c < attribute.is_exempt.size(); ++c) {
      if (attribute.is_exempt[c]) continue;  // the cells stay as they are made: send
      for (std::size_t w = 0; w < table_.words_; ++w)
        narrower[w] = rules[w] & attribute.masks[c * table_.words_ + w];
      fill(attributes_left - 1, cell + c * attribute.stride, narrower);
    }
  }

  Cell make_cell(const Mask& rules) const {
    Cell cell;
    for (std::size_t w = 0; w < rules.size(); ++w) {
      for (std::uint64_t left = rules[w]; left != 0; left &= left - 1) {
        const std::size_t r = w * 64 + static_cast<std::size_t>(std::countr_zero(left));
        if (r >= states_.size()) break;
        const RuleState& state = states_[r];
        if (state.changes_at) {
          const auto valid_for =
              static_cast<std::uint64_t>((*state.changes_at - table_.compiled_at_).count());
          cell.valid_for_ms = std::min(cell.valid_for_ms, valid_for);
        }
        if (state.active) {
          cell.verdict = stricter(cell.verdict, table_.stop_by(static_cast<std::uint32_t>(r), state));
        }
      }
    }
    return cell;
  }

  PolicyTable& table_;
  Names& names_;
  std::vector<RuleState> states_;  ///< of the rules, now
};

std::expected<PolicyTable, std::vector<RuleError>> PolicyTable::compile(std::vector<Rule> rules,
                                                                        std::span<const Category> categories,
                                                                        Names& names, WallTime now,
                                                                        std::uint64_t epoch) {
  std::vector<RuleError> errors = validate(rules, categories);
  std::erase_if(errors, [](const RuleError& error) { return !error.fatal; });
  if (!errors.empty()) return std::unexpected(std::move(errors));

  PolicyTable table;
  table.epoch_ = epoch;
  table.compiled_at_ = now;
  table.rules_ = std::move(rules);
  // validate() has seen that every zone exists.
  for (const Rule& rule : table.rules_) table.calendars_.push_back(RuleCalendar::make(rule).value());
  Builder builder(table, names);
  builder.take_categories(categories);
  if (!table.rules_.empty()) {
    builder.build_attributes();
    builder.build_cells();
  }
  return table;
}

}  // namespace anchal::throttle
