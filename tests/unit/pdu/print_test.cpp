#include "smpp/pdu/print.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/pdu/hex.h"

namespace anchal::smpp {
namespace {

using test::from_hex;

struct Printed {
  std::string json;
  std::string text;
};

Printed print(std::string_view hex, DecodeMode mode = DecodeMode::strict) {
  const auto octets = from_hex(hex);
  const Frame frame{read_header(octets.data()), Octets(octets).subspan(kHeaderSize)};
  const auto decoded = decode_any(frame, mode);
  if (!decoded) return {print_json(frame.header, decoded.error()), print_text(frame.header, decoded.error())};
  return {print_json(frame, *decoded), print_text(frame, *decoded)};
}

TEST(Print, TextStartsWithTheHeader) {
  EXPECT_EQ(print("00000010800000040000005800000004").text,
            "submit_sm_resp\n"
            "  command_length            16\n"
            "  command_id                0x80000004\n"
            "  command_status            0x00000058 ESME_RTHROTTLED\n"
            "  sequence_number           4\n");
}

TEST(Print, EveryFieldAndTlvStandsInTheText) {
  const std::string text = print(
                               "0000004000000004000000000000000300050041434d450001013434373730303930303132330"
                               "00000000000010000000548656c"
                               "6c6f 0204 0002 0007 1400 0000")
                               .text;
  for (const char* expected :
       {"sequence_number           3", "source_addr               \"ACME\"",
        "dest_addr_ton             1 (0x01)", "sm_length                 5",
        "short_message             48656c6c6f  \"Hello\"",
        "tlv 0x0204 user_message_reference 2 octets: 0007 = 7", "tlv 0x1400 vendor         0 octets:"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in\n" << text;
  }
}

TEST(Print, ListsAreShownEntryByEntry) {
  const Printed printed = print(
      "0000003b80000021000000000000001e 4d3100 02 0101 343437373030393030313233 00 0000000b 0000 3100 "
      "00000058"
      "");
  const auto json = nlohmann::json::parse(printed.json);
  EXPECT_EQ(json.at("fields").at("no_unsuccess"), 2);
  EXPECT_EQ(json.at("fields").at("unsuccess_sme").at(1).at("error_status_code"), 0x58);
  EXPECT_NE(printed.text.find("ESME_RINVDSTADR"), std::string::npos);
}

TEST(Print, JsonQuotesWhatJsonCannotHold) {
  const auto json =
      nlohmann::json::parse(print("0000001800000009000000000000000022 5c01c97f00 000034000000").json);
  EXPECT_EQ(json.at("command"), "bind_transceiver");
  EXPECT_EQ(json.at("fields").at("system_id"), "\"\\\x01\xC3\x89\x7F");
}

TEST(Print, ErrorsNameFieldAndOffset) {
  const Printed printed = print("00000010000000040000000000000007");
  EXPECT_NE(printed.text.find("body_too_short in service_type at octet 16"), std::string::npos)
      << printed.text;
  const auto json = nlohmann::json::parse(printed.json);
  EXPECT_EQ(json.at("error"), "body_too_short");
  EXPECT_EQ(json.at("answer_status"), "0x00000002");
  EXPECT_NE(print("0000001000000022 0000000000000007").text.find("unknown command"), std::string::npos);
}

TEST(Print, AnUnreadableErrorBodyIsShownRaw) {
  const Printed printed = print("00000013800000040000004500000007010203", DecodeMode::lenient);
  EXPECT_NE(printed.text.find("raw                       010203"), std::string::npos) << printed.text;
  EXPECT_EQ(nlohmann::json::parse(printed.json).at("raw_hex"), "010203");
}

}  // namespace
}  // namespace anchal::smpp
