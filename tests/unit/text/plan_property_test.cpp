#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "smpp/text/decode.h"
#include "smpp/text/plan.h"
#include "smpp/text/reassembly.h"
#include "smpp/text/septets.h"
#include "tests/unit/text/generators.h"
#include "tests/unit/text/model.h"
#include "tests/unit/text/text_support.h"

namespace anchal::smpp {
namespace {

using test::any_profile;
using test::any_text;
using test::model_plan;
using test::to_utf32;
using test::to_utf8;

constexpr std::uint16_t kReference = 0xA55A;

std::string written(const SegmentPlan& plan, std::size_t index) {
  std::vector<std::byte> out(plan.octets_in(index));
  RC_ASSERT(write_part(plan, index, kReference, out) == out.size());
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::span<const std::byte> as_bytes(const std::string& octets) {
  return {reinterpret_cast<const std::byte*>(octets.data()), octets.size()};
}

// What a part says when read back by the decoder. Packed parts end where the plan says: where only octets are
// counted, a last `@` or CR cannot be told from fill.
std::u32string read_back(const SegmentPlan& plan, std::size_t index, const EncodingProfile& profile) {
  const std::string octets = written(plan, index);
  const auto received = open_user_data(as_bytes(octets), plan.data_coding(), plan.esm_class(), profile);
  RC_ASSERT(received.has_value());
  std::string text;
  if (received->format.alphabet == ReceivedAlphabet::gsm7_packed) {
    std::string septets(plan.units_in(index), '\0');
    unpack_septets(received->body, received->format.fill_bits,
                   {reinterpret_cast<std::uint8_t*>(septets.data()), septets.size()});
    const BodyFormat format{.locking = received->format.locking, .single = received->format.single};
    RC_ASSERT(decode_body(as_bytes(septets), format, text) == 0U);
  } else {
    RC_ASSERT(decode_body(received->body, received->format, text) == 0U);
  }
  return to_utf32(text);
}

// The text as it should arrive.
std::u32string as_sent(std::u32string text, const SegmentPlan& plan, const EncodingProfile& profile) {
  if (!text.empty() && text.front() == 0xFEFF) text.erase(0, 1);
  if (profile.chillu) text = test::with_chillu(text);
  if (profile.newlines_to_lf) text = test::with_lf(text);
  return plan.transliterated() ? test::transliterated(text) : text;
}

void check_against_model(const std::u32string& text, const EncodingProfile& profile) {
  const auto expected = model_plan(text, profile, kReference);
  const std::string utf8 = to_utf8(text);
  const auto actual = plan(utf8, profile);
  if (!expected) {
    RC_ASSERT(!actual.has_value());
    // National tables alone, where these may not go in several parts: the text is too long for them.
    const bool one_part = !profile.national.empty() && profile.concatenation != Concatenation::udh8 &&
                          profile.concatenation != Concatenation::udh16;
    RC_ASSERT(actual.error().kind == TextErrorKind::not_encodable ||
              (one_part && actual.error().kind == TextErrorKind::too_many_segments));
    return;
  }
  if (expected->segments > profile.max_parts) {
    RC_ASSERT(!actual.has_value());
    RC_ASSERT(actual.error() == (TextError{TextErrorKind::too_many_segments, 0, 0, expected->segments}));
    return;
  }
  RC_ASSERT(actual.has_value());
  RC_ASSERT(to_string(actual->encoding()) == to_string(expected->encoding));
  RC_ASSERT(actual->transliterated() == expected->transliterated);
  RC_ASSERT(actual->segments() == expected->segments);
  RC_ASSERT(actual->parts() == expected->parts.size());
  SegmentPlan copy;
  copy = *actual;
  for (std::size_t i = 0; i < actual->parts(); ++i) {
    RC_ASSERT(actual->units_in(i) == expected->parts[i].units);
    RC_ASSERT(written(copy, i) == expected->parts[i].octets);
  }
}

RC_GTEST_PROP(PlanProperty, AgreesWithTheModelOctetForOctet, ()) {
  for (int i = 0; i < 5; ++i) check_against_model(*any_text(), *any_profile());
}

RC_GTEST_PROP(PlanProperty, WhatIsWrittenReadsBackAsTheText, ()) {
  std::u32string text = *any_text();
  const EncodingProfile profile = *any_profile();
  const std::string utf8 = to_utf8(text);
  const auto result = plan(utf8, profile);
  if (!result) return;
  std::u32string joined;
  for (std::size_t i = 0; i < result->parts(); ++i) joined += read_back(*result, i, profile);
  text = as_sent(text, *result, profile);
  // A leading U+FEFF in UCS-2 is a byte order mark to whoever reads.
  if (result->encoding().alphabet == Alphabet::ucs2 && !text.empty() && text.front() == 0xFEFF) return;
  if (result->encoding().alphabet == Alphabet::ucs2 && joined != text) {
    std::erase(joined, U'\uFEFF');
    std::erase(text, U'\uFEFF');
  }
  RC_ASSERT(joined == text);
}

RC_GTEST_PROP(PlanProperty, ReassembledInAnyOrderThePartsAreTheText, ()) {
  EncodingProfile profile = *any_profile();
  if (profile.default_charset == Charset::gsm7_packed) profile.default_charset = Charset::gsm7_unpacked;
  std::u32string text = *any_text();
  std::erase(text, U'\uFEFF');  // a byte order mark to whoever reads
  for (int doubled = 0; doubled < 3 && text.size() < 400; ++doubled) text += text;
  const std::string utf8 = to_utf8(text);
  const auto result = plan(utf8, profile);
  if (!result || result->parts() == 1) return;
  Reassembler reassembler({});
  std::vector<Reassembled> done;
  std::vector<std::size_t> order(result->parts());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
  for (const std::size_t i : order) {
    RC_ASSERT(done.empty());
    const std::string octets = written(*result, i);
    const auto received =
        open_user_data(as_bytes(octets), result->data_coding(), result->esm_class(), profile);
    RC_ASSERT(received.has_value());
    std::optional<PartNumber> number = received->header.part;
    if (const auto sar = sar_fields(*result, i, kReference)) {
      number = PartNumber{sar->msg_ref_num, sar->total_segments, sar->segment_seqnum, true};
    }
    RC_ASSERT(number.has_value());
    reassembler.add({"from", "to", *number, *received}, {}, done);
  }
  RC_ASSERT(done.size() == 1U);
  RC_ASSERT(done[0].complete() && done[0].unread == 0U);
  RC_ASSERT(to_utf32(done[0].text) == as_sent(text, *result, profile));
}

RC_GTEST_PROP(PlanProperty, NoPartIsAboveItsCapacityAndNoneIsEmpty, ()) {
  const EncodingProfile profile = *any_profile();
  const std::string text = to_utf8(*any_text());
  const auto result = plan(text, profile);
  if (!result || result->uses_payload()) return;
  // Of the sar_* TLVs the SMSC makes a header of six octets.
  const std::size_t header = result->uses_sar() ? 6 : result->udh_octets();
  for (std::size_t i = 0; i < result->parts(); ++i) {
    const std::size_t units = result->units_in(i);
    switch (result->encoding().alphabet) {
      case Alphabet::gsm7:
        RC_ASSERT((header * 8 + 6) / 7 + units <= 160U);
        break;
      case Alphabet::ucs2:
        RC_ASSERT(header + 2 * units <= 140U);
        break;
      default:
        RC_ASSERT(header + units <= 140U);
        break;
    }
    RC_ASSERT(result->octets_in(i) <= kShortMessageOctetsMax);
    RC_ASSERT(units > 0 || result->parts() == 1U);
  }
}

// Which, as anybody must, keeps an escape, a surrogate pair and CR LF together.
RC_GTEST_PROP(PlanProperty, NeverMorePartsThanTheNaiveEncoder, ()) {
  EncodingProfile profile = *any_profile();
  RC_PRE(profile.split != Split::grapheme);
  profile.allowed = {Alphabet::gsm7, Alphabet::ucs2};
  const std::u32string text = *any_text();
  const std::string utf8 = to_utf8(text);
  const auto result = plan(utf8, profile);
  if (!result) return;
  EncodingProfile naive = profile;
  naive.allowed = {Alphabet::ucs2};
  naive.split = Split::units;
  naive.chillu = false;
  RC_ASSERT(result->segments() <= model_plan(text, naive, 0)->segments);
  naive.allowed = {Alphabet::gsm7};
  naive.national = {};
  naive.transliterate = false;
  naive.newlines_to_lf = false;
  naive.default_charset = profile.default_charset;
  if (const auto gsm7 = model_plan(text, naive, 0)) {
    RC_ASSERT(result->segments() <= gsm7->segments);
  }
}

RC_GTEST_PROP(PlanProperty, NoPartEndsInsideAnEscapeOrSurrogatePair, ()) {
  EncodingProfile profile = *any_profile();
  if (profile.default_charset == Charset::gsm7_packed) profile.default_charset = Charset::gsm7_unpacked;
  const std::string utf8 = to_utf8(*any_text());
  const auto result = plan(utf8, profile);
  if (!result) return;
  for (std::size_t i = 0; i < result->parts(); ++i) {
    const std::string octets = written(*result, i);
    const std::string body = octets.substr(result->udh_octets());
    if (body.empty()) continue;
    if (result->encoding().alphabet == Alphabet::gsm7 && profile.default_charset == Charset::gsm7_unpacked) {
      std::size_t escapes = 0;
      while (escapes < body.size() && body[body.size() - 1 - escapes] == 0x1B) ++escapes;
      RC_ASSERT(escapes == 0U);
    } else if (result->encoding().alphabet == Alphabet::ucs2) {
      const auto first = static_cast<unsigned char>(body[0]);
      const auto last = static_cast<unsigned char>(body[body.size() - 2]);
      RC_ASSERT(!(first >= 0xDC && first <= 0xDF));
      RC_ASSERT(!(last >= 0xD8 && last <= 0xDB));
    }
  }
}

RC_GTEST_PROP(PlanProperty, AClusterIsCutOnlyWhereItWouldTakeAnotherPart, ()) {
  // Marks after every few letters; one unit each, so that nothing but the clusters makes a part end early.
  const auto runs = *rc::gen::nonEmpty<std::vector<std::uint8_t>>();
  std::u32string text;
  for (const std::uint8_t run : runs) text += U"\u0436" + std::u32string(run % 7, U'\u0301');
  const std::size_t times = *rc::gen::inRange<std::size_t>(1, 400 / text.size() + 2);
  const std::u32string once = text;
  for (std::size_t i = 1; i < times; ++i) text += once;
  const std::string utf8 = to_utf8(text);
  const auto result = plan(utf8, {});
  if (!result) return;
  const std::size_t most = result->parts() == 1 ? 70 : 67;
  RC_ASSERT(result->parts() == (text.size() + most - 1) / most);
  std::size_t begin = 0;
  for (std::size_t i = 0; i + 1 < result->parts(); ++i) {
    const std::size_t end = begin + result->units_in(i);
    std::size_t back = end;
    while (back > begin && !test::may_break(text, back)) --back;
    const std::size_t parts_left = result->parts() - i - 1;
    RC_ASSERT(back == end || back == begin || text.size() - back > parts_left * most);
    begin = end;
  }
}

RC_GTEST_PROP(PlanProperty, NoPartEndsInsideCrLf, ()) {
  const EncodingProfile profile = *any_profile();
  const std::u32string noise = *any_text();
  const std::size_t every = *rc::gen::inRange<std::size_t>(1, 7);
  std::u32string text;
  for (std::size_t i = 0; i < noise.size(); ++i) {
    text += noise[i];
    if (i % every == 0) text += U"\r\n";
  }
  const std::string utf8 = to_utf8(text);
  const auto result = plan(utf8, profile);
  if (!result) return;
  for (std::size_t i = 0; i + 1 < result->parts(); ++i) {
    const std::u32string here = read_back(*result, i, profile);
    const std::u32string next = read_back(*result, i + 1, profile);
    RC_ASSERT(!(here.ends_with(U'\r') && next.starts_with(U'\n')));
  }
}

RC_GTEST_PROP(PlanProperty, AnyOctetsPlanOrNameAnOffsetInside, (const std::string& noise)) {
  const EncodingProfile profile = *any_profile();
  const auto result = plan(noise, profile);
  if (result || result.error().kind == TextErrorKind::too_many_segments) return;
  RC_ASSERT(result.error().offset < noise.size());
}

}  // namespace
}  // namespace anchal::smpp
