// Texts to encoded parts, beside ICU in the same process and the encoders of Perl's Encode (Debian) and of
// the npm package smpp in child processes. Each round takes another of 64 texts of one template, as a
// campaign does. Whatever is timed is checked first: parts read back as the text, and the others' octets are
// ours.
#include <benchmark/benchmark.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "smpp/pdu/encode.h"
#include "smpp/text/decode.h"
#include "smpp/text/plan.h"
#include "smpp/text/template.h"
#include "smpp/text/utf8.h"

namespace anchal::smpp {
namespace {

constexpr std::size_t kTexts = 64;
constexpr std::uint16_t kReference = 0x5A;
using Texts = std::vector<std::string>;

const char* const kEnglish =
    "Dear {name}, your bill of Rs {amount} for March is due on 12 April. Pay at the section office or online "
    "before the due date to avoid disconnection. Ignore if paid. Thank you";
const char* const kMalayalam =
    "പ്രിയ {name}, സാമൂഹ്യ സുരക്ഷാ പെൻഷൻ തുക {amount} രൂപ താങ്കളുടെ ബാങ്ക് അക്കൗണ്ടിൽ നിക്ഷേപിച്ചിട്ടുണ്ട്. "
    "സംശയങ്ങൾക്ക് 1800-425-1550 എന്ന നമ്പറിൽ വിളിക്കുക. ആധാർ കാർഡ് കൊണ്ടുവരണം, നന്ദി";
const char* const kHindi =
    "प्रिय {name}, आपके बैंक खाते में {amount} रुपये जमा किए गए हैं। अधिक जानकारी के लिए 1800-425-1550 पर "
    "संपर्क करें। शिकायत हेतु 1967 पर संपर्क करें। कृपया अपना आधार कार्ड साथ लाएं।";

std::size_t offset_of_character(const std::string& text, std::size_t n) {
  std::size_t offset = 0;
  for (; n > 0 && offset < text.size(); --n)
    offset += utf8::length_of(static_cast<unsigned char>(text[offset]));
  return offset;
}

// The template filled in, made exactly `characters` long: names and amounts differ in length and place.
Texts campaign(const char* source, const std::array<const char*, 4>& names, std::size_t characters) {
  const auto parsed = Template::parse(source).value();
  Texts texts;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const std::string amount = std::to_string(37 + i * i * 13);
    const std::array<std::string_view, 2> values = {names[i % names.size()], amount};
    std::string text(parsed.rendered_octets(values), '\0');
    if (parsed.render(text, values) != text.size()) std::abort();
    while (offset_of_character(text, characters) == text.size()) text += " .";
    texts.push_back(text.substr(0, offset_of_character(text, characters)));
  }
  return texts;
}
const Texts& english() {
  static const Texts texts = campaign(kEnglish, {"Anu", "Balakrishnan", "K P Thomas", "Fathima Beevi"}, 160);
  return texts;
}
const Texts& malayalam() {
  static const Texts texts = campaign(kMalayalam, {"അനു", "ബാലകൃഷ്ണൻ", "തോമസ്", "ഫാത്തിമ ബീവി"}, 160);
  return texts;
}
const Texts& hindi() {
  static const Texts texts = campaign(kHindi, {"अनु", "बालकृष्णन", "थॉमस", "फ़ातिमा बीबी"}, 160);
  return texts;
}
const Texts& long_english() {
  static const Texts texts = [] {
    Texts list = english();
    for (std::string& text : list) text += text + text;
    return list;
  }();
  return texts;
}
const Texts& with_emoji() {
  static const Texts texts = [] {
    Texts list = english();
    for (std::string& text : list) text += "😀";
    return list;
  }();
  return texts;
}
const Texts& with_quotes() {
  static const Texts texts = [] {
    Texts list = english();
    for (std::string& text : list) text = "“Bill”" + text.substr(6);
    return list;
  }();
  return texts;
}

using Out = std::array<std::byte, 2048>;

// The thing measured: one text to all its parts, one behind the other.
std::size_t encode(const std::string& text, const EncodingProfile& profile, SegmentPlan& plan, Out& out) {
  if (!plan_into(text, profile, plan)) return 0;
  std::size_t size = 0;
  for (std::size_t i = 0; i < plan.parts(); ++i)
    size += write_part(plan, i, kReference, std::span(out).subspan(size));
  return size;
}

bool reads_back(const std::string& text, const EncodingProfile& profile) {
  SegmentPlan plan;
  Out out;
  if (encode(text, profile, plan, out) == 0) return false;
  std::string joined;
  std::size_t at = 0;
  for (std::size_t i = 0; i < plan.parts(); ++i) {
    const auto part = std::span<const std::byte>(out).subspan(at, plan.octets_in(i));
    const auto received = open_user_data(part, plan.data_coding(), plan.esm_class(), profile);
    if (!received || decode_body(received->body, received->format, joined) != 0) return false;
    at += part.size();
  }
  return joined == text || plan.transliterated();
}

void anchal_text(benchmark::State& state, const Texts& (*texts)(), const EncodingProfile& profile) {
  for (const std::string& text : texts()) {
    if (!reads_back(text, profile)) state.SkipWithError("wrong answer");
  }
  SegmentPlan plan;
  Out out;
  std::size_t round = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(encode(texts()[round++ % kTexts], profile, plan, out));
    benchmark::ClobberMemory();
  }
  state.counters["parts"] = static_cast<double>(plan.parts());
  state.SetLabel(std::string(to_string(plan.encoding())));
}

void plan_only(benchmark::State& state, const Texts& (*texts)(), const EncodingProfile& profile) {
  SegmentPlan plan;
  std::size_t round = 0;
  for (auto _ : state) {
    if (!plan_into(texts()[round++ % kTexts], profile, plan)) state.SkipWithError("wrong answer");
    benchmark::ClobberMemory();
  }
}

void render_and_encode(benchmark::State& state, const char* source, const EncodingProfile& profile) {
  const auto parsed = Template::parse(source).value();
  std::array<char, 1024> text;
  SegmentPlan plan;
  Out out;
  std::size_t round = 0;
  const std::array<std::string_view, 4> names = {"Anu", "Balakrishnan", "K P Thomas", "Fathima Beevi"};
  for (auto _ : state) {
    const std::array<std::string_view, 2> values = {names[round++ % names.size()], "1284"};
    const auto size = parsed.render(text, values);
    std::size_t octets = 0;
    if (size && plan_into({text.data(), *size}, profile, plan)) {
      for (std::size_t i = 0; i < plan.parts(); ++i) octets += write_part(plan, i, kReference, out);
    }
    if (octets == 0) state.SkipWithError("wrong answer");
    benchmark::ClobberMemory();
  }
}

// ---- ICU, made to give the same octets: no choice of the encoding, no graphemes ----

class IcuGsm7 {
 public:
  IcuGsm7() : gsm_(ucnv_open("gsm-03.38-2009", &status_)), utf8_(ucnv_open("UTF-8", &status_)) {}
  ~IcuGsm7() {
    ucnv_close(gsm_);
    ucnv_close(utf8_);
  }
  IcuGsm7(const IcuGsm7&) = delete;
  IcuGsm7& operator=(const IcuGsm7&) = delete;

  std::size_t encode(const std::string& text, Out& out) {
    status_ = U_ZERO_ERROR;
    char* target = reinterpret_cast<char*>(out.data());
    const char* source = text.data();
    std::array<UChar, 512> pivot;
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();
    ucnv_convertEx(gsm_, utf8_, &target, target + out.size(), &source, source + text.size(), pivot.data(),
                   &pivot_source, &pivot_target, pivot.data() + pivot.size(), true, true, &status_);
    return U_SUCCESS(status_) ? static_cast<std::size_t>(target - reinterpret_cast<char*>(out.data())) : 0;
  }

 private:
  UErrorCode status_ = U_ZERO_ERROR;
  UConverter* gsm_;
  UConverter* utf8_;
};

class IcuUcs2 {
 public:
  static std::size_t encode(const std::string& text, Out& out) {
    std::array<UChar, 1024> units;
    std::int32_t count = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8(units.data(), units.size(), &count, text.data(), static_cast<std::int32_t>(text.size()),
                  &status);
    if (U_FAILURE(status)) return 0;
    std::array<std::size_t, 16> ends{};
    std::size_t parts = 0;
    const std::int32_t most = count <= 70 ? 70 : 67;
    for (std::int32_t begin = 0; begin < count || parts == 0;) {
      std::int32_t end = std::min(begin + most, count);
      if (end < count && U16_IS_LEAD(units[static_cast<std::size_t>(end) - 1])) --end;
      ends[parts++] = static_cast<std::size_t>(end);
      begin = end;
    }
    std::size_t size = 0;
    const auto put = [&](std::size_t octet) { out[size++] = static_cast<std::byte>(octet); };
    std::size_t begin = 0;
    for (std::size_t i = 0; i < parts; ++i) {
      if (parts > 1) {
        for (const std::size_t octet :
             {std::size_t{5}, std::size_t{0}, std::size_t{3}, std::size_t{kReference}, parts, i + 1}) {
          put(octet);
        }
      }
      for (; begin < ends[i]; ++begin) {
        put(units[begin] >> 8U);
        put(units[begin]);
      }
    }
    return size;
  }
};

template <class Encoder>
void icu_text(benchmark::State& state, const Texts& (*texts)(), const Encoder& encoder) {
  Out out;
  Out ours;
  SegmentPlan plan;
  EncodingProfile profile;
  profile.split = Split::units;
  for (const std::string& text : texts()) {
    const std::size_t size = encode(text, profile, plan, ours);
    if (encoder(text, out) != size || std::memcmp(out.data(), ours.data(), size) != 0) {
      state.SkipWithError("not our octets");
    }
  }
  std::size_t round = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(encoder(texts()[round++ % kTexts], out));
    benchmark::ClobberMemory();
  }
}

// ---- encoders of other languages, timing themselves ----

// What a foreign encoder should give: all parts of the text without their headers.
std::string expected_hex(const std::string& text) {
  SegmentPlan plan;
  Out out;
  EncodingProfile profile;
  profile.split = Split::units;
  if (!plan_into(text, profile, plan)) return {};
  std::string hex;
  for (std::size_t i = 0; i < plan.parts(); ++i) {
    const std::size_t size = write_part(plan, i, kReference, out);
    for (const std::byte octet : std::span(out).first(size).subspan(plan.udh_octets())) {
      constexpr std::string_view digits = "0123456789abcdef";
      hex += digits[std::to_integer<unsigned>(octet) >> 4U];
      hex += digits[std::to_integer<unsigned>(octet) & 15U];
    }
  }
  return hex;
}

// The child reads the texts as lines of hex, gives what it makes of each as a line of hex, and then the
// nanoseconds of one encoding.
struct ChildResult {
  double ns = 0;
  bool same_octets = true;
};
ChildResult ask_child(const std::string& command, const Texts& texts) {
  ChildResult result;
  const std::string path = "/tmp/anchal-text-bench-" + std::to_string(::getpid()) + ".txt";
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return result;
  for (const std::string& text : texts) {
    for (const char c : text)
      std::fprintf(file, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    std::fputc('\n', file);
  }
  std::fclose(file);
  if (std::FILE* pipe = ::popen((command + " < " + path + " 2>/dev/null").c_str(), "r"); pipe != nullptr) {
    std::array<char, 4096> line;
    for (const std::string& text : texts) {
      const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
      result.same_octets = result.same_octets && read && expected_hex(text) + "\n" == line.data();
    }
    if (std::fscanf(pipe, "%lf", &result.ns) != 1) result.ns = 0;
    ::pclose(pipe);
  }
  std::remove(path.c_str());
  return result;
}

std::string quoted(const std::string& script) {
  std::string text = "'";
  for (const char c : script) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string perl(const char* encoding) {
  return "perl -e " +
         quoted(
             std::string("use Encode; use Time::HiRes 'time'; my @t = map { chomp; pack('H*', $_) } <STDIN>;"
                         "my $e = '") +
             encoding +
             "'; print unpack('H*', encode($e, decode('UTF-8', $_))), \"\\n\" for @t;"
             "my $n = 20000; my $s = time; for my $i (1 .. $n) { my $o = encode($e, decode('UTF-8', $t[$i % "
             "@t])); }"
             "printf \"%f\\n\", (time - $s) / $n * 1e9;");
}

std::string node(const char* encoding) {
  return "cd " ANCHAL_SOURCE_DIR "/tests && node -e " +
         quoted(std::string("const all = require('smpp/lib/defs.js').encodings; const e = all.") + encoding +
                ";"
                "const t = require('fs').readFileSync(0, 'utf8').trim().split('\\n')"
                ".map(h => Buffer.from(h, 'hex'));"
                "for (const b of t) console.log(e.encode(b.toString('utf8')).toString('hex'));"
                "const n = 200000; let sum = 0;"
                "const s = process.hrtime.bigint(); for (let i = 0; i < n; i++) {"
                "const text = t[i % t.length].toString('utf8'); all.ASCII.match(text);"
                "sum += e.encode(text).length; }"
                "console.log(Number(process.hrtime.bigint() - s) / n);");
}

void child_text(benchmark::State& state, const Texts& (*texts)(), const std::string& command) {
  for (auto _ : state) {
    const ChildResult result = ask_child(command, texts());
    if (result.ns == 0) {
      state.SkipWithError("not installed");
    } else if (!result.same_octets) {
      state.SkipWithError("not our octets");
    }
    state.SetIterationTime(result.ns * 1e-9);
  }
}

/// From a text to its submit_sm in a bind's output: written straight into the PDU, or (as it once was) into a
/// buffer that is then copied.
void text_to_submit(benchmark::State& state, const Texts& (*texts)(), bool straight) {
  const Texts& all = texts();
  SegmentPlan plan;
  Buffer out(1 << 16);
  std::vector<std::byte> scratch;
  std::size_t at = 0;
  for (auto _ : state) {
    out.clear();
    if (!plan_into(all[at++ % all.size()], {}, plan)) state.SkipWithError("not encodable");
    for (std::size_t part = 0; part < plan.parts(); ++part) {
      SubmitSm pdu{.source_addr = "ANCHAL", .destination_addr = "919800000001"};
      pdu.esm_class = plan.esm_class();
      pdu.data_coding = plan.data_coding();
      const auto writer = [&](std::span<std::byte> place) {
        benchmark::DoNotOptimize(write_part(plan, part, kReference, place));
      };
      Fill fill;
      if (straight) {
        pdu.short_message = octets_to_come(plan.octets_in(part));
        fill = Fill(writer);
      } else {
        scratch.resize(plan.octets_in(part));
        writer(scratch);
        pdu.short_message = scratch;
      }
      if (!encode(out, 1, pdu, 0, fill)) state.SkipWithError("not encoded");
    }
    benchmark::DoNotOptimize(out.data());
  }
}

const EncodingProfile kPlain;
const EncodingProfile kNational{.national = LanguageSet::all()};
const EncodingProfile kPacked{.default_charset = Charset::gsm7_packed};
const EncodingProfile kTransliterate{.transliterate = true};

BENCHMARK_CAPTURE(anchal_text, english_160, english, kPlain);
BENCHMARK_CAPTURE(anchal_text, malayalam_160_ucs2, malayalam, kPlain);
BENCHMARK_CAPTURE(anchal_text, malayalam_160_national, malayalam, kNational);
BENCHMARK_CAPTURE(anchal_text, hindi_160_national, hindi, kNational);
BENCHMARK_CAPTURE(anchal_text, english_160_national_on, english, kNational);
BENCHMARK_CAPTURE(anchal_text, english_160_packed, english, kPacked);
BENCHMARK_CAPTURE(anchal_text, english_480, long_english, kPlain);
BENCHMARK_CAPTURE(anchal_text, english_160_emoji, with_emoji, kPlain);
BENCHMARK_CAPTURE(anchal_text, english_160_transliterated, with_quotes, kTransliterate);
BENCHMARK_CAPTURE(plan_only, english_160, english, kPlain);
BENCHMARK_CAPTURE(plan_only, malayalam_160_national, malayalam, kNational);
BENCHMARK_CAPTURE(text_to_submit, english_160_straight, english, true);
BENCHMARK_CAPTURE(text_to_submit, english_160_copied, english, false);
BENCHMARK_CAPTURE(text_to_submit, malayalam_160_ucs2_straight, malayalam, true);
BENCHMARK_CAPTURE(text_to_submit, malayalam_160_ucs2_copied, malayalam, false);
BENCHMARK_CAPTURE(render_and_encode, english, kEnglish, kPlain);
BENCHMARK_CAPTURE(icu_text, english_160, english,
                  [gsm7 = std::make_shared<IcuGsm7>()](const std::string& text, Out& out) {
                    return gsm7->encode(text, out);
                  });
BENCHMARK_CAPTURE(icu_text, malayalam_160_ucs2, malayalam, &IcuUcs2::encode);
BENCHMARK_CAPTURE(child_text, perl_english_160, english, perl("gsm0338"))->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(child_text, perl_malayalam_160_ucs2, malayalam, perl("UTF-16BE"))
    ->UseManualTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(child_text, node_smpp_english_160, english, node("ASCII"))->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(child_text, node_smpp_malayalam_160_ucs2, malayalam, node("UCS2"))
    ->UseManualTime()
    ->Iterations(1);

}  // namespace
}  // namespace anchal::smpp
