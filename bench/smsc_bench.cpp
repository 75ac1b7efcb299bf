// How fast the simulator is without sockets: it must not be what the end-to-end bench measures.
#include <benchmark/benchmark.h>

#include <vector>

#include "engine/simulator/smsc.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"

namespace {

using namespace anchal;

smpp::Buffer encoded_submits(std::uint32_t count) {
  smpp::SubmitSm pdu;
  pdu.source_addr_ton = 5;
  pdu.source_addr = "KLGOVT";
  pdu.dest_addr_ton = 1;
  pdu.dest_addr_npi = 1;
  pdu.destination_addr = "919800000001";
  pdu.registered_delivery = 1;
  pdu.short_message = smpp::as_octets(
      "Dear Anu, DA arrears of Rs 4,210 credited on 3 March. Treasury, Government of Kerala.");
  smpp::Buffer out;
  for (std::uint32_t number = 1; number <= count; ++number) (void)smpp::encode(out, number, pdu);
  return out;
}

/// Answers every deliver_sm in `in`.
void answer_receipts(std::span<const std::byte> in, smpp::Buffer& out) {
  const std::byte nul{0};
  while (in.size() >= smpp::kHeaderSize) {
    const smpp::Header header = smpp::read_header(in.data());
    if (header.command_id == smpp::CommandId::deliver_sm) {
      const std::size_t at = out.size();
      smpp::encode_header(out, smpp::CommandId::deliver_sm_resp, 0, header.sequence_number);
      out.append({&nul, 1});
      const std::uint32_t length = 17;
      std::byte* const start = const_cast<std::byte*>(out.data()) + at;
      for (int octet = 0; octet < 4; ++octet)
        start[octet] = static_cast<std::byte>(length >> (24 - 8 * octet));
    }
    in = in.subspan(header.command_length);
  }
}

/// One message: submit_sm in, submit_sm_resp and deliver_sm out, deliver_sm_resp in.
void BM_SmscMessage(benchmark::State& state) {
  constexpr std::uint32_t kBatch = 200;
  TimePoint now{std::chrono::seconds(1)};
  simulator::Smsc smsc;
  smsc.on_connect(1, now);
  smpp::Buffer bind;
  smpp::BindTransceiver request;
  request.system_id = "hub";
  (void)smpp::encode(bind, 1, request);
  smsc.on_bytes(1, bind.bytes(), now);
  smsc.output(1).clear();

  const smpp::Buffer submits = encoded_submits(kBatch);
  smpp::Buffer answers;
  for (auto _ : state) {
    now += std::chrono::microseconds(500);
    smsc.on_bytes(1, submits.bytes(), now);
    smsc.on_tick(now);
    answers.clear();
    answer_receipts(smsc.output(1).bytes(), answers);
    smsc.output(1).clear();
    smsc.on_bytes(1, answers.bytes(), now);
  }
  const simulator::Statistics& statistics = smsc.statistics();
  if (statistics.receipts_answered + kBatch < statistics.accepted || statistics.refused != 0) {
    state.SkipWithError("messages are missing");
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_SmscMessage);

}  // namespace
