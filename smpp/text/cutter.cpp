#include "smpp/text/cutter.h"

namespace anchal::smpp::internal {
namespace {

using tables::BreakKind;

constexpr Extent kOneUnit = Extent{1} << 48U;
constexpr Extent kOneCharacter = Extent{1} << 32U;

constexpr ExtentTable make_table(Costing costing) {
  ExtentTable table{};
  for (std::size_t id = 0; id < table.size(); ++id) {
    std::uint64_t units = 1;
    if (costing == Costing::ucs2) {
      units = tables::kClassLength[id] == 4 ? 2 : 1;
    } else if (costing != Costing::octets) {
      // The disputed septets differ in who has them, not in their cost.
      units += (tables::kClassTraits[1][id].escapes >> (16U * static_cast<unsigned>(costing))) & 1U;
    }
    table[id] = units * kOneUnit + kOneCharacter + tables::kClassLength[id];
  }
  return table;
}

constexpr std::array<ExtentTable, 6> kExtents = {make_table(Costing::gsm7_default),
                                                 make_table(Costing::gsm7_turkish),
                                                 make_table(Costing::gsm7_portuguese),
                                                 make_table(Costing::gsm7_indic),
                                                 make_table(Costing::ucs2),
                                                 make_table(Costing::octets)};

static_assert([] {
  for (int id = 0; id < tables::kClassCount; ++id) {
    const auto index = static_cast<std::size_t>(id);
    if (tables::kClassTraits[0][index].escapes != tables::kClassTraits[1][index].escapes) return false;
  }
  return true;
}());

}  // namespace

const ExtentTable& extent_table(Costing costing) {
  return kExtents[static_cast<std::size_t>(costing)];
}

void Cutter::close(Extent part) {
  octets_ += octets_of(part);
  characters_ += characters_of(part);
  if (count_ < kPartsKept) {
    cuts_[count_] = {octets_, characters_};
    parts_[count_] = {static_cast<std::uint16_t>(units_of(part)),
                      static_cast<std::uint16_t>(characters_of(part))};
  }
  ++count_;
}

void Cutter::feed_units(std::span<const std::uint8_t> classes) {
  Extent open = open_;
  for (const std::uint8_t id : classes) {
    const Extent step = table_[id];
    if (open + step >= limit_) [[unlikely]] {
      close(open);
      open = 0;
    }
    open += step;
  }
  open_ = open;
}

bool Cutter::may_break_before(BreakKind kind) const {
  switch (kind) {
    case BreakKind::extend:
    case BreakKind::zwj:
    case BreakKind::virama:
      return false;
    case BreakKind::lf:
      return previous_ != BreakKind::cr;
    case BreakKind::regional:
      return previous_ != BreakKind::zwj && !odd_regional_;
    case BreakKind::letter:
      return previous_ != BreakKind::zwj && previous_ != BreakKind::virama;
    case BreakKind::other:
    case BreakKind::cr:
      return previous_ != BreakKind::zwj;
  }
  return true;
}

void Cutter::feed_graphemes(std::span<const std::uint8_t> classes) {
  for (const std::uint8_t id : classes) {
    const BreakKind kind = tables::kClassBreak[id];
    if (open_ != 0 && may_break_before(kind)) last_break_ = open_;
    const Extent step = table_[id];
    while (open_ + step >= limit_) {
      // No place to end in the whole part: a cluster longer than a part is cut hard.
      const Extent part = last_break_ != 0 ? last_break_ : open_;
      close(part);
      open_ -= part;
      last_break_ = 0;
    }
    open_ += step;
    odd_regional_ = kind == BreakKind::regional && !odd_regional_;
    previous_ = kind;
  }
}

std::uint32_t Cutter::finish() {
  close(open_);
  open_ = 0;
  return count_;
}

}  // namespace anchal::smpp::internal
