#include <gtest/gtest.h>

#include "smpp/receipt/message_id.h"
#include "tests/support/allocation_count.h"
#include "tests/unit/receipt/receipt_input.h"

namespace anchal::smpp {
namespace {

TEST(ReceiptAllocation, AReceiptAndItsKeyAllocateNothing) {
  const auto input = test::text_receipt(
      "id:812FC7470000001B sub:001 dlvrd:001 submit date:1005232039 done date:1005242339 stat:DELIVRD "
      "err:000 text:Hello");
  ReceiptParser parser;
  const MessageIdProfile profile{.receipt = MessageIdBase::hex};
  std::string key;
  key.reserve(64);
  const std::size_t before = support::allocations();
  for (int i = 0; i < 100; ++i) {
    const auto receipt = parser.parse(input);
    normalise(receipt->id, MessageIdSide::receipt, profile, key);
  }
  EXPECT_EQ(support::allocations(), before);
  EXPECT_EQ(key, "9308878062554710043");
}

TEST(ReceiptAllocation, ATextInUtf16AllocatesOnce) {
  std::string wide;
  for (const char c : std::string("id:1 stat:DELIVRD err:000")) wide += {'\0', c};
  ReceiptParser parser;
  (void)parser.parse(test::text_receipt(wide));
  const std::size_t before = support::allocations();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(parser.parse(test::text_receipt(wide)).has_value());
  EXPECT_EQ(support::allocations(), before);
}

}  // namespace
}  // namespace anchal::smpp
