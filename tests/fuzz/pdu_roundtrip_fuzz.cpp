// decode(encode(x)) == x for every PDU there is, drawn by its field table. The first octet chooses the PDU.
#include <type_traits>
#include <variant>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/pdu_draw.h"
#include "tests/unit/pdu/same.h"

namespace {

using namespace anchal::smpp;
using anchal::fuzz::check;

template <class Pdu>
void round_trip(anchal::fuzz::Input& input) {
  anchal::fuzz::Draw draw(input);
  const auto pdu = draw.pdu<Pdu>();
  Buffer wire;
  const auto size = encode(wire, 7, pdu);
  check(size == wire.size());

  int frames = 0;
  Framer framer;
  const auto fed = framer.feed(wire.bytes(), [&](const Frame& frame) {
    ++frames;
    for (const DecodeMode mode : {DecodeMode::strict, DecodeMode::lenient}) {
      const auto decoded = decode<Pdu>(frame, mode);
      check(decoded.has_value() && decoded->form == BodyForm::whole && test::Same::as(decoded->pdu, pdu));
    }
    return true;
  });
  check(fed.has_value() && frames == 1 && framer.remaining() == 0);
}

template <class... Pdus>
void round_trip_of(std::size_t chosen, anchal::fuzz::Input& input,
                   std::type_identity<std::variant<Pdus...>> /*all*/) {
  std::size_t index = 0;
  ((index++ == chosen ? round_trip<Pdus>(input) : void()), ...);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  anchal::fuzz::Input input(data, size);
  round_trip_of(input.octet() % std::variant_size_v<AnyPdu>, input, std::type_identity<AnyPdu>{});
  return 0;
}
