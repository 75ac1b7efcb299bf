#include "smpp/text/plan.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "smpp/text/candidate.h"
#include "smpp/text/class_source.h"
#include "smpp/text/classify.h"
#include "smpp/text/cutter.h"
#include "smpp/text/mapped.h"
#include "smpp/text/utf8.h"

namespace anchal::smpp {

using internal::Candidate;
using internal::Costing;
using internal::Cutter;
using internal::MappedReader;
using internal::Position;
using internal::Tally;
using internal::View;

namespace {

constexpr std::size_t kTextOctetsMax = (std::size_t{1} << 30U) - 1;

// Candidates of the national tables that a profile allows, as a mask over candidate numbers.
std::uint64_t national_mask(LanguageSet languages) {
  const std::uint64_t bits = languages.bits() >> 1U;
  return bits << 1U | bits << (1U + kLanguageCount) | bits << (1U + 2U * kLanguageCount);
}

}  // namespace

/// Decides one text. Lives on the stack of plan_into().
class PlanBuilder {
 public:
  PlanBuilder(std::string_view text, const EncodingProfile& profile, SegmentPlan& out)
      : text_(text), profile_(profile), out_(out), source_(text, profile.allow_disputed) {}

  std::expected<void, TextError> run() {
    if (text_.size() > kTextOctetsMax) return fail(TextErrorKind::text_too_long);
    const bool crlf = profile_.newlines_to_lf && text_.find("\r\n") != std::string_view::npos;
    if (gsm7_as_septets() && !crlf) {
      const internal::PlainAscii ascii = internal::scan_plain_ascii(text_.substr(source_.begin()));
      if (ascii.plain) return plain_ascii(ascii.escapes);
    }
    Tally tally;
    if (!read_text(tally)) {
      const auto error = utf8::find_error(text_);
      assert(error.has_value());
      return std::unexpected(*error);
    }
    return choose(tally);
  }

  // For the report: one candidate, whatever else there is.
  internal::Cost cost_of(const Candidate& candidate, bool transliterate) {
    Tally tally;
    if (!read_text(tally)) return {};
    View view = view_;
    view.transliterated = transliterate;
    if (transliterate && !source_.tally_mapped(view, tally)) return {};
    if (!tally.has(bit_of(candidate))) return {};
    const std::uint32_t units = units_of(candidate, tally);
    if (units > single_capacity(candidate) && !may_be_long(candidate)) return {};
    const std::uint32_t any = std::numeric_limits<std::uint32_t>::max();
    return {true, units, segments_of(candidate, view, tally, any)};
  }

 private:
  [[nodiscard]] int bit_of(const Candidate& candidate) const {
    switch (candidate.encoding.alphabet) {
      case Alphabet::gsm7:
        return candidate.national() ? candidate.number : default_bit();
      case Alphabet::ascii:
        return tables::kBit_ascii;
      case Alphabet::latin1:
        return tables::kBit_latin1;
      case Alphabet::ucs2:
      case Alphabet::binary:
        return tables::kBit_clean;
    }
    return tables::kBit_clean;
  }

  struct Choice {
    Candidate candidate;
    View view;
    std::uint32_t segments = std::numeric_limits<std::uint32_t>::max();
  };

  [[nodiscard]] bool gsm7_as_septets() const {
    return profile_.allowed.has(Alphabet::gsm7) && (profile_.default_charset == Charset::gsm7_unpacked ||
                                                    profile_.default_charset == Charset::gsm7_packed);
  }

  bool read_text(Tally& tally) {
    if (!source_.tally(tally)) return false;
    const View view{.chillu = profile_.chillu && !tally.has(tables::kBit_no_zwj),
                    .newlines = profile_.newlines_to_lf && !tally.has(tables::kBit_no_cr),
                    .transliterated = false};
    if (view.mapped() && source_.tally_mapped(view, tally)) view_ = view;
    return true;
  }

  static std::unexpected<TextError> fail(TextErrorKind kind) {
    return std::unexpected(TextError{kind, 0, 0, 0});
  }

  // ---- counting ----

  static std::uint32_t units_of(const Candidate& candidate, const Tally& tally) {
    switch (candidate.costing) {
      case Costing::ucs2:
        return tally.characters + tally.supplementary;
      case Costing::octets:
        return tally.characters;
      default:
        return tally.characters + tally.escapes[static_cast<std::size_t>(candidate.costing)];
    }
  }
  static std::uint32_t single_capacity(const Candidate& candidate) {
    return internal::capacity(candidate.encoding.alphabet,
                              internal::udh_octets(candidate.encoding, Concatenation::none));
  }
  [[nodiscard]] std::uint32_t long_capacity(const Candidate& candidate) const {
    return internal::capacity(
        candidate.encoding.alphabet,
        internal::udh_octets(candidate.encoding, internal::on_the_air(profile_.concatenation)));
  }
  // National tables need a UDH in every segment, which excludes the sar_* TLVs, and an SMSC that cuts a
  // message_payload would have to repeat it.
  [[nodiscard]] bool may_be_long(const Candidate& candidate) const {
    return !candidate.national() || profile_.concatenation == Concatenation::udh8 ||
           profile_.concatenation == Concatenation::udh16;
  }

  static std::uint32_t segments_at_least(std::uint32_t units, std::uint32_t capacity) {
    return units / capacity + (units % capacity != 0 ? 1U : 0U);
  }

  // Segments this candidate takes, or any number of at least `bound` if it is not fewer than `bound`.
  std::uint32_t segments_of(const Candidate& candidate, View view, const Tally& tally, std::uint32_t bound) {
    const std::uint32_t units = units_of(candidate, tally);
    if (units <= single_capacity(candidate)) return 1;
    if (!may_be_long(candidate)) return std::numeric_limits<std::uint32_t>::max();
    const std::uint32_t capacity = long_capacity(candidate);
    const std::uint32_t least = segments_at_least(units, capacity);
    if (least >= bound) return least;
    const bool graphemes = profile_.split == Split::grapheme;
    // What must stay together takes two units at most, so a part loses one at most.
    const bool no_pairs = units == tally.characters && tally.has(tables::kBit_no_cr);
    if (!graphemes && (no_pairs || least == segments_at_least(units, capacity - 1))) return least;
    Cutter cutter({.costing = candidate.costing,
                   .capacity = capacity,
                   .graphemes = graphemes,
                   .uniform = units == tally.characters,
                   .with_octets = false});
    source_.feed(view, cutter);
    return cutter.finish();
  }

  // ---- choosing ----

  std::expected<void, TextError> choose(const Tally& tally) {
    const bool gsm7 = profile_.allowed.has(Alphabet::gsm7);
    const bool ucs2 = profile_.allowed.has(Alphabet::ucs2);
    Tally replaced = tally;
    View replaced_view = view_;
    bool has_replaced = false;
    if (profile_.transliterate && !tally.has(tables::kBit_no_replacement)) {
      replaced_view.transliterated = true;
      has_replaced = source_.tally_mapped(replaced_view, replaced);
    }
    const auto first_with = [&](int bit, Candidate candidate) -> std::optional<Choice> {
      if (tally.has(bit)) return Choice{candidate, view_, 0};
      if (!has_replaced || !replaced.has(bit)) return std::nullopt;
      if (ucs2 && !worth_replacing(candidate, replaced_view, replaced, tally)) return std::nullopt;
      return Choice{candidate, replaced_view, 0};
    };
    std::optional<Choice> choice;
    if (gsm7) choice = first_with(default_bit(), Candidate::gsm7(0));
    if (!choice && profile_.allowed.has(Alphabet::ascii)) {
      choice = first_with(tables::kBit_ascii, Candidate::plain(Alphabet::ascii));
    }
    if (!choice && profile_.allowed.has(Alphabet::latin1)) {
      choice = first_with(tables::kBit_latin1, Candidate::plain(Alphabet::latin1));
    }
    if (!choice && gsm7_as_septets() && !profile_.national.empty()) {
      Choice best;
      if (ucs2) {
        best.candidate = Candidate::plain(Alphabet::ucs2);
        best.segments = segments_of(best.candidate, view_, tally, best.segments);
      }
      Choice national = best;
      consider_national(tally, view_, national);
      if (has_replaced) consider_national(replaced, replaced_view, national);
      if (national.segments < best.segments) choice = national;
    }
    if (!choice && ucs2) choice = Choice{Candidate::plain(Alphabet::ucs2), view_, 0};
    if (!choice) return std::unexpected(refusal(tally, replaced));
    return fix(choice->candidate, choice->view, choice->view.transliterated ? replaced : tally);
  }

  // Three characters for one (`...`, `Rs.`) can be dearer than UCS-2.
  bool worth_replacing(const Candidate& candidate, View replaced_view, const Tally& replaced,
                       const Tally& tally) {
    if (units_of(candidate, replaced) <= single_capacity(candidate)) return true;
    const std::uint32_t any = std::numeric_limits<std::uint32_t>::max();
    const std::uint32_t wide = segments_of(Candidate::plain(Alphabet::ucs2), view_, tally, any);
    return segments_of(candidate, replaced_view, replaced, wide + 1) <= wide;
  }

  [[nodiscard]] int default_bit() const { return internal::default_bit(profile_.default_charset); }

  // Ascending numbers are the stated order: single, locking, both; inside each by language.
  void consider_national(const Tally& tally, View view, Choice& best) {
    for (std::uint64_t left = tally.encodable & national_mask(profile_.national); left != 0;
         left &= left - 1) {
      const Candidate candidate = Candidate::gsm7(std::countr_zero(left));
      const std::uint32_t segments = segments_of(candidate, view, tally, best.segments);
      if (segments < best.segments) best = {candidate, view, segments};
    }
  }

  // No encoding is left: for want of a character, or because national tables alone could have it and may not
  // go in several parts here.
  [[nodiscard]] TextError refusal(const Tally& tally, const Tally& replaced) const {
    const std::uint64_t national = gsm7_as_septets() ? national_mask(profile_.national) : 0;
    const std::uint64_t left = (tally.encodable | replaced.encodable) & national;
    if (left == 0) return not_encodable();
    const Candidate candidate = Candidate::gsm7(std::countr_zero(left));
    const std::uint32_t units = units_of(candidate, tally.has(candidate.number) ? tally : replaced);
    return {TextErrorKind::too_many_segments, 0, 0, segments_at_least(units, long_capacity(candidate))};
  }

  // The character at which the last of the allowed encodings drops out.
  [[nodiscard]] TextError not_encodable() const {
    std::uint64_t alive = 0;
    if (profile_.allowed.has(Alphabet::gsm7))
      alive |= std::uint64_t{1} << static_cast<unsigned>(default_bit());
    if (gsm7_as_septets()) alive |= national_mask(profile_.national);
    if (profile_.allowed.has(Alphabet::ascii)) alive |= std::uint64_t{1} << tables::kBit_ascii;
    if (profile_.allowed.has(Alphabet::latin1)) alive |= std::uint64_t{1} << tables::kBit_latin1;
    TextError error{TextErrorKind::not_encodable, 0, 0, 0};
    const auto& encodable = tables::kClassTraits[profile_.allow_disputed ? 1 : 0].encodable;
    View view = view_;
    view.transliterated = profile_.transliterate;
    MappedReader reader(text_, {first_offset(), 0}, view);
    for (;;) {
      const Position position = reader.position();
      const auto code_point = reader.next();
      if (!code_point) return error;
      error.offset = position.offset;
      error.code_point = *code_point;
      alive &= encodable[internal::class_of(*code_point)];
      if (alive == 0) return error;
    }
  }

  // ---- fixing the plan ----

  void set_head(const Candidate& candidate, View view, std::uint32_t units, Concatenation concatenation) {
    out_.head_.text = text_;
    out_.head_.units = units;
    out_.head_.encoding = candidate.encoding;
    out_.head_.candidate = candidate.number;
    out_.head_.data_coding = profile_.data_coding.of(candidate.encoding.alphabet);
    out_.head_.charset = profile_.default_charset;
    out_.head_.concatenation = concatenation;
    out_.head_.udh_octets =
        static_cast<std::uint8_t>(internal::udh_octets(candidate.encoding, concatenation));
    out_.head_.fill_with_cr = profile_.fill_with_cr;
    out_.head_.transliterated = view.transliterated;
    out_.head_.chillu = view.chillu;
    out_.head_.newlines = view.newlines;
    const std::span<const std::uint8_t> cells = source_.cells();
    out_.head_.cells = view.mapped() ? std::uint16_t{0} : static_cast<std::uint16_t>(cells.size());
    out_.head_.block = static_cast<std::uint16_t>(source_.block());
    std::copy_n(cells.begin(), out_.head_.cells, out_.cells_.begin());
  }

  void set_part(std::size_t index, std::uint32_t units, std::uint32_t characters) {
    std::size_t octets = units;
    if (out_.head_.encoding.alphabet == Alphabet::ucs2) {
      octets = 2 * std::size_t{units};
    } else if (out_.head_.encoding.alphabet == Alphabet::gsm7) {
      if (out_.head_.charset == Charset::gsm7_packed) {
        octets = packed_octets(out_.head_.udh_octets, units) - out_.head_.udh_octets;
      } else if (out_.head_.charset != Charset::gsm7_unpacked) {
        octets = characters;
      }
    }
    out_.part_sizes_[index] = {static_cast<std::uint16_t>(units),
                               static_cast<std::uint16_t>(octets + out_.head_.udh_octets)};
  }

  std::expected<void, TextError> one_part(std::uint32_t units, std::uint32_t characters) {
    out_.head_.parts = 1;
    out_.head_.segments = 1;
    out_.cuts_[0] = first_cut();
    out_.cuts_[1] = out_.head_.cells != 0 ? out_.head_.cells : static_cast<std::uint32_t>(text_.size());
    set_part(0, units, characters);
    return {};
  }

  std::expected<void, TextError> check_segments(std::uint32_t segments) const {
    const bool only_one = profile_.concatenation == Concatenation::none;
    const std::uint32_t most = only_one ? 1 : std::max<std::uint32_t>(profile_.max_parts, 1);
    if (segments <= most) return {};
    return std::unexpected(TextError{TextErrorKind::too_many_segments, 0, 0, segments});
  }

  std::expected<void, TextError> fix(const Candidate& candidate, View view, const Tally& tally) {
    const std::uint32_t units = units_of(candidate, tally);
    if (units <= single_capacity(candidate)) {
      set_head(candidate, view, units, Concatenation::none);
      return one_part(units, tally.characters);
    }
    set_head(candidate, view, units, profile_.concatenation);
    const std::uint32_t capacity = long_capacity(candidate);
    Cutter::Options options{.costing = candidate.costing,
                            .capacity = capacity,
                            .graphemes = profile_.split != Split::units,
                            .uniform = units == tally.characters,
                            .with_octets = out_.head_.cells == 0};
    Cutter cutter(options);
    source_.feed(view, cutter);
    const std::uint32_t segments = cutter.finish();
    if (profile_.split == Split::grapheme_if_free && segments > segments_at_least(units, capacity)) {
      options.graphemes = false;
      Cutter plain(options);
      source_.feed(view, plain);
      if (plain.finish() < segments) return keep_most_clusters(options, plain.count(), view, tally);
    }
    return keep(cutter, view, tally);
  }

  // Not every border can lie between user-visible characters within so few parts: as many as can do.
  std::expected<void, TextError> keep_most_clusters(Cutter::Options options, std::uint32_t parts, View view,
                                                    const Tally& tally) {
    options.graphemes = true;
    options.parts_max = parts;
    options.units = out_.head_.units;
    options.gapless = options.uniform && tally.has(tables::kBit_no_cr);
    Cutter cutter(options);
    source_.feed(view, cutter);
    [[maybe_unused]] const std::uint32_t segments = cutter.finish();
    assert(segments == parts);
    return keep(cutter, view, tally);
  }

  std::expected<void, TextError> keep(const Cutter& cutter, View view, const Tally& tally) {
    const std::uint32_t segments = cutter.count();
    if (auto within = check_segments(segments); !within) return within;
    if (profile_.concatenation == Concatenation::payload) return one_payload(segments, tally.characters);
    set_parts(segments);
    for (std::size_t i = 0; i < segments; ++i) {
      out_.cuts_[i + 1] =
          out_.head_.cells != 0 ? cutter.end_of(i).characters : cutter.end_of(i).octets + first_cut();
      set_part(i, cutter.part(i).units, cutter.part(i).characters);
    }
    if (view.mapped()) place_mapped_cuts(cutter, view);
    return {};
  }

  // Every character one octet and one unit: no need to look at them.
  std::expected<void, TextError> even_parts(std::uint32_t units, std::uint32_t capacity) {
    const std::uint32_t segments = segments_at_least(units, capacity);
    if (auto within = check_segments(segments); !within) return within;
    if (profile_.concatenation == Concatenation::payload) return one_payload(segments, units);
    set_parts(segments);
    for (std::uint32_t i = 0; i < segments; ++i) {
      const std::uint32_t size = std::min(capacity, units - i * capacity);
      out_.cuts_[i + 1] = out_.cuts_[i] + size;
      set_part(i, size, size);
    }
    return {};
  }

  void set_parts(std::uint32_t segments) {
    out_.head_.parts = out_.head_.segments = static_cast<std::uint8_t>(segments);
    out_.cuts_[0] = first_cut();
  }

  [[nodiscard]] std::uint32_t first_offset() const {
    if (out_.head_.encoding.alphabet == Alphabet::binary) return 0;
    return static_cast<std::uint32_t>(source_.begin());
  }
  [[nodiscard]] std::uint32_t first_cut() const { return out_.head_.cells != 0 ? 0 : first_offset(); }

  // At most 255 segments: far below the 65,535 octets of a TLV.
  std::expected<void, TextError> one_payload(std::uint32_t segments, std::uint32_t characters) {
    auto whole = one_part(out_.head_.units, characters);
    out_.head_.segments = static_cast<std::uint8_t>(segments);
    return whole;
  }

  // The cutter counted characters of the view; find where they come from.
  void place_mapped_cuts(const Cutter& cutter, View view) {
    MappedReader reader(text_, {first_offset(), 0}, view);
    std::uint32_t characters = 0;
    for (std::size_t i = 0; i + 1 < out_.head_.parts; ++i) {
      for (; characters < cutter.end_of(i).characters; ++characters) static_cast<void>(reader.next());
      const Position position = reader.position();
      out_.cuts_[i + 1] = position.offset | position.done << 30U;
    }
    out_.cuts_[out_.head_.parts] = static_cast<std::uint32_t>(text_.size());
  }

  // ---- the fast case ----

  std::expected<void, TextError> plain_ascii(std::uint32_t escapes) {
    const auto characters = static_cast<std::uint32_t>(text_.size() - source_.begin());
    const Candidate candidate = Candidate::gsm7(0);
    const std::uint32_t units = characters + escapes;
    if (units <= single_capacity(candidate)) {
      set_head(candidate, {}, units, Concatenation::none);
      return one_part(units, characters);
    }
    const bool has_cr = text_.find('\r') != std::string_view::npos;
    if (escapes == 0 && !has_cr) {
      set_head(candidate, {}, units, profile_.concatenation);
      return even_parts(units, long_capacity(candidate));
    }
    Tally tally;
    tally.characters = characters;
    tally.escapes[0] = escapes;
    if (has_cr) tally.encodable &= ~(std::uint64_t{1} << static_cast<unsigned>(tables::kBit_no_cr));
    return fix(candidate, {}, tally);
  }

 public:
  // 8-bit data, cut anywhere.
  std::expected<void, TextError> run_binary() {
    if (text_.size() > kTextOctetsMax) return fail(TextErrorKind::text_too_long);
    const auto octets = static_cast<std::uint32_t>(text_.size());
    const Candidate candidate = Candidate::plain(Alphabet::binary);
    if (octets <= single_capacity(candidate)) {
      set_head(candidate, {}, octets, Concatenation::none);
      return one_part(octets, octets);
    }
    set_head(candidate, {}, octets, profile_.concatenation);
    return even_parts(octets, long_capacity(candidate));
  }

 private:
  std::string_view text_;
  const EncodingProfile& profile_;
  SegmentPlan& out_;
  View view_;  // before any transliteration
  internal::ClassSource source_;
};

void SegmentPlan::assign(const SegmentPlan& other) {
  head_ = other.head_;
  std::copy_n(other.cuts_.begin(), std::size_t{head_.parts} + 1, cuts_.begin());
  std::copy_n(other.part_sizes_.begin(), head_.parts, part_sizes_.begin());
  std::copy_n(other.cells_.begin(), head_.cells, cells_.begin());
}

std::size_t SegmentPlan::offset_of(std::size_t part) const {
  assert(part <= head_.parts);
  if (head_.cells == 0) return cuts_[part] & kOffsetMask;
  std::size_t offset = head_.text.starts_with(internal::kByteOrderMark) ? internal::kByteOrderMark.size() : 0;
  for (std::uint32_t i = 0; i < cuts_[part]; ++i) {
    offset += utf8::length_of(static_cast<unsigned char>(head_.text[offset]));
  }
  return offset;
}

internal::Cost internal::cost_of(std::string_view text, const EncodingProfile& profile,
                                 const Candidate& candidate, bool transliterate) {
  SegmentPlan scratch;
  return PlanBuilder(text, profile, scratch).cost_of(candidate, transliterate);
}

std::expected<void, TextError> plan_into(std::string_view utf8, const EncodingProfile& profile,
                                         SegmentPlan& out) {
  return PlanBuilder(utf8, profile, out).run();
}

std::expected<SegmentPlan, TextError> plan(std::string_view utf8, const EncodingProfile& profile) {
  std::expected<SegmentPlan, TextError> result;
  if (auto planned = plan_into(utf8, profile, *result); !planned) result = std::unexpected(planned.error());
  return result;
}

std::expected<SegmentPlan, TextError> plan_binary(std::span<const std::byte> octets,
                                                  const EncodingProfile& profile) {
  std::expected<SegmentPlan, TextError> result;
  const std::string_view view(reinterpret_cast<const char*>(octets.data()), octets.size());
  if (auto planned = PlanBuilder(view, profile, *result).run_binary(); !planned) {
    result = std::unexpected(planned.error());
  }
  return result;
}

}  // namespace anchal::smpp
