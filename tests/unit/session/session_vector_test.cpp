#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "smpp/session/session.h"
#include "tests/unit/pdu/hex.h"
#include "tests/unit/pdu/vectors.h"
#include "tests/unit/session/any_name.h"

namespace anchal::smpp::test {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

/// What a session makes of one vector.
struct Result {
  std::vector<std::byte> answer;
  bool closed = false;
  bool decode_error = false;
};

bool is_bind(CommandId id) {
  return id == CommandId::bind_receiver || id == CommandId::bind_transmitter ||
         id == CommandId::bind_transceiver;
}

/// A session that may receive the vector: an SMSC for what an ESME sends, open for a bind and else bound.
Session session_for(const PduVector& vector, bool lenient) {
  const Header header = vector.octets.size() < kHeaderSize ? Header{} : read_header(vector.octets.data());
  const bool to_smsc = vector.line.value("dir", "E>S") == "E>S";
  const auto id = header.command_id;
  Session session({.role = to_smsc ? Role::smsc : Role::esme, .lenient = lenient});
  std::vector<Event> events;
  Buffer wire;
  if (id == CommandId::outbind && !to_smsc) {
    session.await_outbind(kNow);
    return session;
  }
  session.start(kNow);
  if (to_smsc && is_bind(id)) return session;
  if (!to_smsc && is_response(id) &&
      is_bind(static_cast<CommandId>(static_cast<std::uint32_t>(id) & ~kResponseBit))) {
    session.out().clear();
    return session;
  }
  append_pdu(wire, to_smsc ? "bind_transceiver" : "bind_transceiver_resp", {{"seq", "1"}});
  session.on_bytes(wire.bytes(), kNow, events);
  session.accept_bind(kNow);
  session.out().clear();
  return session;
}

Result feed(const PduVector& vector, bool lenient, std::size_t piece) {
  Session session = session_for(vector, lenient);
  std::vector<Event> events;
  Result result;
  for (Octets left(vector.octets); !left.empty();) {
    const Octets now = left.first(std::min(piece, left.size()));
    left = left.subspan(now.size());
    session.on_bytes(now, kNow, events);
  }
  for (const Event& event : events) {
    const auto* warning = std::get_if<Warning>(&event);
    result.decode_error =
        result.decode_error || (warning != nullptr && warning->kind == SessionWarning::decode_error);
  }
  result.answer.assign(session.out().bytes().begin(), session.out().bytes().end());
  // A refused bind ends a session of ours by its status, not by its form.
  result.closed = session.closed() && !std::ranges::any_of(events, [](const Event& event) {
                    return std::holds_alternative<BindRefused>(event);
                  });
  return result;
}

std::vector<std::byte> expected_answer(const nlohmann::json& answer) {
  if (answer.is_null()) return {};
  Buffer wire;
  Settings settings = {{"seq", std::to_string(answer.at("sequence_number").get<std::uint32_t>())},
                       {"status", answer.at("command_status").get<std::string>()}};
  const std::string command = answer.at("command");
  if (command != "deliver_sm_resp") settings["nobody"] = "";
  append_pdu(wire, command, settings);
  return {wire.bytes().begin(), wire.bytes().end()};
}

TEST(SessionVector, MalformedVectorsAreAnsweredAndTheSessionStaysOrClosesAsWritten) {
  for (const PduVector& vector : pdu_vectors("error")) {
    SCOPED_TRACE(vector.name);
    for (const std::size_t piece : {vector.octets.size(), std::size_t{1}}) {
      const Result result = feed(vector, false, piece);
      EXPECT_EQ(to_hex(result.answer), to_hex(expected_answer(vector.line.at("answer"))));
      EXPECT_EQ(result.closed, vector.line.at("session") == "close");
    }
  }
}

TEST(SessionVector, WellFormedVectorsAreTakenByASessionOfEitherTemper) {
  for (const PduVector& vector : pdu_vectors("decoded")) {
    SCOPED_TRACE(vector.name);
    for (const bool lenient : {false, true}) {
      const Result result = feed(vector, lenient, vector.octets.size());
      EXPECT_FALSE(result.decode_error);
      EXPECT_EQ(result.closed, read_header(vector.octets.data()).command_id == CommandId::unbind);
    }
  }
}

TEST(SessionVector, LenientSessionTakesWhatTheLenientVectorsAllow) {
  for (const PduVector& vector : pdu_vectors("error")) {
    SCOPED_TRACE(vector.name);
    const Result result = feed(vector, true, 3);
    const bool readable = vector.line.contains("lenient");
    // A response that answers nothing is not read any further.
    const bool read =
        vector.octets.size() < 8 || !is_response(static_cast<CommandId>(load_u32(&vector.octets[4])));
    if (read) {
      EXPECT_EQ(result.decode_error, !readable);
    }
    if (!readable) {
      EXPECT_EQ(to_hex(result.answer), to_hex(expected_answer(vector.line.at("answer"))));
      EXPECT_EQ(result.closed, vector.line.at("session") == "close");
    }
  }
}

}  // namespace
}  // namespace anchal::smpp::test
