#include "tests/unit/session/scenario.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "smpp/pdu/encode.h"
#include "smpp/session/session.h"
#include "tests/unit/pdu/hex.h"
#include "tests/unit/session/any_name.h"

namespace anchal::smpp::test {
namespace {

constexpr TimePoint kStart{std::chrono::hours(1)};

/// "20ms", "3s", "0".
Duration duration_of(std::string_view text) {
  std::int64_t number = 0;
  const char* end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "ms") return std::chrono::milliseconds(number);
  if (unit == "s" || number == 0) return std::chrono::seconds(number);
  throw std::invalid_argument("no duration: " + std::string(text));
}

std::string shown(TimePoint when) {
  if (when == TimePoint::max()) return "never";
  if (when == TimePoint::min()) return "now";
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(when - kStart).count()) + "ms";
}

struct Line {
  std::string command;
  std::vector<std::string> words;  // without =
  Settings settings;
};

Line parse(const std::string& text) {
  std::istringstream in(text);
  Line line;
  in >> line.command;
  for (std::string word; in >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      line.words.push_back(word);
      line.settings[word] = "";
    } else {
      line.settings[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return line;
}

SessionConfig config_of(const Line& line) {
  SessionConfig config;
  config.role = line.command == "smsc" ? Role::smsc : Role::esme;
  config.lenient = config.role == Role::esme;
  config.system_id = config.role == Role::smsc ? "SMSC" : "hub";
  config.password = "pw";
  for (const auto& [key, value] : line.settings) {
    if (value.empty()) continue;
    if (key == "window")
      config.window = status_of(value);
    else if (key == "bind")
      config.bind = value == "receiver"      ? BindKind::receiver
                    : value == "transmitter" ? BindKind::transmitter
                                             : BindKind::transceiver;
    else if (key == "enquire_link_interval")
      config.enquire_link_interval = duration_of(value);
    else if (key == "enquire_link_timeout")
      config.enquire_link_timeout = duration_of(value);
    else if (key == "response_timeout")
      config.response_timeout = duration_of(value);
    else if (key == "bind_timeout")
      config.bind_timeout = duration_of(value);
    else if (key == "session_init_timeout")
      config.session_init_timeout = duration_of(value);
    else if (key == "unbind_timeout")
      config.unbind_timeout = duration_of(value);
    else if (key == "first_sequence_number")
      config.first_sequence_number = status_of(value);
    else if (key == "interface_version")
      config.interface_version = static_cast<std::uint8_t>(status_of(value));
    else if (key == "max_command_length")
      config.max_command_length = status_of(value);
    else if (key == "late_memory")
      config.late_memory = status_of(value);
    else if (key == "lenient")
      config.lenient = value == "yes";
    else
      throw std::invalid_argument("no setting is called " + key);
  }
  return config;
}

class Player {
 public:
  explicit Player(std::size_t piece) : piece_(piece) {}

  std::string play(const Block& block) {
    text_.clear();
    for (const std::string& command : block.commands) {
      const Line line = parse(command);
      if (line.command != "recv") flush_input();
      run(line);
    }
    flush_input();
    show_output();
    return text_;
  }

 private:
  void run(const Line& line) {
    const auto word = [&](std::size_t index) {
      return index < line.words.size() ? line.words[index] : std::string();
    };
    const auto number = [&](const char* key) {
      const auto found = line.settings.find(key);
      return found == line.settings.end() ? 0 : status_of(found->second);
    };
    if (line.command == "esme" || line.command == "smsc") {
      now_ = kStart;
      session_ = std::make_unique<Session>(config_of(line));
      if (line.settings.contains("listen"))
        session_->await_outbind(now_);
      else if (line.settings.contains("outbind"))
        static_cast<void>(session_->outbind({.system_id = "SMSC", .password = "secret"}, now_));
      else if (!line.settings.contains("idle"))
        session_->start(now_);
    } else if (line.command == "at") {
      now_ = kStart + duration_of(word(0));
    } else if (line.command == "tick") {
      now_ = kStart + duration_of(word(0));
      session_->on_tick(now_, events_);
      show_events();
    } else if (line.command == "due") {
      text_ += "due " + shown(session_->next_deadline()) + "\n";
    } else if (line.command == "recv") {
      if (word(0) == "hex") {
        for (std::size_t index = 1; index < line.words.size(); ++index) input_.append(from_hex(word(index)));
      } else {
        append_pdu(input_, word(0), line.settings);
      }
    } else if (line.command == "answer") {
      answer(word(0), number("seq"), number("status"),
             line.settings.contains("id") ? line.settings.at("id") : "");
    } else if (line.command == "accept") {
      session_->accept_bind(now_);
    } else if (line.command == "refuse") {
      session_->refuse_bind(status_of(word(0)), now_);
    } else if (line.command == "bind") {
      session_->start(now_);
    } else if (line.command == "alert") {
      if (const auto sent = session_->alert({.source_addr = "447700900123", .esme_addr = "80800"}); !sent) {
        text_ += "refused alert " + std::string(to_string(sent.error())) + "\n";
      }
    } else if (line.command == "unbind") {
      session_->unbind(now_, events_);
      show_events();
    } else if (line.command == "disconnect") {
      session_->on_disconnect(now_, events_);
      show_events();
    } else if (line.command == "state") {
      text_ += "state " + std::string(to_string(session_->state())) +
               " outstanding=" + std::to_string(session_->outstanding()) +
               " free=" + std::to_string(session_->window_free()) + "\n";
    } else {
      for (const std::string& token : line.words) send(line.command, token);
    }
  }

  void answer(const std::string& request, std::uint32_t sequence, std::uint32_t status,
              const std::string& id) {
    if (request == "submit_sm")
      session_->answer_submit(sequence, status, id);
    else if (request == "data_sm")
      session_->answer_data(sequence, status, id);
    else if (request == "deliver_sm")
      session_->answer_deliver(sequence, status);
    else if (request == "query_sm" && status == 0)
      session_->answer(sequence, QuerySmResp{.message_id = id, .message_state = 2});
    else if (request == "submit_multi" && status == 0)
      session_->answer(sequence, SubmitMultiResp{.message_id = id});
    else if (request == "broadcast_sm" && status == 0)
      session_->answer(sequence, BroadcastSmResp{.message_id = id});
    else {
      for (const CommandInfo& row : kCommands) {
        if (row.name == request) session_->answer_status(row.id, sequence, status);
      }
    }
  }

  void send(const std::string& command, const std::string& token) {
    const auto taken = [&]() -> std::expected<std::uint32_t, SendError> {
      const auto code = static_cast<std::uint64_t>(tokens_.size());
      tokens_.push_back(token);
      if (command == "submit") return session_->submit({.destination_addr = token}, code, now_);
      if (command == "deliver") return session_->deliver({.source_addr = token}, code, now_);
      if (command == "query") return session_->send(QuerySm{.message_id = token}, code, now_);
      if (command == "cancel") return session_->send(CancelSm{.message_id = token}, code, now_);
      if (command == "replace") return session_->send(ReplaceSm{.message_id = token}, code, now_);
      if (command == "data") return session_->send(DataSm{.destination_addr = token}, code, now_);
      if (command == "broadcast") return session_->send(BroadcastSm{.source_addr = token}, code, now_);
      if (command == "multi") {
        const std::vector<DestAddress> one = {{.destination_addr = token}};
        return session_->send(SubmitMulti{.dest_address = std::span(one)}, code, now_);
      }
      throw std::invalid_argument("no command is called " + command);
    }();
    if (!taken) text_ += "refused " + token + " " + std::string(to_string(taken.error())) + "\n";
  }

  void flush_input() {
    if (input_.empty()) return;
    for (Octets left = input_.bytes(); !left.empty();) {
      // Exactly these octets on the heap, and gone behind the events: what looks beyond them is found.
      const Octets now = left.first(std::min(piece_, left.size()));
      const std::vector<std::byte> read(now.begin(), now.end());
      left = left.subspan(now.size());
      session_->on_bytes(read, now_, events_);
      show_events();
    }
    input_.clear();
  }

  void show_events() {
    for (const Event& event : events_) std::visit([&](const auto& one) { show(one); }, event);
    events_.clear();
  }

  void show_output() {
    Framer framer;
    static_cast<void>(framer.feed(session_->out().bytes(), [&](const Frame& frame) {
      text_ += "out " + one_line(frame) + "\n";
      return true;
    }));
    session_->out().clear();
  }

  [[nodiscard]] std::string name(std::uint64_t token) const { return tokens_.at(token); }
  static std::string with_status(std::uint32_t status) {
    return status == 0 ? "" : " status=" + std::string(status_name(status));
  }
  static std::string with_text(const char* key, std::string_view value) {
    return value.empty() ? "" : " " + std::string(key) + "=" + std::string(value);
  }

  void show(const Bound& bound) {
    text_ += "bound " + std::string(to_string(bound.kind)) + with_text("system_id", bound.system_id);
    if (bound.sc_interface_version) text_ += " version=" + std::to_string(*bound.sc_interface_version);
    text_ += "\n";
  }
  void show(const BindRefused& refused) {
    text_ += "bind_refused " + std::string(to_string(refused.kind)) + with_status(refused.status) + " by " +
             std::string(command_name(refused.answered_with)) +
             (refused.transceiver_unknown() ? " transceiver_unknown" : "") + "\n";
  }
  void show(const BindRequested& bind) {
    text_ += "bind_requested " + std::string(to_string(bind.kind)) +
             " seq=" + std::to_string(bind.sequence_number) + with_text("system_id", bind.request.system_id) +
             with_text("password", bind.request.password) + "\n";
  }
  void show(const Completed& done) {
    text_ += std::string(to_string(done.outcome)) + " " + name(done.token) + " " +
             std::string(command_name(done.request)) + with_status(done.status) +
             with_text("id", done.message_id) + with_text("final_date", done.final_date);
    if (done.message_state != 0) text_ += " message_state=" + std::to_string(done.message_state);
    text_ += " sent_at=" + shown(done.sent_at) + "\n";
  }
  void show(const LateResponse& late) {
    text_ += "late " + std::string(command_name(late.command_id)) +
             " seq=" + std::to_string(late.sequence_number) + with_status(late.status) +
             with_text("id", late.message_id);
    if (late.token) text_ += " token=" + name(*late.token) + " sent_at=" + shown(*late.sent_at);
    text_ += "\n";
  }
  template <class Pdu>
  void show(const Arrived<Pdu>& arrived) {
    Buffer wire;
    if (!encode(wire, arrived.sequence_number, arrived.pdu)) throw std::logic_error("not encodable again");
    text_ += "arrived " + one_line({read_header(wire.data()), wire.bytes().subspan(kHeaderSize)});
    for (int index = 0; index < kDecodeWarningCount; ++index) {
      const auto warning = static_cast<DecodeWarning>(index);
      if (arrived.warnings.has(warning)) text_ += " (" + std::string(to_string(warning)) + ")";
    }
    text_ += "\n";
  }
  void show(const PeerUnbinding& /*event*/) { text_ += "peer_unbinding\n"; }
  void show(const Warning& warning) {
    text_ += "warning " + std::string(to_string(warning.kind));
    if (warning.error) text_ += " " + std::string(to_string(warning.error->kind));
    for (int index = 0; index < kDecodeWarningCount; ++index) {
      const auto decode_warning = static_cast<DecodeWarning>(index);
      if (warning.decode.has(decode_warning)) text_ += " " + std::string(to_string(decode_warning));
    }
    text_ += with_text("command", command_name(warning.command_id)) +
             " seq=" + std::to_string(warning.sequence_number) + with_status(warning.status) +
             with_text("foreign", warning.foreign_protocol) + "\n";
  }
  void show(const Closed& closed) { text_ += "closed " + std::string(to_string(closed.reason)) + "\n"; }

  std::size_t piece_;
  TimePoint now_ = kStart;
  std::unique_ptr<Session> session_;
  std::vector<Event> events_;
  std::vector<std::string> tokens_;
  Buffer input_;
  std::string text_;
};

}  // namespace

std::vector<Block> read_scenario(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<Block> blocks;
  Block block;
  bool expecting = false;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with('#')) continue;
    if (line == "----") {
      expecting = true;
    } else if (line.empty()) {
      if (expecting) blocks.push_back(std::exchange(block, {}));
      expecting = false;
    } else if (expecting) {
      block.expected += line + "\n";
    } else {
      if (block.commands.empty()) block.line = number;
      block.commands.push_back(line);
    }
  }
  if (expecting) blocks.push_back(block);
  return blocks;
}

std::vector<std::string> play(const std::vector<Block>& blocks, std::size_t piece) {
  Player player(piece);
  std::vector<std::string> results;
  for (const Block& block : blocks) results.push_back(player.play(block));
  return results;
}

}  // namespace anchal::smpp::test
