#include "engine/simulator/submit_checks.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace anchal::simulator {
namespace {

using smpp::SubmitSm;

SubmitSm good() {
  SubmitSm pdu;
  pdu.source_addr_ton = 5;
  pdu.source_addr = "KLGOVT";
  pdu.dest_addr_ton = 1;
  pdu.dest_addr_npi = 1;
  pdu.destination_addr = "919800000001";
  pdu.registered_delivery = 1;
  pdu.short_message = smpp::as_octets("hello");
  return pdu;
}

template <class Change>
std::uint32_t status_with(Change change) {
  SubmitSm pdu = good();
  change(pdu);
  return check_submit(pdu);
}

TEST(SubmitChecks, AnOrdinarySubmitIsTaken) {
  EXPECT_EQ(check_submit(good()), smpp::ESME_ROK);
}

TEST(SubmitChecks, AddressesMustBeWhatTheirTypeSays) {
  EXPECT_EQ(status_with([](SubmitSm& p) { p.destination_addr = "+919800000001"; }), smpp::ESME_RINVDSTADR);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.destination_addr = ""; }), smpp::ESME_RINVDSTADR);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.destination_addr = "9198000000012345"; }), smpp::ESME_RINVDSTADR);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.source_addr_ton = 1; }), smpp::ESME_RINVSRCADR);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.source_addr = "TWELVELETTER"; }), smpp::ESME_RINVSRCADR);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.source_addr_ton = 7; }), smpp::ESME_RINVSRCTON);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.source_addr_npi = 2; }), smpp::ESME_RINVSRCNPI);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.dest_addr_ton = 9; }), smpp::ESME_RINVDSTTON);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.dest_addr_npi = 5; }), smpp::ESME_RINVDSTNPI);
}

TEST(SubmitChecks, ReservedFlagsAreRefused) {
  EXPECT_EQ(status_with([](SubmitSm& p) { p.esm_class = 0x04; }), smpp::ESME_RINVESMCLASS);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.registered_delivery = 0x20; }), smpp::ESME_RINVREGDLVFLG);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.priority_flag = 4; }), smpp::ESME_RINVPRTFLG);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.replace_if_present_flag = 2; }), smpp::ESME_RINVREPFLAG);
}

TEST(SubmitChecks, UserDataMustFitOnePart) {
  const std::string septets(160, 'a');
  EXPECT_EQ(status_with([&](SubmitSm& p) { p.short_message = smpp::as_octets(septets); }), smpp::ESME_ROK);
  const std::string more(161, 'a');
  EXPECT_EQ(status_with([&](SubmitSm& p) { p.short_message = smpp::as_octets(more); }),
            smpp::ESME_RINVMSGLEN);
  const std::string wide(140, '\x0D');
  EXPECT_EQ(status_with([&](SubmitSm& p) {
              p.data_coding = 8;
              p.short_message = smpp::as_octets(wide);
            }),
            smpp::ESME_ROK);
  EXPECT_EQ(status_with([&](SubmitSm& p) {
              p.data_coding = 8;
              p.short_message = smpp::as_octets(std::string_view(wide).substr(1));
            }),
            smpp::ESME_RINVMSGLEN)
      << "half a code unit";
  EXPECT_EQ(status_with([&](SubmitSm& p) {
              p.data_coding = 8;
              p.short_message = smpp::as_octets(septets);
            }),
            smpp::ESME_RINVMSGLEN);
}

TEST(SubmitChecks, AHeaderMustBeOneAndLeaveRoom) {
  const std::string header("\x05\x00\x03\x2A\x02\x01", 6);
  const std::string full = header + std::string(153, 'a');
  const auto with_header = [](std::string_view text) {
    return status_with([&](SubmitSm& p) {
      p.esm_class = 0x40;
      p.short_message = smpp::as_octets(text);
    });
  };
  EXPECT_EQ(with_header(full), smpp::ESME_ROK);
  EXPECT_EQ(with_header(full + "a"), smpp::ESME_RINVMSGLEN);
  EXPECT_EQ(with_header("hello"), smpp::ESME_RINVESMCLASS);
  EXPECT_EQ(with_header(""), smpp::ESME_RINVESMCLASS);
  EXPECT_EQ(with_header(std::string("\x05\x00\x03\x2A\x02\x03", 6) + "a"), smpp::ESME_RINVESMCLASS)
      << "part 3 of 2";
  EXPECT_EQ(with_header(std::string("\x05\x00\x04\x2A\x02\x01", 6) + "a"), smpp::ESME_RINVESMCLASS)
      << "an element longer than the header";
}

TEST(SubmitChecks, TlvsMustGoTogether) {
  const std::array reference{std::byte{0}, std::byte{9}};
  const std::array two{std::byte{2}};
  const std::array three{std::byte{3}};
  const smpp::Tlv sar[] = {{smpp::TlvTag::sar_msg_ref_num, reference},
                           {smpp::TlvTag::sar_total_segments, three},
                           {smpp::TlvTag::sar_segment_seqnum, two}};
  EXPECT_EQ(status_with([&](SubmitSm& p) { p.tlvs = smpp::Tlvs(sar); }), smpp::ESME_ROK);
  EXPECT_EQ(status_with([&](SubmitSm& p) { p.tlvs = smpp::Tlvs(std::span(sar).first(2)); }),
            smpp::ESME_RMISSINGOPTPARAM);
  const smpp::Tlv beyond[] = {
      sar[0], {smpp::TlvTag::sar_total_segments, two}, {smpp::TlvTag::sar_segment_seqnum, three}};
  EXPECT_EQ(status_with([&](SubmitSm& p) { p.tlvs = smpp::Tlvs(beyond); }), smpp::ESME_RINVOPTPARAMVAL);
  const smpp::Tlv payload[] = {{smpp::TlvTag::message_payload, smpp::as_octets("all of it")}};
  EXPECT_EQ(status_with([&](SubmitSm& p) { p.tlvs = smpp::Tlvs(payload); }), smpp::ESME_RINVMSGLEN);
  EXPECT_EQ(status_with([&](SubmitSm& p) {
              p.short_message = {};
              p.tlvs = smpp::Tlvs(payload);
            }),
            smpp::ESME_ROK);
}

TEST(SubmitChecks, DataNeedsItsPayload) {
  smpp::DataSm pdu;
  pdu.destination_addr = "919800000001";
  EXPECT_EQ(check_data(pdu), smpp::ESME_RMISSINGOPTPARAM);
  const smpp::Tlv payload[] = {{smpp::TlvTag::message_payload, smpp::as_octets("x")}};
  pdu.tlvs = smpp::Tlvs(payload);
  EXPECT_EQ(check_data(pdu), smpp::ESME_ROK);
}

TEST(SubmitChecks, TimesMustBeInRange) {
  EXPECT_TRUE(valid_time(""));
  EXPECT_TRUE(valid_time("260301140509022+"));
  EXPECT_TRUE(valid_time("000001000000000R"));
  EXPECT_TRUE(valid_time("020610233429000R"));
  EXPECT_FALSE(valid_time("000000480000000R")) << "48 hours are two days";
  EXPECT_FALSE(valid_time("260001140509022+")) << "month 0";
  EXPECT_FALSE(valid_time("260301140509049+")) << "more than twelve hours from UTC";
  EXPECT_FALSE(valid_time("260301140509022"));
  EXPECT_FALSE(valid_time("26030114050902Z+"));
  EXPECT_FALSE(valid_time("000001000000001R"));
  EXPECT_EQ(status_with([](SubmitSm& p) { p.validity_period = "soon"; }), smpp::ESME_RINVEXPIRY);
  EXPECT_EQ(status_with([](SubmitSm& p) { p.schedule_delivery_time = "later"; }), smpp::ESME_RINVSCHED);
}

}  // namespace
}  // namespace anchal::simulator
