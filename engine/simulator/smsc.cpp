#include "engine/simulator/smsc.h"

#include <algorithm>
#include <utility>

#include "engine/simulator/smsc_impl.h"
#include "smpp/pdu/encode.h"

namespace anchal::simulator {
namespace {

constexpr std::size_t kReadNoMoreAbove = 1U << 20;  // octets waiting to be written to a link

}  // namespace

Smsc::Impl::Impl(Identity identity, Behaviour behaviour, Observer* observer)
    : identity_(std::move(identity)),
      behaviour_(std::move(behaviour)),
      observer_(observer),
      random_(identity_.seed),
      ids_(identity_.seed),
      messages_(std::max<std::uint64_t>(identity_.first_id, 1)),
      writer_(identity_.wall_at_epoch) {}

smpp::SessionConfig Smsc::Impl::session_config() const {
  smpp::SessionConfig config;
  config.role = smpp::Role::smsc;
  config.system_id = identity_.system_id;
  config.interface_version = identity_.interface_version;
  config.window = std::max<std::uint32_t>(behaviour_.receipt_window, 1);
  config.enquire_link_interval = behaviour_.enquire_interval;
  config.response_timeout = std::chrono::seconds(30);
  config.session_init_timeout = behaviour_.session_init_timeout;
  config.lenient = behaviour_.lenient;
  config.late_memory = 0;
  return config;
}

Smsc::Impl::Link* Smsc::Impl::find(LinkId id) {
  const auto at = links_.find(id);
  return at == links_.end() ? nullptr : at->second.get();
}

const Smsc::Impl::Link* Smsc::Impl::find(LinkId id) const {
  const auto at = links_.find(id);
  return at == links_.end() ? nullptr : at->second.get();
}

void Smsc::Impl::touch(Link& link) {
  if (link.touched) return;
  link.touched = true;
  touched_.push_back(link.id);
}

std::span<const LinkId> Smsc::Impl::touched() {
  touched_before_.clear();
  touched_before_.swap(touched_);
  for (const LinkId id : touched_before_) {
    if (Link* link = find(id)) link->touched = false;
  }
  return touched_before_;
}

void Smsc::Impl::on_connect(LinkId id, TimePoint now) {
  ++statistics_.connections;
  Link& link = *links_.insert_or_assign(id, std::make_unique<Link>(id, session_config())).first->second;
  link.last_bytes = now;
  link.session.start(now);
  touch(link);
}

void Smsc::Impl::on_bytes(LinkId id, std::span<const std::byte> bytes, TimePoint now) {
  Link* link = find(id);
  if (link == nullptr || link->silent || link->state != LinkState::open) return;
  link->last_bytes = now;
  link->session.on_bytes(bytes, now, events_);
  handle_events(*link, now);
}

void Smsc::Impl::on_disconnect(LinkId id, TimePoint now) {
  Link* link = find(id);
  if (link == nullptr) return;
  Account* account = link->bind == 0 ? nullptr : accounts_[link->account].get();
  leave_account(*link);  // before its receipts come back, so that none goes to it again
  link->session.on_disconnect(now, events_);
  handle_events(*link, now);
  links_.erase(id);
  if (account != nullptr) pump(*account, now);
}

void Smsc::Impl::leave_account(Link& link) {
  if (!link.bound) return;
  Account& account = *accounts_[link.account];
  --account.binds;
  std::erase(account.receivers, &link);
  link.bound = link.receives = false;
}

void Smsc::Impl::reset_link(Link& link) {
  leave_account(link);
  link.state = LinkState::resetting;
  link.session.out().clear();
  link.late_output.clear();
  touch(link);
}

void Smsc::Impl::reset(LinkId id) {
  if (Link* link = find(id)) reset_link(*link);
}

void Smsc::Impl::unbind(LinkId id, TimePoint now) {
  Link* link = find(id);
  if (link == nullptr || link->silent) return;
  link->unbind_wanted = true;
  handle_events(*link, now);
}

void Smsc::Impl::on_bind(Link& link, const smpp::BindRequested& event, TimePoint now) {
  auto known = account_of_.find(event.request.system_id);
  if (known == account_of_.end()) {
    const auto index = static_cast<std::uint32_t>(accounts_.size());
    accounts_.push_back(std::make_unique<Account>());
    accounts_.back()->system_id = event.request.system_id;
    known = account_of_.emplace(accounts_.back()->system_id, index).first;
  }
  Account& account = *accounts_[known->second];

  if (behaviour_.enquire_before_bind_resp) {
    smpp::encode_header(link.session.out(), smpp::CommandId::enquire_link, smpp::ESME_ROK, 1);
  }
  std::uint32_t status = behaviour_.bind_status;
  if (status == smpp::ESME_ROK && !identity_.password.empty() &&
      event.request.password != identity_.password) {
    status = smpp::ESME_RINVPASWD;
  }
  if (status == smpp::ESME_ROK && behaviour_.max_binds != 0 && account.binds >= behaviour_.max_binds) {
    status = smpp::ESME_RALYBND;
  }
  if (status != smpp::ESME_ROK) {
    ++statistics_.binds_refused;
    link.session.refuse_bind(status, now);
    return;
  }
  ++statistics_.binds;
  ++account.binds;
  link.bound = true;
  link.bind = ++last_bind_;
  link.account = known->second;
  link.receives = event.kind != smpp::BindKind::transmitter;
  link.session.accept_bind(now);
  if (link.receives) account.receivers.push_back(&link);
}

void Smsc::Impl::handle_events(Link& link, TimePoint now) {
  touch(link);
  for (const smpp::Event& event : events_) handle_event(link, event, now);
  events_.clear();
  if (link.unbind_wanted && link.state == LinkState::open) {
    link.unbind_wanted = false;
    link.session.unbind(now, events_);
    for (const smpp::Event& event : events_) handle_event(link, event, now);
    events_.clear();
  }
  // Receipts come back and go out again only when the session is done with this input.
  if (link.bound) pump(*accounts_[link.account], now);
  delay_output(link, now);
}

void Smsc::Impl::handle_event(Link& link, const smpp::Event& event, TimePoint now) {
  if (const auto* completed = std::get_if<smpp::Completed>(&event)) {
    on_receipt_answer(*completed, now);
    return;
  }
  // What was read behind a fault is as if it had never arrived.
  if (link.silent || link.state == LinkState::resetting) return;
  if (const auto* submit = std::get_if<smpp::SubmitArrived>(&event)) {
    on_submission(link, submit->sequence_number, submit->pdu, now);
  } else if (const auto* data = std::get_if<smpp::DataArrived>(&event)) {
    on_submission(link, data->sequence_number, data->pdu, now);
  } else if (const auto* bind = std::get_if<smpp::BindRequested>(&event)) {
    on_bind(link, *bind, now);
  } else if (const auto* query = std::get_if<smpp::QueryArrived>(&event)) {
    on_query(link, query->sequence_number, query->pdu, now);
  } else if (const auto* cancelled = std::get_if<smpp::CancelArrived>(&event)) {
    on_cancel(link, cancelled->sequence_number, cancelled->pdu, now);
  } else if (const auto* replace = std::get_if<smpp::ReplaceArrived>(&event)) {
    on_replace(link, replace->sequence_number, replace->pdu, now);
  } else if (const auto* warning = std::get_if<smpp::Warning>(&event)) {
    if (warning->kind == smpp::SessionWarning::decode_error) ++statistics_.malformed;
  } else if (std::holds_alternative<smpp::Closed>(event)) {
    leave_account(link);
    link.state = LinkState::closing;
  } else {
    refuse_unsupported(link, event);
  }
}

// submit_multi and the broadcasts are not for every SMSC, nor for this one.
void Smsc::Impl::refuse_unsupported(Link& link, const smpp::Event& event) {
  const auto refuse = [&](smpp::CommandId request, std::uint32_t sequence_number) {
    link.session.answer_status(request, sequence_number, smpp::ESME_RINVCMDID);
  };
  if (const auto* multi = std::get_if<smpp::SubmitMultiArrived>(&event)) {
    refuse(smpp::CommandId::submit_multi, multi->sequence_number);
  } else if (const auto* broadcast = std::get_if<smpp::BroadcastArrived>(&event)) {
    refuse(smpp::CommandId::broadcast_sm, broadcast->sequence_number);
  } else if (const auto* asked = std::get_if<smpp::QueryBroadcastArrived>(&event)) {
    refuse(smpp::CommandId::query_broadcast_sm, asked->sequence_number);
  } else if (const auto* stopped = std::get_if<smpp::CancelBroadcastArrived>(&event)) {
    refuse(smpp::CommandId::cancel_broadcast_sm, stopped->sequence_number);
  }
}

// Under `lag` octets leave session.out() only when they have waited; late_output is what output() shows.
void Smsc::Impl::delay_output(Link& link, TimePoint now) {
  if (behaviour_.lag <= Duration::zero() && link.lagging.empty()) return;
  const std::size_t fresh = link.session.out().size() - link.lagging_octets;
  if (fresh != 0) {
    link.lagging.add(now + behaviour_.lag, fresh);
    link.lagging_octets += fresh;
  }
  std::size_t octets = 0;
  while (link.lagging.take(now, octets)) {
    link.late_output.append(link.session.out().bytes().first(octets));
    link.session.out().consume(octets);
    link.lagging_octets -= octets;
    touch(link);
  }
}

std::size_t Smsc::Impl::waiting_output(const Link& link) {
  return link.session.out().size() + link.late_output.size();
}

smpp::Buffer& Smsc::Impl::output(LinkId id) {
  Link* link = find(id);
  if (link == nullptr) return nothing_;
  const bool lags = behaviour_.lag > Duration::zero() || !link->lagging.empty() || !link->late_output.empty();
  return lags ? link->late_output : link->session.out();
}

LinkState Smsc::Impl::state(LinkId id) const {
  const Link* link = find(id);
  if (link == nullptr) return LinkState::resetting;
  // What lags is written before the link closes.
  if (link->state == LinkState::closing && !link->lagging.empty()) return LinkState::open;
  return link->state;
}

bool Smsc::Impl::wants_bytes(LinkId id) const {
  const Link* link = find(id);
  return link != nullptr && waiting_output(*link) < kReadNoMoreAbove;
}

void Smsc::Impl::on_tick(TimePoint now) {
  Response response;
  while (responses_.take(now, response)) {
    if (Link* link = find(response.link)) {
      respond(*link, response);
      touch(*link);
    }
  }
  ReceiptTask task;
  while (receipts_.take(now, task)) receipt_due(task, now);

  for (auto& [id, link] : links_) {
    if (!link->silent && link->state == LinkState::open) {
      if (behaviour_.inactivity_timeout > Duration::zero() &&
          now - link->last_bytes >= behaviour_.inactivity_timeout) {
        leave_account(*link);
        link->state = LinkState::closing;
        touch(*link);
      } else if (link->session.next_deadline() <= now) {
        link->session.on_tick(now, events_);
        handle_events(*link, now);
      }
    }
    delay_output(*link, now);
  }
  for (const auto& account : accounts_) pump(*account, now);
}

TimePoint Smsc::Impl::next_deadline() const {
  TimePoint next = std::min(responses_.next_due(), receipts_.next_due());
  for (const auto& [id, link] : links_) {
    next = std::min(next, link->lagging.next_due());
    if (link->silent || link->state != LinkState::open) continue;
    next = std::min(next, link->session.next_deadline());
    if (behaviour_.inactivity_timeout > Duration::zero()) {
      next = std::min(next, link->last_bytes + behaviour_.inactivity_timeout);
    }
  }
  return next;
}

void Smsc::Impl::set_behaviour(Behaviour behaviour, TimePoint now) {
  behaviour_ = std::move(behaviour);
  paced_until_ = std::min(paced_until_, now + std::chrono::seconds(1));
}

const Statistics& Smsc::Impl::statistics() {
  statistics_.largest_second = meter_.largest();
  statistics_.receipts_waiting = receipts_.size();
  for (const auto& account : accounts_) statistics_.receipts_waiting += account->ready.size();
  for (const auto& [id, link] : links_) statistics_.receipts_waiting += link->session.outstanding();
  return statistics_;
}

Smsc::Smsc(Identity identity, Behaviour behaviour, Observer* observer)
    : impl_(std::make_unique<Impl>(std::move(identity), std::move(behaviour), observer)) {}
Smsc::~Smsc() = default;
void Smsc::on_connect(LinkId link, TimePoint now) {
  impl_->on_connect(link, now);
}
void Smsc::on_bytes(LinkId link, std::span<const std::byte> bytes, TimePoint now) {
  impl_->on_bytes(link, bytes, now);
}
void Smsc::on_disconnect(LinkId link, TimePoint now) {
  impl_->on_disconnect(link, now);
}
void Smsc::on_tick(TimePoint now) {
  impl_->on_tick(now);
}
TimePoint Smsc::next_deadline() const {
  return impl_->next_deadline();
}
std::span<const LinkId> Smsc::touched() {
  return impl_->touched();
}
smpp::Buffer& Smsc::output(LinkId link) {
  return impl_->output(link);
}
LinkState Smsc::state(LinkId link) const {
  return impl_->state(link);
}
bool Smsc::wants_bytes(LinkId link) const {
  return impl_->wants_bytes(link);
}
const Behaviour& Smsc::behaviour() const {
  return impl_->behaviour();
}
void Smsc::set_behaviour(Behaviour behaviour, TimePoint now) {
  impl_->set_behaviour(std::move(behaviour), now);
}
void Smsc::reset(LinkId link) {
  impl_->reset(link);
}
void Smsc::unbind(LinkId link, TimePoint now) {
  impl_->unbind(link, now);
}
const Statistics& Smsc::statistics() const {
  return impl_->statistics();
}

}  // namespace anchal::simulator
