#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/simulator/smsc.h"
#include "smpp/session/session.h"

namespace anchal::simulator {

/// An ESME on a simulated pipe to an Smsc: our own session in the other role. What the two say to each other
/// passes at once; the time is the test's.
class EsmePeer {
 public:
  struct Answer {
    std::uint64_t token = 0;
    smpp::Outcome outcome{};
    std::uint32_t status = 0;
    std::string id;
    std::size_t octets = 0;  // of the response's body
  };
  struct Receipt {
    std::string id, text;
    std::uint32_t state = 0;
    std::uint8_t esm_class = 0;
    bool data_sm = false;
  };

  EsmePeer(Smsc& smsc, LinkId link, smpp::BindKind kind = smpp::BindKind::transceiver,
           std::string password = "secret", std::string system_id = "hub")
      : smsc_(smsc), link_(link), session_(config(kind, std::move(password), std::move(system_id))) {}

  /// Connects and binds.
  void bind(TimePoint now) {
    smsc_.on_connect(link_, now);
    session_.start(now);
    exchange(now);
  }

  static smpp::SubmitSm message(std::string_view to = "919800000001", std::string_view text = "hello") {
    smpp::SubmitSm pdu;
    pdu.source_addr_ton = 5;
    pdu.source_addr = "KLGOVT";
    pdu.dest_addr_ton = 1;
    pdu.dest_addr_npi = 1;
    pdu.destination_addr = to;
    pdu.registered_delivery = 1;
    pdu.short_message = smpp::as_octets(text);
    return pdu;
  }

  /// Submits without passing anything on yet.
  bool queue(std::uint64_t token, TimePoint now, const smpp::SubmitSm& pdu = message()) {
    return session_.submit(pdu, token, now).has_value();
  }
  bool submit(std::uint64_t token, TimePoint now, const smpp::SubmitSm& pdu = message()) {
    const bool sent = queue(token, now, pdu);
    exchange(now);
    return sent;
  }

  /// Moves octets both ways until nobody has anything to say.
  void exchange(TimePoint now) {
    for (;;) {
      const std::vector<std::byte> ours = take(session_.out());
      if (!ours.empty()) smsc_.on_bytes(link_, ours, now);
      if (smsc_.state(link_) == LinkState::resetting) {
        disconnect(now);
        return;
      }
      const std::vector<std::byte> theirs = take(smsc_.output(link_));
      received.insert(received.end(), theirs.begin(), theirs.end());
      if (!theirs.empty()) session_.on_bytes(theirs, now, events_);
      handle();
      if (ours.empty() && theirs.empty()) break;
    }
    if (smsc_.state(link_) == LinkState::closing) disconnect(now);
  }

  void disconnect(TimePoint now) {
    if (gone) return;
    gone = true;
    smsc_.on_disconnect(link_, now);
    session_.on_disconnect(now, events_);
    handle();
  }

  void say(std::span<const std::byte> octets, TimePoint now) {
    smsc_.on_bytes(link_, octets, now);
    exchange(now);
  }

  smpp::Session& session() { return session_; }

  std::uint32_t receipt_status = 0;  // what it answers receipts with
  bool answer_receipts = true;
  std::vector<Answer> answers;
  std::vector<Receipt> receipts;
  std::vector<char> order;  // 'a' for an answer, 'r' for a receipt, as they came
  std::vector<std::byte> received;
  std::uint32_t bind_status = 0;
  bool bound = false, gone = false, peer_unbound = false;
  std::uint32_t late_or_double = 0;
  smpp::Completed last_other;  // query, cancel, replace: without its views

 private:
  static smpp::SessionConfig config(smpp::BindKind kind, std::string password, std::string system_id) {
    smpp::SessionConfig c;
    c.bind = kind;
    c.system_id = std::move(system_id);
    c.password = std::move(password);
    c.window = 1000;
    return c;
  }

  static std::vector<std::byte> take(smpp::Buffer& buffer) {
    std::vector<std::byte> octets(buffer.bytes().begin(), buffer.bytes().end());
    buffer.consume(buffer.size());
    return octets;
  }

  static Receipt receipt_of(std::uint8_t esm_class, smpp::Octets text, const smpp::Tlvs& tlvs) {
    Receipt receipt;
    receipt.esm_class = esm_class;
    receipt.text = std::string(smpp::as_text(text));
    if (const auto id = tlvs.find(smpp::TlvTag::receipted_message_id)) receipt.id = std::string(id->text());
    receipt.state = tlvs.integer(smpp::TlvTag::message_state).value_or(0);
    return receipt;
  }

  void handle() {
    for (const smpp::Event& event : std::exchange(events_, {})) {
      if (const auto* done = std::get_if<smpp::Completed>(&event)) {
        if (done->request == smpp::CommandId::submit_sm || done->request == smpp::CommandId::data_sm) {
          answers.push_back({done->token, done->outcome, done->status, std::string(done->message_id),
                             done->response.body.size()});
          order.push_back('a');
        } else {
          last_other = *done;
        }
      } else if (const auto* deliver = std::get_if<smpp::DeliverArrived>(&event)) {
        receipts.push_back(receipt_of(deliver->pdu.esm_class, deliver->pdu.short_message, deliver->pdu.tlvs));
        order.push_back('r');
        if (answer_receipts) session_.answer_deliver(deliver->sequence_number, receipt_status);
      } else if (const auto* data = std::get_if<smpp::DataArrived>(&event)) {
        receipts.push_back(receipt_of(data->pdu.esm_class, {}, data->pdu.tlvs));
        receipts.back().data_sm = true;
        order.push_back('r');
        if (answer_receipts) session_.answer_data(data->sequence_number, receipt_status, {});
      } else if (std::holds_alternative<smpp::Bound>(event)) {
        bound = true;
      } else if (const auto* refused = std::get_if<smpp::BindRefused>(&event)) {
        bind_status = refused->status;
      } else if (std::holds_alternative<smpp::LateResponse>(event)) {
        ++late_or_double;
      } else if (std::holds_alternative<smpp::PeerUnbinding>(event)) {
        peer_unbound = true;
      }
    }
  }

  Smsc& smsc_;
  LinkId link_;
  smpp::Session session_;
  std::vector<smpp::Event> events_;
};

}  // namespace anchal::simulator
