#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/simulator/behaviour.h"
#include "smpp/pdu/buffer.h"
#include "smpp/time.h"

namespace anchal::simulator {

/// One connection, numbered by whoever makes them; a number is not used twice in the life of an Smsc.
using LinkId = std::uint32_t;

/// One submit_sm (or data_sm) that the SMSC took. Views are valid during the call only.
struct AcceptedPart {
  TimePoint at;
  LinkId link = 0;
  std::uint32_t bind = 0;  ///< 1, 2, … in the order of successful binds
  std::string_view system_id;
  std::uint32_t sequence_number = 0;
  std::string_view source;
  std::string_view destination;
  std::uint8_t esm_class = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t registered_delivery = 0;
  std::span<const std::byte> user_data;  ///< UDH included
  std::string_view message_id;           ///< as the response has it
};

/// Told of what happens, in the call in which it happens. May not call back into the Smsc.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_accepted(const AcceptedPart& /*part*/) {}
  virtual void on_refused(LinkId /*link*/, std::uint32_t /*sequence_number*/, std::uint32_t /*status*/) {}
  /// A receipt was written to `link`; a repetition too. `final_state` false: intermediate.
  virtual void on_receipt(LinkId /*link*/, std::string_view /*message_id*/, bool /*delivered*/,
                          bool /*final_state*/) {}
  /// A query_sm was answered with the message's state.
  virtual void on_query(LinkId /*link*/, std::string_view /*message_id*/, bool /*delivered*/,
                        bool /*final_state*/) {}
};

/// What has happened since the start.
struct Statistics {
  std::uint64_t connections = 0, binds = 0, binds_refused = 0;
  std::uint64_t submits = 0;  ///< submit_sm and data_sm that could be read
  std::uint64_t accepted = 0, refused = 0, throttled = 0, malformed = 0;
  std::uint64_t responses_lost = 0;
  std::uint64_t receipts_due = 0;       ///< asked for and meant to come
  std::uint64_t receipts_sent = 0;      ///< deliver_sm written, repetitions too
  std::uint64_t receipts_answered = 0;  ///< with ESME_ROK
  std::uint64_t receipts_refused = 0;   ///< with another status: sent again later
  std::uint64_t receipts_waiting = 0;   ///< not answered yet, or not due yet
  std::uint64_t largest_second = 0;     ///< most parts accepted in any window of 1,000 ms
  TimePoint first_accepted{}, last_accepted{};
};

enum class LinkState : std::uint8_t { open, closing, resetting };

/// A whole SMSC without I/O: connections, bytes and the time go in; bytes, closings and deadlines come out.
/// The same calls at the same times with the same seed give the same bytes. `anchal smsc` runs it on sockets,
/// tests/simulation on simulated pipes. One thread owns it. No allocation per message once its rings are
/// warm.
///
/// Drive it so: on_connect, on_bytes, on_disconnect as things happen, on_tick when next_deadline() has come;
/// then for every link of touched() write out output(link), consume what was taken, and do as state(link)
/// says once the output is empty (resetting: at once). on_disconnect() ends it.
class Smsc {
 public:
  explicit Smsc(Identity identity = {}, Behaviour behaviour = {}, Observer* observer = nullptr);
  ~Smsc();
  Smsc(const Smsc&) = delete;
  Smsc& operator=(const Smsc&) = delete;

  void on_connect(LinkId link, TimePoint now);
  /// Any split of the stream will do. Bytes of a link that is silent, closing or unknown are dropped.
  void on_bytes(LinkId link, std::span<const std::byte> bytes, TimePoint now);
  /// The connection is gone. Receipts that were not answered on it go to another bind of the account, or
  /// wait.
  void on_disconnect(LinkId link, TimePoint now);
  /// Sends what is due. Calling it early does no harm.
  void on_tick(TimePoint now);
  /// When on_tick() is wanted next; TimePoint::max() when nothing waits for a time.
  [[nodiscard]] TimePoint next_deadline() const;

  /// Links whose output or state may have changed since the last call. Valid until the next call of anything.
  [[nodiscard]] std::span<const LinkId> touched();
  [[nodiscard]] smpp::Buffer& output(LinkId link);
  /// closing: close in order once the output is written. resetting: drop the output and reset.
  [[nodiscard]] LinkState state(LinkId link) const;
  /// False while so much output waits that the SMSC would rather read nothing from the link.
  [[nodiscard]] bool wants_bytes(LinkId link) const;

  [[nodiscard]] const Behaviour& behaviour() const;
  void set_behaviour(Behaviour behaviour, TimePoint now);

  /// By hand: resets a connection, or sends unbind on it.
  void reset(LinkId link);
  void unbind(LinkId link, TimePoint now);

  [[nodiscard]] const Statistics& statistics() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anchal::simulator
