#include <algorithm>

#include "engine/simulator/smsc_impl.h"

namespace anchal::simulator {
namespace {

constexpr std::size_t kNoReceiptsAbove = 256U << 10;  // octets waiting to be written to a link
constexpr int kStateShift = 56;  // a token is the message's number with the state above it

enum ReceiptWish : std::uint8_t { none = 0, always = 1, on_failure = 2, on_success = 3 };  // SMPP 5.0 §4.7.21
constexpr std::uint8_t kWishMask = 0x03;
constexpr std::uint8_t kIntermediateWish = 0x10;

std::uint64_t token_of(std::uint64_t number, MessageState state) {
  return number | static_cast<std::uint64_t>(state) << kStateShift;
}

}  // namespace

void Smsc::Impl::plan_receipts(Message& message, TimePoint answered_at, TimePoint now) {
  const bool undelivered = random_.chance(behaviour_.undelivered);
  message.final_state = undelivered ? MessageState::undeliverable : MessageState::delivered;
  message.final_at = answered_at + behaviour_.receipt_delay;

  const unsigned wish = message.registered_delivery & kWishMask;
  const bool wanted =
      wish == always || (wish == on_failure && undelivered) || (wish == on_success && !undelivered);
  if (!wanted || (behaviour_.receipts < 1 && !random_.chance(behaviour_.receipts))) return;
  ++statistics_.receipts_due;

  TimePoint due = message.final_at;
  if (random_.chance(behaviour_.receipt_late)) due += behaviour_.receipt_late_by;
  if ((message.registered_delivery & kIntermediateWish) != 0 || random_.chance(behaviour_.receipt_enroute)) {
    schedule_receipt(message, MessageState::enroute, answered_at);
  }
  if (random_.chance(behaviour_.receipt_early)) {
    message.final_at = due = now;
    ++message.open_receipts;
    receipt_due({message.number, message.final_state}, now);  // written ahead of the response
  } else {
    schedule_receipt(message, message.final_state, due);
  }
  if (random_.chance(behaviour_.receipt_twice)) {
    schedule_receipt(message, message.final_state, due + std::chrono::milliseconds(10));
  }
  if (random_.chance(behaviour_.receipt_contradiction)) {
    schedule_receipt(message, undelivered ? MessageState::delivered : MessageState::undeliverable,
                     due + std::chrono::milliseconds(10));
  }
}

void Smsc::Impl::schedule_receipt(Message& message, MessageState state, TimePoint due) {
  ++message.open_receipts;
  receipts_.add(due, {message.number, state});
}

void Smsc::Impl::receipt_due(const ReceiptTask& task, TimePoint now) {
  const Message* message = messages_.find(task.number);
  if (message == nullptr) return;
  Account& account = *accounts_[message->account];
  if (account.ready.empty()) {
    // Most common by far: the bind has room, and nothing waits before.
    Link* link = receiver_for(account, *message);
    if (link != nullptr && send_receipt(*link, *message, task.state, now)) return;
  }
  account.ready.push_back(task);
}

bool Smsc::Impl::has_room(const Link& link) const {
  return !link.silent && link.state == LinkState::open && link.session.window_free() > 0 &&
         waiting_output(link) < kNoReceiptsAbove;
}

// The bind that brought the message unless `receipt_other_bind`; any other of the account when that one
// cannot.
Smsc::Impl::Link* Smsc::Impl::receiver_for(Account& account, const Message& message) {
  Link* own = nullptr;
  if (!behaviour_.receipt_other_bind) {
    for (Link* link : account.receivers) {
      if (link->id == message.link && has_room(*link)) return link;
    }
  }
  for (std::size_t tried = 0; tried < account.receivers.size(); ++tried) {
    Link* link = account.receivers[account.next_receiver++ % account.receivers.size()];
    if (!has_room(*link)) continue;
    if (link->id != message.link) return link;
    own = link;
  }
  return own;
}

bool Smsc::Impl::send_receipt(Link& link, const Message& message, MessageState state, TimePoint now) {
  MessageIds::Text text;
  const std::string_view id = ids_.write(message.number, behaviour_.receipt_id_style, text);
  const std::uint64_t token = token_of(message.number, state);
  if (message.final_state == MessageState::deleted) state = MessageState::deleted;  // cancelled meanwhile
  const bool sent =
      behaviour_.receipt_form == ReceiptForm::data_sm
          ? link.session
                .send(writer_.data_sm(message, id, state, now, behaviour_.receipt_reference), token, now)
                .has_value()
          : link.session
                .deliver(writer_.deliver_sm(message, id, state, behaviour_.receipt_form, now,
                                            behaviour_.receipt_reference),
                         token, now)
                .has_value();
  if (!sent) return false;
  ++statistics_.receipts_sent;
  touch(link);
  if (observer_ != nullptr) {
    observer_->on_receipt(link.id, id, state == MessageState::delivered, state != MessageState::enroute);
  }
  return true;
}

void Smsc::Impl::pump(Account& account, TimePoint now) {
  while (!account.ready.empty()) {
    const ReceiptTask task = account.ready.front();
    if (const Message* message = messages_.find(task.number)) {
      Link* link = receiver_for(account, *message);
      if (link == nullptr || !send_receipt(*link, *message, task.state, now)) return;
    }
    account.ready.pop_front();
  }
}

void Smsc::Impl::on_receipt_answer(const smpp::Completed& event, TimePoint now) {
  if (event.request != smpp::CommandId::deliver_sm && event.request != smpp::CommandId::data_sm) return;
  const ReceiptTask task{event.token & ((1ULL << kStateShift) - 1),
                         static_cast<MessageState>(event.token >> kStateShift)};
  Message* message = messages_.find(task.number);
  if (message == nullptr) return;
  switch (event.outcome) {
    case smpp::Outcome::accepted:
      ++statistics_.receipts_answered;
      if (message->open_receipts > 0) --message->open_receipts;
      break;
    case smpp::Outcome::rejected:
      ++statistics_.receipts_refused;
      receipts_.add(now + behaviour_.receipt_retry, task);
      break;
    case smpp::Outcome::unresolved:  // an SMSC delivers again what was not answered, perhaps for the second
                                     // time
      accounts_[message->account]->ready.push_back(task);
      break;
  }
}

}  // namespace anchal::simulator
