#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/time.h"

namespace anchal::core {

/// One connection to an operator, known by a small number for the life of the shard. With
/// bind = "transmitter+receiver" the two connections of a pair are two binds.
using BindId = std::uint16_t;

/// The core's port to the sockets. Calls act at once and never call back into the core; what happens later is
/// told through Shard::on_connected, on_bytes, on_writable and on_closed.
class BindPort {
 public:
  virtual ~BindPort() = default;

  /// Opens the connection of `bind` (the name is resolved anew each time). Answered by on_connected or
  /// on_closed.
  virtual void connect(BindId bind) = 0;

  /// Hands bytes to the kernel now; returns how many it took. When fewer than given, the core keeps the rest
  /// as the bind's one remainder and writes nothing more until on_writable. Never queues in user space.
  /// Nothing: by the clock of this moment `before` has passed, and no byte was given. A process that stood
  /// still in the midst of a turn (SIGSTOP, no processor) must not write what was allowed when it began.
  virtual std::optional<std::size_t> write(BindId bind, std::span<const std::byte> bytes,
                                           TimePoint before) = 0;

  /// Ends the connection: orderly sends what the kernel has, abortive resets (linger 0) and so takes back
  /// what was not sent. on_closed follows in a later loop turn.
  virtual void close(BindId bind, bool orderly) = 0;

  /// Bytes the kernel holds and has not sent (SIOCOUTQNSD); 0 when the bind is not connected.
  virtual std::size_t unsent(BindId bind) = 0;

  /// Stops or resumes reading from the bind: back-pressure on receipts while the store is slow.
  virtual void pause_reading(BindId bind, bool paused) = 0;
};

}  // namespace anchal::core
