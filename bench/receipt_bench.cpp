// What a receipt costs: its text, its TLVs, its id. Answers are checked before they are timed.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "smpp/receipt/message_id.h"
#include "smpp/receipt/receipt.h"

namespace {

using namespace anchal::smpp;

constexpr std::string_view kText =
    "id:0123456789 sub:001 dlvrd:001 submit date:2603010930 done date:2603010931 stat:DELIVRD err:000 "
    "text:Dear Anu, DA arre";

std::span<const std::byte> octets(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void run(benchmark::State& state, const ReceiptInput& input) {
  ReceiptParser parser;
  const auto first = parser.parse(input);
  if (!first || first->id != "0123456789" || first->state != ReceiptState::delivered) std::abort();
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(input));
  state.SetItemsProcessed(state.iterations());
}

void BM_ReceiptText(benchmark::State& state) {
  run(state, {.esm_class = 4, .short_message = octets(kText)});
}
BENCHMARK(BM_ReceiptText);

void BM_ReceiptTextAndTlvs(benchmark::State& state) {
  run(state, {.esm_class = 4,
              .short_message = octets(kText),
              .receipted_message_id = octets({"0123456789\0", 11}),
              .message_state = octets("\2"),
              .network_error_code = octets({"\3\0\0", 3})});
}
BENCHMARK(BM_ReceiptTextAndTlvs);

void BM_ReceiptUtf16(benchmark::State& state) {
  std::string wide;
  for (const char c : kText) wide += {'\0', c};
  run(state, {.esm_class = 4, .short_message = octets(wide)});
}
BENCHMARK(BM_ReceiptUtf16);

void normalise_one(benchmark::State& state, std::string_view id, MessageIdBase base,
                   std::string_view expected) {
  const MessageIdProfile profile{.receipt = base};
  std::string key;
  normalise(id, MessageIdSide::receipt, profile, key);
  if (key != expected) std::abort();
  for (auto _ : state) {
    normalise(id, MessageIdSide::receipt, profile, key);
    benchmark::DoNotOptimize(key.data());
  }
}

void BM_MessageIdRaw(benchmark::State& state) {
  normalise_one(state, "0123456789", MessageIdBase::raw, "0123456789");
}
BENCHMARK(BM_MessageIdRaw);

void BM_MessageIdHex64(benchmark::State& state) {
  normalise_one(state, "812FC7470000001B", MessageIdBase::hex, "9308878062554710043");
}
BENCHMARK(BM_MessageIdHex64);

void BM_MessageIdHex128(benchmark::State& state) {
  normalise_one(state, "2E179B310EDE971B2760C72B7F026E1B", MessageIdBase::hex,
                "61267058294122845644591348796459478555");
}
BENCHMARK(BM_MessageIdHex128);

}  // namespace
