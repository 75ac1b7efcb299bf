#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"
#include "smpp/session/session.h"

namespace anchal::smpp {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

const std::string& text() {
  static const std::string kText(120, 'x');
  return kText;
}

SubmitSm submit_sm() {
  return {.source_addr_ton = 5,
          .source_addr = "ACMEIN",
          .dest_addr_ton = 1,
          .dest_addr_npi = 1,
          .destination_addr = "919800000001",
          .validity_period = "000001000000000R",
          .registered_delivery = 1,
          .short_message = as_octets(text())};
}

DeliverSm receipt() {
  return {.source_addr_ton = 1,
          .source_addr_npi = 1,
          .source_addr = "919800000001",
          .dest_addr_ton = 5,
          .destination_addr = "ACMEIN",
          .esm_class = 4,
          .short_message =
              as_octets("id:0123456789 sub:001 dlvrd:001 submit date:2603011405 done date:2603011405 "
                        "stat:DELIVRD err:000 text:Dear customer, your")};
}

/// `count` PDUs one behind the other.
template <class Pdu>
Buffer stream_of(const Pdu& pdu, std::uint32_t count) {
  Buffer wire;
  for (std::uint32_t number = 1; number <= count; ++number) {
    if (!encode(wire, number, pdu)) std::abort();
  }
  return wire;
}

/// A bench whose answers are wrong measures nothing.
void check(benchmark::State& state, bool right) {
  if (!right) state.SkipWithError("wrong answer");
}

template <class Pdu>
void encode_one(benchmark::State& state, const Pdu& pdu) {
  const Buffer once = stream_of(pdu, 1);
  const Frame frame{read_header(once.data()), once.bytes().subspan(kHeaderSize)};
  check(state, decode<Pdu>(frame, DecodeMode::strict).has_value());
  Buffer out(1 << 20);
  for (auto _ : state) {
    if (out.size() > 60000) out.clear();
    benchmark::DoNotOptimize(encode(out, 1, pdu));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(once.size()));
}

void encode_submit_sm(benchmark::State& state) {
  encode_one(state, submit_sm());
}
void encode_submit_sm_with_tlvs(benchmark::State& state) {
  const std::vector<Tlv> tlvs = {{static_cast<TlvTag>(0x1400), as_octets("1201159000000000001")},
                                 {static_cast<TlvTag>(0x1401), as_octets("1207161000000000002")}};
  SubmitSm pdu = submit_sm();
  pdu.tlvs = Tlvs(tlvs);
  encode_one(state, pdu);
}
void encode_submit_sm_resp(benchmark::State& state) {
  encode_one(state, SubmitSmResp{.message_id = "0123456789"});
}
BENCHMARK(encode_submit_sm);
BENCHMARK(encode_submit_sm_with_tlvs);
BENCHMARK(encode_submit_sm_resp);

template <class Pdu>
void decode_one(benchmark::State& state, const Pdu& pdu) {
  const Buffer once = stream_of(pdu, 1);
  const Frame frame{read_header(once.data()), once.bytes().subspan(kHeaderSize)};
  check(state, decode<Pdu>(frame, DecodeMode::lenient).has_value());
  for (auto _ : state) {
    benchmark::DoNotOptimize(frame.body.data());
    benchmark::DoNotOptimize(decode<Pdu>(frame, DecodeMode::lenient));
  }
}

void decode_submit_sm(benchmark::State& state) {
  decode_one(state, submit_sm());
}
void decode_deliver_sm(benchmark::State& state) {
  decode_one(state, receipt());
}
void decode_deliver_sm_with_tlvs(benchmark::State& state) {
  const std::string_view one("\2", 1);
  const std::vector<Tlv> tlvs = {{TlvTag::receipted_message_id, as_octets("0123456789")},
                                 {TlvTag::message_state, as_octets(one)}};
  DeliverSm pdu = receipt();
  pdu.tlvs = Tlvs(tlvs);
  decode_one(state, pdu);
}
void decode_submit_sm_resp(benchmark::State& state) {
  decode_one(state, SubmitSmResp{.message_id = "0123456789"});
}
BENCHMARK(decode_submit_sm);
BENCHMARK(decode_deliver_sm);
BENCHMARK(decode_deliver_sm_with_tlvs);
BENCHMARK(decode_submit_sm_resp);

/// Per PDU, in reads of the given size: a read that cuts a PDU costs the copy of that one.
void frame_stream(benchmark::State& state) {
  const Buffer wire = stream_of(SubmitSmResp{.message_id = "0123456789"}, 1000);
  const auto piece = static_cast<std::size_t>(state.range(0));
  std::int64_t frames = 0;
  for (auto _ : state) {
    Framer framer;
    for (Octets left = wire.bytes(); !left.empty();) {
      const Octets now = left.first(std::min(piece, left.size()));
      left = left.subspan(now.size());
      const auto fed = framer.feed(now, [&](const Frame& frame) {
        benchmark::DoNotOptimize(frame);
        ++frames;
        return true;
      });
      if (!fed) break;  // frames are missing then, and the check says so
    }
  }
  check(state, frames == state.iterations() * 1000);
  state.SetItemsProcessed(frames);
}
BENCHMARK(frame_stream)->Arg(1 << 20)->Arg(1460)->Arg(16);

/// Both ends of a bind, talking through their buffers.
struct Pair {
  explicit Pair(std::uint32_t window)
      : esme({.window = window}), smsc({.role = Role::smsc, .window = window}) {
    esme.start(kNow);
    smsc.start(kNow);
    pass(esme, smsc);
    smsc.accept_bind(kNow);
    pass(smsc, esme);
    events.clear();
  }
  void pass(Session& from, Session& to) {
    events.clear();
    to.on_bytes(from.out().bytes(), kNow, events);
    from.out().clear();
  }
  Session esme;
  Session smsc;
  std::vector<Event> events;
};

/// Everything that both sessions do for one message, in turns of a whole window: submit, response, receipt,
/// answer.
void session_message(benchmark::State& state) {
  const auto window = static_cast<std::uint32_t>(state.range(0));
  Pair pair(window);
  const SubmitSm pdu = submit_sm();
  const DeliverSm delivery = receipt();
  std::int64_t accepted = 0;
  std::int64_t delivered = 0;
  for (auto _ : state) {
    for (std::uint32_t count = 0; count < window; ++count)
      benchmark::DoNotOptimize(pair.esme.submit(pdu, count, kNow));
    pair.pass(pair.esme, pair.smsc);
    for (const Event& event : pair.events) {
      const auto* arrived = std::get_if<SubmitArrived>(&event);
      if (arrived == nullptr) continue;
      pair.smsc.answer_submit(arrived->sequence_number, ESME_ROK, "0123456789");
      benchmark::DoNotOptimize(pair.smsc.deliver(delivery, 0, kNow));
    }
    pair.pass(pair.smsc, pair.esme);
    for (const Event& event : pair.events) {
      if (std::holds_alternative<Completed>(event)) ++accepted;
      if (const auto* arrived = std::get_if<DeliverArrived>(&event)) {
        pair.esme.answer_deliver(arrived->sequence_number, ESME_ROK);
      }
    }
    pair.pass(pair.esme, pair.smsc);
    for (const Event& event : pair.events) delivered += std::holds_alternative<Completed>(event) ? 1 : 0;
  }
  check(state, accepted == state.iterations() * window && delivered == accepted);
  state.SetItemsProcessed(accepted);
}
BENCHMARK(session_message)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace anchal::smpp
