#pragma once

#include <expected>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace anchal::net {

/// TLS of one connection target or one listener, as the configuration names it. Files are PEM.
struct TlsSettings {
  std::string ca_file = {};      // trusted roots; empty: the system's (client), none (server)
  std::string cert_file = {};    // own certificate chain; a server needs one, a client may have one
  std::string key_file = {};     // its private key, not encrypted
  std::string server_name = {};  // client: name to ask for and to verify; empty: the host connected to
  bool verify = true;  // client: verify chain and name; server: ask for a client certificate from ca_file
};

/// Loaded, checked key material for TLS 1.2 and later. Immutable; shared by streams of any loop.
class TlsContext {
 public:
  /// Errors name the setting, the file and what is wrong with it ("tls_key_file '/x.pem' does not match
  /// tls_cert_file '/y.pem'"), for a start-up message; they hold no secrets.
  using Result = std::expected<std::shared_ptr<const TlsContext>, std::string>;

  static Result client(const TlsSettings& settings);
  /// With `verify` and a ca_file, clients must present a certificate that the CA file signed.
  static Result server(const TlsSettings& settings);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* raw() const { return context_; }
  bool verifies() const { return verifies_; }
  const std::string& server_name() const { return server_name_; }

 private:
  TlsContext(ssl_ctx_st* context, bool verifies, std::string server_name);
  ssl_ctx_st* context_;
  bool verifies_;
  std::string server_name_;
};

}  // namespace anchal::net
