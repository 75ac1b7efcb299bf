#include "smpp/session/permission.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "smpp/session/session.h"
#include "tests/unit/session/any_name.h"

namespace anchal::smpp::test {
namespace {

using std::chrono::seconds;

constexpr TimePoint kNow{std::chrono::hours(1)};
constexpr std::array kStates = {SessionState::open,     SessionState::outbound,  SessionState::bound_tx,
                                SessionState::bound_rx, SessionState::bound_trx, SessionState::unbound,
                                SessionState::closed};
static_assert(kStates.size() == kSessionStateCount);

/// SMPP 3.4 table 2-1 with the changes of 5.0, written out again from the books: a column per state in the
/// order of kStates, E and S for who may send, B for both, - for nobody.
const std::map<std::string_view, std::string_view> kBook = {
    {"bind_transmitter", "EE-----"},
    {"bind_receiver", "EE-----"},
    {"bind_transceiver", "EE-----"},
    {"bind_transmitter_resp", "SS-----"},
    {"bind_receiver_resp", "SS-----"},
    {"bind_transceiver_resp", "SS-----"},
    {"outbind", "S------"},
    {"unbind", "--BBB--"},
    {"unbind_resp", "--BBB--"},
    {"submit_sm", "--E-E--"},
    {"submit_sm_resp", "--S-S--"},
    {"submit_multi", "--E-E--"},
    {"submit_multi_resp", "--S-S--"},
    {"query_sm", "--E-E--"},
    {"query_sm_resp", "--S-S--"},
    {"cancel_sm", "--E-E--"},
    {"cancel_sm_resp", "--S-S--"},
    {"replace_sm", "--E-E--"},
    {"replace_sm_resp", "--S-S--"},
    {"broadcast_sm", "--E-E--"},
    {"broadcast_sm_resp", "--S-S--"},
    {"query_broadcast_sm", "--E-E--"},
    {"query_broadcast_sm_resp", "--S-S--"},
    {"cancel_broadcast_sm", "--E-E--"},
    {"cancel_broadcast_sm_resp", "--S-S--"},
    {"deliver_sm", "---SS--"},
    {"deliver_sm_resp", "---EE--"},
    {"alert_notification", "---SS--"},
    {"data_sm", "--BBB--"},
    {"data_sm_resp", "--BBB--"},
    {"enquire_link", "BBBBBB-"},
    {"enquire_link_resp", "BBBBBB-"},
    {"generic_nack", "BBBBBB-"},
};

bool by_the_book(Role role, std::size_t state, std::string_view command) {
  const char who = kBook.at(command)[state];
  return who == 'B' || who == (role == Role::esme ? 'E' : 'S');
}

TEST(Permission, TableSaysWhatTheBooksSayForEveryCommandStateAndRole) {
  ASSERT_EQ(kBook.size(), kCommands.size());
  for (const CommandInfo& command : kCommands) {
    for (std::size_t state = 0; state < kStates.size(); ++state) {
      for (const Role role : {Role::esme, Role::smsc}) {
        EXPECT_EQ(may_send(role, kStates[state], command.id), by_the_book(role, state, command.name))
            << command.name << " in " << to_string(kStates[state]) << " by "
            << (role == Role::esme ? "the ESME" : "the SMSC");
      }
    }
  }
  EXPECT_FALSE(may_send(Role::esme, SessionState::bound_trx, static_cast<CommandId>(0x22)));
}

/// A session of ours, led into a state.
class Led {
 public:
  Led(Role role, SessionState state) : session_(config(role, state)) {
    if (state == SessionState::closed) {
      session_.start(kNow);
      session_.on_disconnect(kNow, events_);
    } else if (role == Role::esme) {
      lead_esme(state);
    } else {
      lead_smsc(state);
    }
    events_.clear();
    session_.out().clear();
  }

  Session& session() { return session_; }

  /// Feeds the peer's PDU; true when the session refused it for the state, or did not look at it.
  bool refuses(std::string_view command) {
    session_.out().clear();
    feed(command, {{"seq", "77"}});
    bool refused = session_.closed() && events_.empty();
    for (const Event& event : events_) {
      const auto* warning = std::get_if<Warning>(&event);
      refused = refused || (warning != nullptr && warning->kind == SessionWarning::wrong_state);
    }
    events_.clear();
    return refused;
  }

  void feed(std::string_view command, const Settings& settings) {
    Buffer wire;
    append_pdu(wire, command, settings);
    session_.on_bytes(wire.bytes(), kNow, events_);
  }

 private:
  static SessionConfig config(Role role, SessionState state) {
    SessionConfig config{.role = role};
    if (state == SessionState::bound_tx) config.bind = BindKind::transmitter;
    if (state == SessionState::bound_rx) config.bind = BindKind::receiver;
    return config;
  }
  void lead_esme(SessionState state) {
    if (state == SessionState::open || state == SessionState::outbound) {
      session_.await_outbind(kNow);
      if (state == SessionState::outbound) feed("outbind", {{"seq", "1"}});
      return;
    }
    session_.start(kNow);
    const auto response = std::string(command_name(bind_command(session_.config().bind))) + "_resp";
    feed(response, {{"seq", "1"}});
    lead_unbound(state);
  }
  void lead_smsc(SessionState state) {
    if (state == SessionState::outbound) {
      static_cast<void>(session_.outbind({}, kNow));
      return;
    }
    session_.start(kNow);
    if (state == SessionState::open) return;
    feed(command_name(bind_command(session_.config().bind)), {{"seq", "1"}});
    session_.accept_bind(kNow);
    lead_unbound(state);
  }
  void lead_unbound(SessionState state) {
    if (state != SessionState::unbound) return;
    // Something outstanding, so that the session waits instead of closing.
    if (session_.config().role == Role::esme) {
      static_cast<void>(session_.submit({}, 1, kNow));
    } else {
      static_cast<void>(session_.deliver({}, 1, kNow));
    }
    feed("unbind", {{"seq", "2"}});
  }

  Session session_;
  std::vector<Event> events_;
};

TEST(Permission, SessionTakesEveryRequestOfThePeerInExactlyTheStatesOfTheTable) {
  for (const Role role : {Role::esme, Role::smsc}) {
    const Role peer = role == Role::esme ? Role::smsc : Role::esme;
    for (const SessionState state : kStates) {
      for (const CommandInfo& command : kCommands) {
        if (is_response(command.id)) continue;
        Led led(role, state);
        ASSERT_EQ(led.session().state(), state);
        // An unbind may be repeated while it drains; everywhere else the table alone decides.
        if (state == SessionState::unbound && command.id == CommandId::unbind) continue;
        const bool allowed = may_send(peer, state, command.id);
        // A second outbind comes where the first has led; the ESME binds all the same.
        if (state == SessionState::outbound && command.id == CommandId::outbind && role == Role::esme)
          continue;
        EXPECT_EQ(led.refuses(command.name), !allowed)
            << command.name << " to the " << (role == Role::esme ? "ESME" : "SMSC") << " in "
            << to_string(state);
      }
    }
  }
}

template <class Pdu>
void expect_sent_as_allowed(Role role, SessionState state) {
  Led led(role, state);
  const bool allowed = may_send(role, state, Pdu::kId);
  const auto sent = led.session().send(Pdu{}, 1, kNow);
  EXPECT_EQ(sent.has_value(), allowed)
      << command_name(Pdu::kId) << " by the " << (role == Role::esme ? "ESME" : "SMSC") << " in "
      << to_string(state);
  EXPECT_EQ(led.session().out().empty(), !allowed);
}

TEST(Permission, SessionSendsEveryRequestInExactlyTheStatesOfTheTable) {
  for (const Role role : {Role::esme, Role::smsc}) {
    for (const SessionState state : kStates) {
      expect_sent_as_allowed<SubmitSm>(role, state);
      expect_sent_as_allowed<SubmitMulti>(role, state);
      expect_sent_as_allowed<DeliverSm>(role, state);
      expect_sent_as_allowed<DataSm>(role, state);
      expect_sent_as_allowed<QuerySm>(role, state);
      expect_sent_as_allowed<CancelSm>(role, state);
      expect_sent_as_allowed<ReplaceSm>(role, state);
      expect_sent_as_allowed<BroadcastSm>(role, state);
      expect_sent_as_allowed<QueryBroadcastSm>(role, state);
      expect_sent_as_allowed<CancelBroadcastSm>(role, state);
      Led led(role, state);
      EXPECT_EQ(led.session().alert({}).has_value(), may_send(role, state, CommandId::alert_notification));
    }
  }
}

}  // namespace
}  // namespace anchal::smpp::test
