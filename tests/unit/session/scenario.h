#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::smpp::test {

/// A session's story as text: blocks of commands, a line `----`, the expected lines, an empty line.
///
///   esme K=V...       a session of ours (role, then any setting of SessionConfig; times as 20ms, 3s) that
///   starts at smsc K=V...       0; `listen` waits for an outbind, `outbind` sends one, `idle` does neither
///   at TIME           the time of what follows
///   tick TIME         the same, and on_tick()
///   due               prints next_deadline()
///   recv PDU K=V...   the peer's PDU; lines of a block that follow each other come in one read
///   recv hex HEX
///   submit TOKEN...   likewise query, cancel, replace, data, multi, deliver, broadcast; prints refusals only
///   answer PDU K=V    answers PDU of the peer by seq=, status=, id=
///   accept · refuse STATUS · alert · bind · unbind · disconnect
///   state             prints state, requests outstanding, window free
///
/// Events are printed in order, then, behind `out`, the PDUs written. Lines starting with # are remarks.
struct Block {
  std::vector<std::string> commands;
  std::string expected;
  std::size_t line = 0;
};

std::vector<Block> read_scenario(const std::string& path);

/// Plays the blocks on one session and returns what each gave. `piece` is the most octets one read gives.
std::vector<std::string> play(const std::vector<Block>& blocks, std::size_t piece);

}  // namespace anchal::smpp::test
