#include "engine/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace anchal::net {

namespace {

using Failure = std::unexpected<std::string>;

/// The last thing OpenSSL had to say, in a few words; empties its queue.
std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

std::string unusable(const char* setting, const std::string& file) {
  const std::string what = std::string(setting) + " '" + file + "'";
  if (::access(file.c_str(), R_OK) != 0) {
    ERR_clear_error();
    return what + " cannot be read: " + std::generic_category().message(errno);
  }
  return what + " cannot be used: " + last_error();
}

/// An encrypted key must not make the process ask a terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

std::expected<void, std::string> load(SSL_CTX* context, const TlsSettings& settings) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (settings.cert_file.empty() != settings.key_file.empty()) {
    return Failure("tls_cert_file and tls_key_file belong together: tls_cert_file is '" + settings.cert_file +
                   "', tls_key_file is '" + settings.key_file + "'");
  }
  if (!settings.ca_file.empty() &&
      SSL_CTX_load_verify_locations(context, settings.ca_file.c_str(), nullptr) != 1) {
    return Failure(unusable("tls_ca_file", settings.ca_file));
  }
  if (settings.cert_file.empty()) {
    return {};
  }
  if (SSL_CTX_use_certificate_chain_file(context, settings.cert_file.c_str()) != 1) {
    return Failure(unusable("tls_cert_file", settings.cert_file));
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) {
      ERR_clear_error();
      return Failure("tls_key_file '" + settings.key_file + "' is not the key of tls_cert_file '" +
                     settings.cert_file + "'");
    }
    return Failure(unusable("tls_key_file", settings.key_file));
  }
  return {};
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<SSL_CTX, FreeContext>;

}  // namespace

TlsContext::TlsContext(ssl_ctx_st* context, bool verifies, std::string server_name)
    : context_(context), verifies_(verifies), server_name_(std::move(server_name)) {}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

TlsContext::Result TlsContext::client(const TlsSettings& settings) {
  ContextPointer context(SSL_CTX_new(TLS_client_method()));
  if (!context) {
    return Failure("TLS cannot start: " + last_error());
  }
  if (auto loaded = load(context.get(), settings); !loaded) {
    return Failure(loaded.error());
  }
  if (settings.verify && settings.ca_file.empty() && SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return Failure("the system's trusted certificates cannot be used: " + last_error() +
                   " (set tls_ca_file)");
  }
  SSL_CTX_set_verify(context.get(), settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return std::shared_ptr<const TlsContext>(
      new TlsContext(context.release(), settings.verify, settings.server_name));
}

TlsContext::Result TlsContext::server(const TlsSettings& settings) {
  ContextPointer context(SSL_CTX_new(TLS_server_method()));
  if (!context) {
    return Failure("TLS cannot start: " + last_error());
  }
  if (settings.cert_file.empty()) {
    return Failure("a TLS listener needs tls_cert_file and tls_key_file");
  }
  if (auto loaded = load(context.get(), settings); !loaded) {
    return Failure(loaded.error());
  }
  const bool verifies = settings.verify && !settings.ca_file.empty();
  if (verifies) {
    SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(settings.ca_file.c_str()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    static constexpr unsigned char kSessionContext[] = "anchal";
    SSL_CTX_set_session_id_context(context.get(), kSessionContext, sizeof kSessionContext - 1);
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(context.release(), verifies, {}));
}

}  // namespace anchal::net
