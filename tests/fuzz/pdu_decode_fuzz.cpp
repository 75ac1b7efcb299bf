// Any octets as a stream of PDUs. The first octet says how long each read is.
#include <algorithm>
#include <vector>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"
#include "smpp/pdu/print.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace anchal::smpp;
using anchal::fuzz::check;

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
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  anchal::fuzz::Input input(data, size);
  const std::size_t piece = input.octet() == 0 ? size : data[0];
  Framer framer;
  std::size_t framed = 0;
  std::size_t fed_octets = 0;
  while (!input.empty()) {
    const auto octets = input.take(piece);
    const std::vector<std::byte> read(octets.begin(), octets.end());
    fed_octets += read.size();
    const auto fed = framer.feed(read, [&](const Frame& frame) {
      framed += frame.header.command_length;
      read_one(frame);
      return true;
    });
    if (!fed) return 0;
    check(framed + framer.remaining() == fed_octets);
  }
  return 0;
}
