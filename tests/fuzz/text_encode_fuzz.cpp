// Texts to parts and back: the first octets choose the operator's profile, the rest is the text.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/text/decode.h"
#include "smpp/text/mapped.h"
#include "smpp/text/plan.h"
#include "smpp/text/segments.h"
#include "smpp/text/utf8.h"

namespace {

using namespace anchal::smpp;

constexpr std::size_t kOptionOctets = 4;

void check(bool law) {
  if (!law) std::abort();
}

EncodingProfile profile_by(const std::uint8_t* options) {
  EncodingProfile profile;
  profile.default_charset = static_cast<Charset>(options[0] & 3U);
  profile.concatenation = static_cast<Concatenation>((options[0] >> 2U & 7U) % 5U);
  profile.split = static_cast<Split>((options[0] >> 5U) % 3U);
  profile.fill_with_cr = (options[1] & 1U) != 0;
  profile.transliterate = (options[1] & 2U) != 0;
  profile.chillu = (options[1] & 4U) != 0;
  profile.allow_disputed = (options[1] & 8U) != 0;
  if ((options[1] & 0x10U) != 0) profile.national = LanguageSet::all();
  if ((options[1] & 0x20U) != 0) profile.allowed.add(Alphabet::latin1);
  if ((options[1] & 0x40U) != 0) profile.allowed.add(Alphabet::ascii);
  if ((options[1] & 0x80U) != 0) profile.allowed = {static_cast<Alphabet>(options[2] % 4U)};
  if ((options[2] & 0x80U) != 0) profile.max_parts = options[3];
  profile.newlines_to_lf = (options[2] & 0x40U) != 0;
  return profile;
}

std::string as_sent(const SegmentPlan& plan, const EncodingProfile& profile) {
  const std::size_t begin = plan.offset_of(0);
  internal::MappedReader reader(plan.text(), {static_cast<std::uint32_t>(begin), 0},
                                {.chillu = profile.chillu,
                                 .newlines = profile.newlines_to_lf,
                                 .transliterated = plan.transliterated()});
  std::string text;
  while (const auto c = reader.next()) {
    std::array<char, 4> octets;
    text.append(octets.data(), utf8::encode(*c, octets.data()));
  }
  return text;
}

void check_round_trip(const SegmentPlan& plan, const EncodingProfile& profile) {
  // Packed text may lose a last `@` or CR, UCS-2 a leading U+FEFF: the formats cannot say.
  const bool packed =
      plan.encoding().alphabet == Alphabet::gsm7 && profile.default_charset == Charset::gsm7_packed;
  std::string joined;
  for (std::size_t i = 0; i < plan.parts(); ++i) {
    const std::size_t cut = joined.size();
    std::vector<std::byte> out(plan.octets_in(i));
    check(write_part(plan, i, 0x1234, out) == out.size());
    if (!plan.uses_payload()) check(out.size() <= kShortMessageOctetsMax);
    const auto received = open_user_data(out, plan.data_coding(), plan.esm_class(), profile);
    check(received.has_value());
    check(decode_body(received->body, received->format, joined) == 0);
    if (!packed && cut != 0) check(joined.compare(cut - 1, 2, "\r\n") != 0);
  }
  const std::string sent = as_sent(plan, profile);
  if (!packed && sent.find("\xEF\xBB\xBF") == std::string::npos) check(joined == sent);
}

void check_report(std::string_view text, const EncodingProfile& profile) {
  const SegmentReport report = report_segments(text, profile).value();
  check(!to_json(report, text).empty());
  check(marked_text(text, report).size() >= text.size());
  if (report.cheaper) {
    const auto again = plan(std::string_view(report.cheaper->text), profile);
    check(again && again->segments() == report.cheaper->parts && report.cheaper->parts < report.segments);
  }
  if (report.without) check(report.without->parts < report.segments);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kOptionOctets) return 0;
  const EncodingProfile profile = profile_by(data);
  // A copy of its own size, so that one octet too far is seen.
  const std::vector<char> copy(data + kOptionOctets, data + size);
  const std::string_view text(copy.data(), copy.size());
  const auto result = plan(text, profile);
  if (result) {
    check_round_trip(*result, profile);
    if (size < 2000) check_report(text, profile);
  } else if (result.error().kind != TextErrorKind::too_many_segments) {
    check(result.error().offset < text.size() || text.empty());
  }
  const auto binary = plan_binary(std::as_bytes(std::span(copy)), profile);
  if (binary) {
    std::vector<std::byte> out(binary->octets_in(0));
    check(write_part(*binary, 0, 1, out) == out.size());
  }
  return 0;
}
