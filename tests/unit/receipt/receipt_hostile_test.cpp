// Receipts are foreign bytes: nothing in them may read outside, loop or leave views into nowhere.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "tests/unit/receipt/receipt_input.h"

namespace anchal::smpp {
namespace {

using test::octets;

/// Bytes on the heap without a byte to spare, so that sanitizers see every step outside.
class Exact {
 public:
  explicit Exact(std::string_view text)
      : size_(text.size()), bytes_(std::make_unique<std::byte[]>(text.size())) {
    std::ranges::copy(octets(text), bytes_.get());
  }
  std::span<const std::byte> span() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

void parse_all(std::string_view body, std::string_view tlv) {
  const Exact exact_body(body);
  const Exact exact_tlv(tlv);
  using Column = ReceiptSettings::Column;
  ReceiptParser plain;
  ReceiptParser open(
      {.detect_by_text = true, .accept_sme_ack = true, .prefer = ReceiptSettings::Prefer::text});
  ReceiptParser csv(
      {.format = ReceiptSettings::Format::csv, .csv_columns = {Column::id, Column::done_date, Column::stat}});
  for (ReceiptParser* parser : {&plain, &open, &csv}) {
    for (const std::uint8_t esm_class : {0, 4, 0x20}) {
      const auto receipt = parser->parse({.esm_class = esm_class,
                                          .short_message = exact_body.span(),
                                          .message_payload = exact_tlv.span(),
                                          .receipted_message_id = exact_tlv.span(),
                                          .message_state = exact_tlv.span(),
                                          .network_error_code = exact_tlv.span()});
      if (!receipt) continue;
      RC_ASSERT(!receipt->id.empty());
      std::size_t sum = 0;
      for (const auto view :
           {receipt->id, receipt->id_alt, receipt->stat_raw, receipt->error, receipt->text}) {
        for (const char c : view) sum += static_cast<unsigned char>(c);
      }
      RC_ASSERT(sum > 0);
    }
  }
}

RC_GTEST_PROP(ReceiptHostile, AnyOctetsGiveAReceiptOrAnError,
              (const std::string& body, const std::string& tlv)) {
  parse_all(body, tlv);
}

RC_GTEST_PROP(ReceiptHostile, SoDoPiecesOfReceiptsInAnyOrder, ()) {
  const auto piece = rc::gen::element<std::string>(
      "id:", "ID:", "stat:", "text:", "message text:", "submit date:", "donedate:", "err:", "sub:", " ", "  ",
      ":", "\"", "null", "...", "DELIVRD", "0123456789", "201506201641", std::string(1, '\0'), "\xFF", "d",
      ",");
  std::string body;
  for (const std::string& p : *rc::gen::container<std::vector<std::string>>(piece)) body += p;
  std::string tlv;
  for (const std::string& p : *rc::gen::container<std::vector<std::string>>(piece)) tlv += p;
  parse_all(body, tlv);
}

TEST(ReceiptHostile, EveryPrefixOfAGoodReceiptIsSurvived) {
  const std::string_view good =
      "\x05id:7 sub:001 submit date:1005232039 done date:1005242339 stat:DELIVRD err:012 text:This is a "
      "sample";
  for (std::size_t n = 0; n <= good.size(); ++n) {
    const Exact body(good.substr(0, n));
    ReceiptParser parser;
    (void)parser.parse({.esm_class = 4, .short_message = body.span()});
    ReceiptParser wide;
    std::string utf16;
    for (const char c : good.substr(0, n)) utf16 += std::string(1, '\0') + c;
    const Exact wide_body(utf16);
    (void)wide.parse({.esm_class = 4, .short_message = wide_body.span()});
  }
}

TEST(ReceiptHostile, ALongBodyOfLabelsTakesLinearTime) {
  std::string body;
  while (body.size() < 65'000) body += "id:stat:text:";
  const Exact exact(body);
  ReceiptParser parser;
  for (int i = 0; i < 50; ++i) (void)parser.parse({.esm_class = 4, .message_payload = exact.span()});
}

}  // namespace
}  // namespace anchal::smpp
