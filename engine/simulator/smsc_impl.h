#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/simulator/message_ids.h"
#include "engine/simulator/message_store.h"
#include "engine/simulator/random.h"
#include "engine/simulator/rate_meter.h"
#include "engine/simulator/receipt_writer.h"
#include "engine/simulator/ring.h"
#include "engine/simulator/schedule.h"
#include "engine/simulator/smsc.h"
#include "engine/simulator/submit_checks.h"
#include "smpp/session/session.h"

namespace anchal::simulator {

/// Private to the folder. smsc.cpp: links and their lives. smsc_submit.cpp: what ESMEs ask for.
/// smsc_receipts.cpp: what they are told.
class Smsc::Impl {
 public:
  Impl(Identity identity, Behaviour behaviour, Observer* observer);

  void on_connect(LinkId id, TimePoint now);
  void on_bytes(LinkId id, std::span<const std::byte> bytes, TimePoint now);
  void on_disconnect(LinkId id, TimePoint now);
  void on_tick(TimePoint now);
  [[nodiscard]] TimePoint next_deadline() const;
  std::span<const LinkId> touched();
  smpp::Buffer& output(LinkId id);
  [[nodiscard]] LinkState state(LinkId id) const;
  [[nodiscard]] bool wants_bytes(LinkId id) const;
  void set_behaviour(Behaviour behaviour, TimePoint now);
  [[nodiscard]] const Behaviour& behaviour() const { return behaviour_; }
  void reset(LinkId id);
  void unbind(LinkId id, TimePoint now);
  const Statistics& statistics();

 private:
  struct Link {
    Link(LinkId link_id, smpp::SessionConfig config) : id(link_id), session(std::move(config)) {}
    LinkId id;
    smpp::Session session;
    LinkState state = LinkState::open;
    bool touched = false;
    bool silent = false;
    bool receives = false;  // bound as receiver or transceiver
    bool bound = false;
    bool unbind_wanted = false;
    std::uint32_t bind = 0;
    std::uint32_t account = 0;  // valid once bound
    std::uint64_t submits = 0;
    std::uint32_t unanswered = 0;
    TimePoint last_bytes;
    smpp::Buffer late_output;       // what has waited for `lag`
    Schedule<std::size_t> lagging;  // so many octets of session.out() may go then
    std::size_t lagging_octets = 0;
  };

  struct ReceiptTask {
    std::uint64_t number = 0;
    MessageState state{};
  };

  /// All binds of one system_id.
  struct Account {
    std::string system_id;
    std::vector<Link*> receivers;
    std::size_t next_receiver = 0;
    std::uint32_t binds = 0;
    Ring<ReceiptTask> ready;  // due, and no bind had room
  };

  struct Response {
    LinkId link = 0;
    std::uint32_t sequence_number = 0;
    smpp::CommandId request{};
    std::uint64_t number = 0;  // of the message; 0 when refused
    std::uint32_t status = 0;
  };

  // links
  [[nodiscard]] Link* find(LinkId id);
  [[nodiscard]] const Link* find(LinkId id) const;
  void touch(Link& link);
  void handle_events(Link& link, TimePoint now);
  void handle_event(Link& link, const smpp::Event& event, TimePoint now);
  static void refuse_unsupported(Link& link, const smpp::Event& event);
  void on_bind(Link& link, const smpp::BindRequested& event, TimePoint now);
  void leave_account(Link& link);
  void reset_link(Link& link);
  void delay_output(Link& link, TimePoint now);
  [[nodiscard]] smpp::SessionConfig session_config() const;
  [[nodiscard]] static std::size_t waiting_output(const Link& link);

  // requests
  template <class Pdu>
  void on_submission(Link& link, std::uint32_t sequence_number, const Pdu& pdu, TimePoint now);
  [[nodiscard]] std::uint32_t verdict(Link& link, std::uint32_t check, TimePoint now);
  void accept(Link& link, std::uint32_t sequence_number, smpp::CommandId request, const Submission& part,
              TimePoint now);
  void respond(Link& link, const Response& response);
  void respond_at(Link& link, const Response& response, TimePoint due, TimePoint now);
  template <class Resp>
  void write_response(Link& link, const Response& response);
  void on_query(Link& link, std::uint32_t sequence_number, const smpp::QuerySm& pdu, TimePoint now);
  void on_cancel(Link& link, std::uint32_t sequence_number, const smpp::CancelSm& pdu, TimePoint now);
  void on_replace(Link& link, std::uint32_t sequence_number, const smpp::ReplaceSm& pdu, TimePoint now);
  [[nodiscard]] Message* own_message(const Link& link, std::string_view id, std::string_view source);
  void cancel(Message& message, TimePoint now);
  void count_submit_of(Link& link);

  // receipts
  void plan_receipts(Message& message, TimePoint answered_at, TimePoint now);
  void schedule_receipt(Message& message, MessageState state, TimePoint due);
  void receipt_due(const ReceiptTask& task, TimePoint now);
  void pump(Account& account, TimePoint now);
  [[nodiscard]] Link* receiver_for(Account& account, const Message& message);
  [[nodiscard]] bool has_room(const Link& link) const;
  bool send_receipt(Link& link, const Message& message, MessageState state, TimePoint now);
  void on_receipt_answer(const smpp::Completed& event, TimePoint now);

  Identity identity_;
  Behaviour behaviour_;
  Observer* observer_;
  Random random_;
  MessageIds ids_;
  MessageStore messages_;
  ReceiptWriter writer_;
  RateMeter meter_;
  Statistics statistics_;
  TimePoint paced_until_;  // when the next part may be answered under `tps`
  std::uint32_t last_bind_ = 0;

  std::map<LinkId, std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Account>> accounts_;
  std::map<std::string, std::uint32_t, std::less<>> account_of_;
  Schedule<Response> responses_;
  Schedule<ReceiptTask> receipts_;
  std::vector<LinkId> touched_, touched_before_;
  std::vector<smpp::Event> events_;
  smpp::Buffer nothing_;
};

}  // namespace anchal::simulator
