#include "smpp/pdu/decode.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "smpp/pdu/encode.h"
#include "tests/unit/pdu/hex.h"

namespace anchal::smpp {
namespace {

using test::from_hex;

/// Decodes a body, which lives as long as the test: what comes out is views of it.
class Decode : public testing::Test {
 protected:
  template <class Pdu>
  auto decode_body(std::vector<std::byte> body, DecodeMode mode, std::uint32_t status = 0) {
    const Octets kept = bodies_.emplace_back(std::move(body));
    return decode<Pdu>({{static_cast<std::uint32_t>(kHeaderSize + kept.size()), Pdu::kId, status, 1}, kept},
                       mode);
  }

 private:
  std::deque<std::vector<std::byte>> bodies_;
};

TEST_F(Decode, ViewsPointIntoTheFrame) {
  Buffer wire;
  ASSERT_TRUE(encode(wire, 1, SubmitSm{.source_addr = "ACME", .short_message = as_octets("Hello")}));
  const Frame frame{read_header(wire.data()), wire.bytes().subspan(kHeaderSize)};
  const auto decoded = decode<SubmitSm>(frame, DecodeMode::strict);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->pdu.short_message.data() + 5, wire.data() + wire.size());
}

TEST_F(Decode, ErrorsNameFieldAndOffsetInThePdu) {
  const auto error = decode_body<QuerySm>(from_hex("4d3100 05"), DecodeMode::strict).error();
  EXPECT_EQ(error.kind, DecodeErrorKind::body_too_short);
  EXPECT_EQ(error.field, "source_addr_npi");
  EXPECT_EQ(error.offset, 20U);
}

TEST_F(Decode, EveryStringAnswersWithItsOwnStatus) {
  struct Case {
    const char* body;
    std::uint32_t status;
  };
  for (const Case& one :
       {Case{"41", ESME_RINVSERTYP}, Case{"00 0000 41", ESME_RINVSRCADR},
        Case{"00 0000 00 0000 41", ESME_RINVDSTADR}, Case{"00 0000 00 0000 00 000000 41", ESME_RINVSCHED},
        Case{"00 0000 00 0000 00 000000 00 41", ESME_RINVEXPIRY}}) {
    const auto decoded = decode_body<SubmitSm>(from_hex(one.body), DecodeMode::strict);
    ASSERT_FALSE(decoded) << one.body;
    EXPECT_EQ(decoded.error().kind, DecodeErrorKind::unterminated_string);
    EXPECT_EQ(decoded.error().status, one.status) << one.body;
  }
}

TEST_F(Decode, AReportedTimeMayBeLocal) {
  const auto twelve =
      decode_body<QuerySmResp>(from_hex("3100 323630333031313430353039 00 02 00"), DecodeMode::strict);
  ASSERT_TRUE(twelve);
  EXPECT_TRUE(twelve->warnings.has(DecodeWarning::short_time));
  EXPECT_EQ(twelve->pdu.final_date, "260301140509");
  const auto eleven =
      decode_body<QuerySmResp>(from_hex("3100 3236303330313134303530 00 02 00"), DecodeMode::strict);
  ASSERT_FALSE(eleven);
  EXPECT_EQ(eleven.error().kind, DecodeErrorKind::bad_time_length);
}

TEST_F(Decode, ErrorResponsesTakeAnyBodyThatPracticeKnows) {
  const auto form = [&](const char* body) {
    const auto decoded = decode_body<SubmitSmResp>(from_hex(body), DecodeMode::lenient, ESME_RSUBMITFAIL);
    return decoded ? decoded->form : throw std::runtime_error("an error body must never fail");
  };
  EXPECT_EQ(form(""), BodyForm::empty);
  EXPECT_EQ(form("00"), BodyForm::whole);
  EXPECT_EQ(form("3030 00"), BodyForm::whole);
  EXPECT_EQ(form("00 001d 0002 6100"), BodyForm::whole);
  EXPECT_EQ(form("001d 0002 6100"), BodyForm::tlvs_only);
  EXPECT_EQ(form("00 0102"), BodyForm::whole);  // an id, and a tail that is dropped
  EXPECT_EQ(form("010203"), BodyForm::raw);
}

TEST_F(Decode, AnErrorResponseOfManyFieldsMayEndBehindItsId) {
  const auto decoded = decode_body<QuerySmResp>(from_hex("4d3100"), DecodeMode::strict, ESME_RQUERYFAIL);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->form, BodyForm::first_string);
  EXPECT_EQ(decoded->pdu.message_id, "M1");
}

TEST_F(Decode, RepeatedTlvsAreSeenAlsoAmongUnknownTags) {
  const auto warned = [&](const char* tlvs) {
    const auto decoded = decode_body<SubmitSmResp>(from_hex(std::string("00") + tlvs), DecodeMode::strict);
    return decoded && decoded->warnings.has(DecodeWarning::repeated_tlv);
  };
  EXPECT_TRUE(warned("0204 0002 0001 0204 0002 0001"));
  EXPECT_TRUE(warned("1400 0000 1401 0000 1400 0000"));
  EXPECT_FALSE(warned("1400 0000 1401 0000 1402 0000"));
  EXPECT_FALSE(warned("0381 0004 00000000 0381 0004 00000000"));  // callback_num may repeat
}

TEST_F(Decode, ThousandsOfTlvsStayCheap) {
  std::vector<std::byte> body = {std::byte{0}};
  for (int index = 0; index < 32000; ++index) {
    const auto tag = static_cast<std::uint16_t>(0x4000 + index);
    body.insert(body.end(),
                {static_cast<std::byte>(tag >> 8), static_cast<std::byte>(tag), std::byte{0}, std::byte{0}});
  }
  const auto decoded = decode_body<SubmitSmResp>(body, DecodeMode::lenient);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->warnings.empty());
}

TEST_F(Decode, MultiResponseKeepsItsRefusedDestinations) {
  const auto decoded = decode_body<SubmitMultiResp>(
      from_hex("4d3100 02 0101 3131 00 0000000b 0000 3232 00 00000058"), DecodeMode::strict);
  ASSERT_TRUE(decoded);
  std::vector<UnsuccessSme> entries;
  for (const UnsuccessSme& entry : decoded->pdu.unsuccess_sme) entries.push_back(entry);
  EXPECT_EQ(entries,
            (std::vector<UnsuccessSme>{{1, 1, "11", ESME_RINVDSTADR}, {0, 0, "22", ESME_RTHROTTLED}}));
}

TEST_F(Decode, AnEntryCutWithinItsAddressIsDroppedAndNoStringTakesTheRest) {
  const auto decoded = decode_body<SubmitMultiResp>(from_hex("4d3100 02 0101 3131 00 0000000b 0000 3232"),
                                                    DecodeMode::lenient);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->pdu.unsuccess_sme.size(), 1U);
  DecodeWarnings dropped;
  dropped.add(DecodeWarning::entry_dropped);
  EXPECT_EQ(decoded->warnings, dropped);
}

TEST_F(Decode, UnknownCommandsAreNamedByTheirKind) {
  const Frame request{{16, static_cast<CommandId>(0x22), 0, 5}, {}};
  EXPECT_EQ(decode_any(request, DecodeMode::lenient).error().kind, DecodeErrorKind::unknown_command);
  const Frame response{{16, static_cast<CommandId>(0x80000022), 0, 5}, {}};
  EXPECT_EQ(decode_any(response, DecodeMode::lenient).error().kind, DecodeErrorKind::unknown_response);
  EXPECT_EQ(answer_to(decode_any(response, DecodeMode::lenient).error(), response.header), std::nullopt);
}

}  // namespace
}  // namespace anchal::smpp
