#include "smpp/text/cutter.h"

#include <cassert>

#include "smpp/text/vector16.h"

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
      units += (tables::kClassTraits[0].escapes[id] >> (16U * static_cast<unsigned>(costing))) & 1U;
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

}  // namespace

const ExtentTable& extent_table(Costing costing) {
  return kExtents[static_cast<std::size_t>(costing)];
}

void Cutter::close(Extent part) {
  octets_ += octets_of(part);
  characters_ += characters_of(part);
  units_ += units_of(part);
  if (count_ < kPartsKept) {
    cuts_[count_] = {octets_, characters_};
    parts_[count_] = {static_cast<std::uint16_t>(units_of(part)),
                      static_cast<std::uint16_t>(characters_of(part))};
  }
  ++count_;
}

Extent Cutter::extent_of(std::span<const std::uint8_t> classes) const {
  if (options_.uniform && !options_.with_octets) return classes.size() * (kOneUnit + kOneCharacter);
  Extent sum = 0;
  if (options_.costing == Costing::gsm7_indic && !options_.with_octets) {
    sum = classes.size() * (kOneUnit + kOneCharacter);
    // Sixteen at a time; a lane counts at most one a round, and no part has 255 rounds.
    Octets16 escapes = {};
    for (; classes.size() >= 16; classes = classes.subspan(16)) {
      escapes -= as_octets(load16(classes.data()) >= splat16(tables::kFirstIndicEscapeClass));
    }
    sum += add_up(escapes) * kOneUnit;
    for (const std::uint8_t id : classes) sum += id >= tables::kFirstIndicEscapeClass ? kOneUnit : 0;
    return sum;
  }
  for (const std::uint8_t id : classes) sum += table_[id];
  return sum;
}

std::size_t Cutter::feed(std::span<const std::uint8_t> classes) {
  assert(classes.size() >= held_);
  if (options_.uniform) return feed_uniform(classes);
  std::size_t start = 0;
  Extent open = open_;
  for (std::size_t i = held_; i < classes.size();) {
    // So many characters fit whatever they are.
    const std::size_t sure = units_of(limit_ - 1 - open) / 2;
    if (sure >= 8 && classes.size() - i >= sure) {
      open += extent_of(classes.subspan(i, sure));
      i += sure;
      continue;
    }
    const Extent step = table_[classes[i]];
    while (open + step >= limit_) [[unlikely]] {
      const std::size_t end = end_at_or_before(classes, start, i, units_of(open));
      const Extent rest = extent_of(classes.subspan(end, i - end));
      close(open - rest);
      if (options_.graphemes) odd_regional_ = odd_regionals_before(classes, start, end);
      open = rest;
      start = end;
    }
    open += step;
    ++i;
  }
  open_ = open;
  held_ = classes.size() - start;
  return held_;
}

std::size_t Cutter::feed_uniform(std::span<const std::uint8_t> classes) {
  std::size_t start = 0;
  while (classes.size() - start > options_.capacity) {
    const std::size_t full = start + options_.capacity;
    const std::size_t end = end_at_or_before(classes, start, full, options_.capacity);
    close(extent_of(classes.subspan(start, end - start)));
    if (options_.graphemes) odd_regional_ = odd_regionals_before(classes, start, end);
    start = end;
  }
  held_ = classes.size() - start;
  open_ = extent_of(classes.last(held_));
  return held_;
}

// Regional indicators pair up from the first of a run: what matters is how many stand before.
bool Cutter::odd_regionals_before(std::span<const std::uint8_t> classes, std::size_t start,
                                  std::size_t at) const {
  std::size_t run = 0;
  while (at - run > start && tables::kClassBreak[classes[at - run - 1]] == BreakKind::regional) ++run;
  const bool whole = at - run == start && odd_regional_;
  return (run % 2 != 0) != whole;
}

// Whether a part of so few units leaves no more than the parts behind it hold, though each but the last may
// end a unit early for the sake of a pair.
bool Cutter::affordable(std::uint32_t units) const {
  if (options_.parts_max == 0) return true;
  const std::uint32_t behind = options_.parts_max - count_ - 1;
  const std::uint32_t gaps = options_.gapless || behind == 0 ? 0 : behind - 1;
  return options_.units - units_ - units + gaps <= behind * options_.capacity;
}

// Where the part from `start` ends that has no room from `at` on, with `units` up to there. A cluster longer
// than a part is cut hard.
std::size_t Cutter::end_at_or_before(std::span<const std::uint8_t> classes, std::size_t start, std::size_t at,
                                     std::uint32_t units) const {
  if (options_.graphemes) {
    const std::size_t boundary = boundary_at_or_before(classes, start, at);
    const std::uint32_t less = units_of(extent_of(classes.subspan(boundary, at - boundary)));
    if (boundary != start && affordable(units - less)) return boundary;
  }
  // Two units fit any part, so CR is never its first.
  const bool in_newline = tables::kClassBreak[classes[at]] == BreakKind::lf &&
                          tables::kClassBreak[classes[at - 1]] == BreakKind::cr;
  return in_newline ? at - 1 : at;
}

// `start` if even the first place is inside a cluster.
std::size_t Cutter::boundary_at_or_before(std::span<const std::uint8_t> classes, std::size_t start,
                                          std::size_t at) const {
  for (std::size_t i = at; i > start; --i) {
    const BreakKind before = tables::kClassBreak[classes[i - 1]];
    const BreakKind after = tables::kClassBreak[classes[i]];
    switch (after) {
      case BreakKind::extend:
      case BreakKind::zwj:
      case BreakKind::virama:
        continue;
      case BreakKind::lf:
        if (before == BreakKind::cr) continue;
        break;
      case BreakKind::letter:
        if (before == BreakKind::virama) continue;
        break;
      case BreakKind::regional:
        if (odd_regionals_before(classes, start, i)) continue;
        break;
      case BreakKind::other:
      case BreakKind::cr:
        break;
    }
    if (before != BreakKind::zwj) return i;
  }
  return start;
}

std::uint32_t Cutter::finish() {
  close(open_);
  open_ = 0;
  return count_;
}

}  // namespace anchal::smpp::internal
