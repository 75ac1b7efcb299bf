#include <algorithm>
#include <type_traits>

#include "engine/simulator/smsc_impl.h"

namespace anchal::simulator {
namespace {

using smpp::CommandId;

template <class Pdu>
std::uint32_t check(const Pdu& pdu) {
  if constexpr (std::is_same_v<Pdu, smpp::SubmitSm>) {
    return check_submit(pdu);
  } else {
    return check_data(pdu);
  }
}

}  // namespace

template <class Pdu>
void Smsc::Impl::on_submission(Link& link, std::uint32_t sequence_number, const Pdu& pdu, TimePoint now) {
  ++statistics_.submits;
  const std::uint32_t strict = behaviour_.lenient ? std::uint32_t{smpp::ESME_ROK} : check(pdu);
  const std::uint32_t status = verdict(link, strict, now);
  if (status == smpp::ESME_ROK) {
    accept(link, sequence_number, Pdu::kId, submission_of(pdu), now);
  } else {
    ++statistics_.refused;
    if (observer_ != nullptr) observer_->on_refused(link.id, sequence_number, status);
    ++link.unanswered;
    respond_at(link, {link.id, sequence_number, Pdu::kId, 0, status}, now + behaviour_.response_delay, now);
  }
  count_submit_of(link);
}
template void Smsc::Impl::on_submission(Link&, std::uint32_t, const smpp::SubmitSm&, TimePoint);
template void Smsc::Impl::on_submission(Link&, std::uint32_t, const smpp::DataSm&, TimePoint);

std::uint32_t Smsc::Impl::verdict(Link& link, std::uint32_t check, TimePoint now) {
  if (check != smpp::ESME_ROK) return check;
  if ((behaviour_.window != 0 && link.unanswered >= behaviour_.window) ||
      (behaviour_.throttle_above != 0 && meter_.in_window(now) >= behaviour_.throttle_above)) {
    ++statistics_.throttled;
    return behaviour_.throttle_status;
  }
  for (const auto& [status, fraction] : behaviour_.statuses) {
    if (random_.chance(fraction)) return status;
  }
  return messages_.full() ? std::uint32_t{smpp::ESME_RMSGQFUL} : std::uint32_t{smpp::ESME_ROK};
}

void Smsc::Impl::accept(Link& link, std::uint32_t sequence_number, CommandId request, const Submission& part,
                        TimePoint now) {
  if (statistics_.accepted++ == 0) statistics_.first_accepted = now;
  statistics_.last_accepted = now;
  meter_.add(now);
  Message& message = messages_.add();
  message.accepted_at = now;
  message.account = link.account;
  message.link = link.id;
  message.source_ton = part.source_ton;
  message.source_npi = part.source_npi;
  message.dest_ton = part.dest_ton;
  message.dest_npi = part.dest_npi;
  message.registered_delivery = part.registered_delivery;
  message.reference = part.reference;
  message.source = Short<20>(part.source);
  message.destination = Short<20>(part.destination);
  // A receipt quotes the first 20 characters (Appendix B); what is not ASCII would need its own alphabet.
  if (part.data_coding <= 1 && (part.esm_class & 0x40) == 0)
    message.text = Short<20>(smpp::as_text(part.user_data));

  if (observer_ != nullptr) {
    MessageIds::Text text;
    AcceptedPart accepted;
    accepted.at = now;
    accepted.link = link.id;
    accepted.bind = link.bind;
    accepted.system_id = accounts_[link.account]->system_id;
    accepted.sequence_number = sequence_number;
    accepted.source = part.source;
    accepted.destination = part.destination;
    accepted.esm_class = part.esm_class;
    accepted.data_coding = part.data_coding;
    accepted.registered_delivery = part.registered_delivery;
    accepted.user_data = part.user_data;
    accepted.message_id = ids_.write(message.number, behaviour_.id_style, text);
    observer_->on_accepted(accepted);
  }

  TimePoint due = now;
  if (behaviour_.tps != 0) {
    paced_until_ = std::max(paced_until_, now) + Duration(std::chrono::seconds(1)) / behaviour_.tps;
    due = paced_until_;
  }
  due += behaviour_.response_delay;
  if (behaviour_.response_jitter > Duration::zero()) {
    due += Duration(static_cast<Duration::rep>(
        random_.below(static_cast<std::uint64_t>(behaviour_.response_jitter.count()) + 1)));
  }
  plan_receipts(message, due, now);
  ++link.unanswered;
  if (random_.chance(behaviour_.response_loss)) {
    ++statistics_.responses_lost;
    return;  // it stays unanswered for ever, as far as the window is concerned too
  }
  const Response response{link.id, sequence_number, request, message.number, smpp::ESME_ROK};
  if (random_.chance(behaviour_.response_twice))
    responses_.add(due + std::chrono::milliseconds(20), response);
  respond_at(link, response, due, now);
}

void Smsc::Impl::respond_at(Link& link, const Response& response, TimePoint due, TimePoint now) {
  if (due > now) {
    responses_.add(due, response);
  } else {
    respond(link, response);
  }
}

void Smsc::Impl::respond(Link& link, const Response& response) {
  if (link.silent || link.state != LinkState::open) return;
  if (link.unanswered > 0) --link.unanswered;
  if (response.request == CommandId::data_sm) {
    write_response<smpp::DataSmResp>(link, response);
  } else {
    write_response<smpp::SubmitSmResp>(link, response);
  }
}

template <class Resp>
void Smsc::Impl::write_response(Link& link, const Response& response) {
  const bool accepted = response.status == smpp::ESME_ROK;
  if (accepted ? behaviour_.missing_id == MissingId::body : behaviour_.error_body == ErrorBody::none) {
    link.session.answer_status(response.request, response.sequence_number, response.status);
    return;
  }
  MessageIds::Text text;
  Resp body;
  if (accepted ? behaviour_.missing_id == MissingId::nothing : behaviour_.error_body == ErrorBody::id) {
    body.message_id = ids_.write(response.number, behaviour_.id_style, text);
  }
  const smpp::Tlv reason{smpp::TlvTag::additional_status_info_text, smpp::as_octets("refused on request")};
  if (!accepted && behaviour_.error_body == ErrorBody::tlvs) body.tlvs = smpp::Tlvs(std::span(&reason, 1));
  link.session.answer(response.sequence_number, body, response.status);
}

void Smsc::Impl::count_submit_of(Link& link) {
  const std::uint64_t count = ++link.submits;
  if (behaviour_.inject_after != 0 && count == behaviour_.inject_after)
    link.session.out().append(behaviour_.inject);
  if (count == behaviour_.unbind_after) link.unbind_wanted = true;
  if (count == behaviour_.silent_after) link.silent = true;
  if (count == behaviour_.drop_connection_after) reset_link(link);
}

Message* Smsc::Impl::own_message(const Link& link, std::string_view id, std::string_view source) {
  const auto number = ids_.read(id, behaviour_.id_style);
  Message* message = number ? messages_.find(*number) : nullptr;
  // The source must be the one submitted (SMPP 3.4 §4.8.1, §4.9.1, §4.10.1).
  if (message == nullptr || message->account != link.account || message->source.view() != source)
    return nullptr;
  return message;
}

void Smsc::Impl::on_query(Link& link, std::uint32_t sequence_number, const smpp::QuerySm& pdu,
                          TimePoint now) {
  if (random_.chance(behaviour_.query_loss)) return;
  const Message* message = own_message(link, pdu.message_id, pdu.source_addr);
  const bool forgotten = message != nullptr && behaviour_.query_memory > Duration::zero() &&
                         now >= message->final_at + behaviour_.query_memory;
  // The source must be the one submitted with type and plan.
  const bool known = message != nullptr && !forgotten && message->source_ton == pdu.source_addr_ton &&
                     message->source_npi == pdu.source_addr_npi;
  if (!known || behaviour_.query_status != smpp::ESME_ROK) {
    const std::uint32_t status = behaviour_.query_status != smpp::ESME_ROK
                                     ? behaviour_.query_status
                                     : std::uint32_t{smpp::ESME_RQUERYFAIL};
    link.session.answer_status(CommandId::query_sm, sequence_number, status);
    return;
  }
  smpp::QuerySmResp body;
  body.message_id = pdu.message_id;
  const MessageState state = message->state(now);
  body.message_state = static_cast<std::uint8_t>(state);
  if (state != MessageState::enroute) body.final_date = writer_.date(message->final_at, true);
  if (state == MessageState::undeliverable) body.error_code = 11;
  if (observer_ != nullptr) {
    observer_->on_query(link.id, pdu.message_id, state == MessageState::delivered,
                        state != MessageState::enroute);
  }
  link.session.answer(sequence_number, body, smpp::ESME_ROK);
}

// A cancelled message is DELETED at once; its receipt, where one was asked for, says so when it comes.
void Smsc::Impl::cancel(Message& message, TimePoint now) {
  message.final_state = MessageState::deleted;
  message.final_at = now;
}

void Smsc::Impl::on_cancel(Link& link, std::uint32_t sequence_number, const smpp::CancelSm& pdu,
                           TimePoint now) {
  bool found = false;
  if (!pdu.message_id.empty()) {
    Message* message = own_message(link, pdu.message_id, pdu.source_addr);
    const bool fits = message != nullptr &&
                      (pdu.destination_addr.empty() || message->destination.view() == pdu.destination_addr);
    if (fits && message->state(now) == MessageState::enroute) {
      cancel(*message, now);
      found = true;
    }
  } else {
    messages_.for_each([&](Message& message) {
      if (message.account != link.account || message.source.view() != pdu.source_addr ||
          message.destination.view() != pdu.destination_addr || message.state(now) != MessageState::enroute) {
        return;
      }
      cancel(message, now);
      found = true;
    });
  }
  link.session.answer_status(CommandId::cancel_sm, sequence_number,
                             found ? smpp::ESME_ROK : smpp::ESME_RCANCELFAIL);
}

void Smsc::Impl::on_replace(Link& link, std::uint32_t sequence_number, const smpp::ReplaceSm& pdu,
                            TimePoint now) {
  Message* message = own_message(link, pdu.message_id, pdu.source_addr);
  const bool pending = message != nullptr && message->state(now) == MessageState::enroute;
  if (pending) message->text = Short<20>(smpp::as_text(pdu.short_message));
  link.session.answer_status(CommandId::replace_sm, sequence_number,
                             pending ? smpp::ESME_ROK : smpp::ESME_RREPLACEFAIL);
}

}  // namespace anchal::simulator
