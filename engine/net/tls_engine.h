#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "engine/net/tls_context.h"

struct ssl_st;
struct bio_st;

namespace anchal::net {

/// One TLS connection over memory, without a socket: encrypted bytes in by feed(), out by output(). Private
/// to engine/net. Errors leave the engine unusable; error() then says why, without any byte of the link.
class TlsEngine {
 public:
  enum class Role { client, server };
  enum class Status { done, pending, closed, failed };

  /// `host` is the name connected to: a client asks for and verifies it unless the context names another.
  TlsEngine(std::shared_ptr<const TlsContext> context, Role role, const std::string& host);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  void feed(std::span<const std::byte> encrypted);
  Status handshake();
  /// Decrypts into `out`; done: `count` bytes; pending: feed more; closed: the peer sent close_notify.
  Status read(std::span<std::byte> out, std::size_t& count);
  /// Encrypts at most one record's worth (16 KiB) of `bytes`, appended to output(); returns how many, 0:
  /// failed.
  std::size_t write_record(std::span<const std::byte> bytes);
  void write_close_notify();

  /// Encrypted bytes that wait for the socket, and the note that `count` of them are gone.
  std::span<const std::byte> output() const;
  void consume_output(std::size_t count);

  const std::string& error() const { return error_; }
  std::string peer_subject() const;

  static constexpr std::size_t kRecordBytes = 16 * 1024;

 private:
  Status judge(int result);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* ssl_ = nullptr;
  bio_st* in_ = nullptr;  // both belong to ssl_
  bio_st* out_ = nullptr;
  std::size_t sent_ = 0;  // of what stands in out_
  std::string error_;
};

}  // namespace anchal::net
