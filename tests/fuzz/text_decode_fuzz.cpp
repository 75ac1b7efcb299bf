// User data from the network: header, every alphabet, reassembly. The first octets choose data_coding,
// esm_class, the operator's character set and how the rest is cut into parts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "smpp/text/decode.h"
#include "smpp/text/reassembly.h"
#include "smpp/text/utf8.h"

namespace {

using namespace anchal::smpp;

void check(bool law) {
  if (!law) std::abort();
}

bool well_formed(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    const auto c = utf8::decode(text, offset);
    if (!c) return false;
    offset += c->length;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  EncodingProfile profile;
  profile.default_charset = static_cast<Charset>(data[2] & 3U);
  profile.fill_with_cr = (data[2] & 4U) != 0;
  Reassembler reassembler({.messages_max = 4, .octets_max = 4096});
  std::vector<Reassembled> done;
  std::size_t at = 4;
  for (unsigned step = 0; at < size; ++step) {
    const std::size_t length = std::min<std::size_t>(size - at, data[3] == 0 ? size : data[3]);
    // A copy of its own size, so that one octet too far is seen.
    const std::vector<std::byte> user_data(reinterpret_cast<const std::byte*>(data + at),
                                           reinterpret_cast<const std::byte*>(data + at + length));
    at += length;
    const auto received = open_user_data(user_data, data[0], data[1], profile);
    if (!received) continue;
    check(received->header.octets + received->body.size() == user_data.size());
    std::string text;
    const std::size_t unread = decode_body(received->body, received->format, text);
    check(unread <= 8 * user_data.size());
    check(well_formed(text));
    if (!received->header.part) continue;
    reassembler.add({"1", "2", *received->header.part, *received},
                    anchal::TimePoint{} + std::chrono::seconds(step), done);
    check(reassembler.messages() <= 4);
  }
  reassembler.expire(anchal::TimePoint::max(), done);
  check(reassembler.messages() == 0 && reassembler.octets() == 0);
  for (const Reassembled& message : done) check(well_formed(message.text));
  return 0;
}
