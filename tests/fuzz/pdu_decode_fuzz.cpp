// A stream of PDUs. The first octet: from 0xC0 on it chooses a PDU, which is drawn by its field table,
// encoded and damaged in one to three places; below, the rest is any octets and it says how long each read
// is. The laws: what is read strictly is written as it was and read leniently to the same; what is tolerated
// is said; damage reaches neither the fields before it nor the next PDU.
#include <algorithm>
#include <type_traits>
#include <variant>
#include <vector>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"
#include "smpp/pdu/print.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/pdu_damage.h"
#include "tests/fuzz/pdu_draw.h"
#include "tests/unit/pdu/same.h"

namespace {

using namespace anchal::smpp;
using anchal::fuzz::check;
using anchal::fuzz::Places;

constexpr std::uint8_t kDrawn = 0xC0;

bool tolerates(const DecodeWarnings& warnings) {
  for (int index = static_cast<int>(DecodeWarning::overlong_string); index < kDecodeWarningCount; ++index) {
    if (warnings.has(static_cast<DecodeWarning>(index))) return true;
  }
  return false;
}

/// What was made of a PDU with faults is a PDU of its own: written, it is read again to the same, and nothing
/// is left out a second time.
void check_rewritten(const Header& header, const AnyPdu& pdu) {
  Buffer again;
  check(encode_any(again, header.sequence_number, pdu, header.command_status).has_value());
  const auto reread =
      decode_any({read_header(again.data()), again.bytes().subspan(kHeaderSize)}, DecodeMode::lenient);
  check(reread.has_value() && reread->form == BodyForm::whole);
  for (const DecodeWarning lost :
       {DecodeWarning::unterminated_string, DecodeWarning::tlv_tail_dropped, DecodeWarning::tlv_octet_skipped,
        DecodeWarning::entry_dropped, DecodeWarning::junk_error_body, DecodeWarning::extra_body}) {
    check(!reread->warnings.has(lost));
  }
  std::visit(
      [&]<class Pdu>(const Pdu& one) {
        const Pdu* other = std::get_if<Pdu>(&reread->pdu);
        check(other != nullptr && test::Same::as(one, *other));
      },
      pdu);
}

void check_both(const Frame& frame) {
  const auto strict = decode_any(frame, DecodeMode::strict);
  const auto lenient = decode_any(frame, DecodeMode::lenient);
  if (strict) {
    // There is nothing to tolerate, so both say the same.
    check(!tolerates(strict->warnings) && lenient.has_value() &&
          print_json(frame, *strict) == print_json(frame, *lenient));
    return;
  }
  if (!lenient) return;
  check(tolerates(lenient->warnings));
  // The body of an error response may be read in another form, once its faults are gone.
  const bool one_form = !is_response(frame.header.command_id) || frame.header.command_status == ESME_ROK;
  if (one_form && lenient->form == BodyForm::whole) check_rewritten(frame.header, lenient->pdu);
}

void read_one(const Frame& frame) {
  for (const DecodeMode mode : {DecodeMode::strict, DecodeMode::lenient}) {
    const auto decoded = decode_any(frame, mode);
    if (!decoded) {
      check(decoded.error().offset <= kHeaderSize + frame.body.size());
      check(!print_json(frame.header, decoded.error()).empty() &&
            !print_text(frame.header, decoded.error()).empty());
      static_cast<void>(answer_to(decoded.error(), frame.header));
      continue;
    }
    check(!print_json(frame, *decoded).empty() && !print_text(frame, *decoded).empty());
    // What the strict decoder has read whole is what the encoder writes.
    if (mode != DecodeMode::strict || decoded->form != BodyForm::whole) continue;
    Buffer again;
    check(encode_any(again, frame.header.sequence_number, decoded->pdu, frame.header.command_status)
              .has_value());
    check(std::ranges::equal(again.bytes().subspan(kHeaderSize), frame.body));
  }
  check_both(frame);
}

/// What stands before the first damaged field is read as it was, and no error is found there.
void check_before_damage(const Frame& frame, Octets drawn, const Places& places) {
  if (frame.header.command_id != read_header(drawn.data()).command_id) return;
  const auto same = std::ranges::mismatch(frame.body, drawn.subspan(kHeaderSize)).in1 - frame.body.begin();
  const std::size_t intact = places.start_of(kHeaderSize + static_cast<std::size_t>(same));
  for (const DecodeMode mode : {DecodeMode::strict, DecodeMode::lenient}) {
    const auto decoded = decode_any(frame, mode);
    if (!decoded) check(decoded.error().offset >= intact);
    if (!decoded || decoded->form != BodyForm::whole) continue;
    Buffer again;
    check(encode_any(again, frame.header.sequence_number, decoded->pdu).has_value());
    check(again.size() >= intact && std::ranges::equal(again.bytes().first(intact).subspan(kHeaderSize),
                                                       drawn.first(intact).subspan(kHeaderSize)));
  }
}

/// Reads `octets` piece by piece; false: framing was lost.
template <class Visit>
bool feed(Octets octets, std::size_t piece, Visit&& visit) {
  Framer framer;
  std::size_t framed = 0;
  std::size_t fed_octets = 0;
  while (fed_octets < octets.size()) {
    const Octets next = octets.subspan(fed_octets, std::min(piece, octets.size() - fed_octets));
    const std::vector<std::byte> read(next.begin(), next.end());
    fed_octets += read.size();
    const auto fed = framer.feed(read, [&](const Frame& frame) {
      framed += frame.header.command_length;
      visit(frame);
      return true;
    });
    if (!fed) return false;
    check(framed + framer.remaining() == fed_octets);
  }
  return true;
}

template <class Pdu>
void read_damaged(anchal::fuzz::Input& input) {
  const std::size_t piece = input.octet();
  const std::uint32_t status = input.octet();
  const anchal::fuzz::Damage damage(input);
  anchal::fuzz::Draw draw(input);
  const auto pdu = draw.pdu<Pdu>();
  Buffer drawn;
  check(encode(drawn, 7, pdu, status).has_value());
  const Places places(pdu);
  check(places.end() == drawn.size());

  std::vector<std::byte> stream(drawn.bytes().begin(), drawn.bytes().end());
  const bool true_length = damage.apply(stream, places);
  Buffer next;
  encode_header(next, CommandId::enquire_link, ESME_ROK, 8);
  stream.insert(stream.end(), next.bytes().begin(), next.bytes().end());

  std::size_t frames = 0;
  bool next_seen = false;
  const bool framed = feed(stream, piece == 0 ? stream.size() : piece, [&](const Frame& frame) {
    read_one(frame);
    if (++frames == 1) check_before_damage(frame, drawn.bytes(), places);
    next_seen = frame.header == read_header(next.data());
  });
  // Damage stays within its PDU as long as command_length is true.
  if (true_length) check(framed && frames == 2 && next_seen);
}

template <class... Pdus>
void read_damaged_of(std::size_t chosen, anchal::fuzz::Input& input,
                     std::type_identity<std::variant<Pdus...>> /*all*/) {
  std::size_t index = 0;
  ((index++ == chosen ? read_damaged<Pdus>(input) : void()), ...);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  anchal::fuzz::Input input(data, size);
  const std::uint8_t first = input.octet();
  if (first >= kDrawn) {
    read_damaged_of((first - kDrawn) % std::variant_size_v<AnyPdu>, input, std::type_identity<AnyPdu>{});
  } else {
    feed(input.take(size), first == 0 ? size : first, read_one);
  }
  return 0;
}
