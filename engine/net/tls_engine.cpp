#include "engine/net/tls_engine.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <new>

namespace anchal::net {

namespace {

bool is_ip_address(const std::string& host) {
  ASN1_OCTET_STRING* const address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  ERR_clear_error();
  return address != nullptr;
}

}  // namespace

TlsEngine::TlsEngine(std::shared_ptr<const TlsContext> context, Role role, const std::string& host)
    : context_(std::move(context)) {
  ssl_ = SSL_new(context_->raw());
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  if (ssl_ == nullptr || in_ == nullptr || out_ == nullptr) {
    throw std::bad_alloc();
  }
  BIO_set_mem_eof_return(in_, -1);
  SSL_set_bio(ssl_, in_, out_);
  if (role == Role::server) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  const std::string& name = context_->server_name().empty() ? host : context_->server_name();
  const bool address = is_ip_address(name);
  if (!address) {
    SSL_set_tlsext_host_name(ssl_, name.c_str());
  }
  if (context_->verifies()) {
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str())
                            : SSL_set1_host(ssl_, name.c_str());
    if (name.empty() || set != 1) {
      error_ = "the server name cannot be verified";  // handshake() then fails
    }
  }
}

TlsEngine::~TlsEngine() {
  SSL_free(ssl_);
}

void TlsEngine::feed(std::span<const std::byte> encrypted) {
  std::size_t written = 0;
  if (!encrypted.empty() && BIO_write_ex(in_, encrypted.data(), encrypted.size(), &written) != 1) {
    throw std::bad_alloc();  // a memory BIO refuses nothing else
  }
}

TlsEngine::Status TlsEngine::handshake() {
  if (!error_.empty()) {
    return Status::failed;
  }
  ERR_clear_error();
  return judge(SSL_do_handshake(ssl_));
}

TlsEngine::Status TlsEngine::read(std::span<std::byte> out, std::size_t& count) {
  ERR_clear_error();
  return judge(SSL_read_ex(ssl_, out.data(), out.size(), &count));
}

std::size_t TlsEngine::write_record(std::span<const std::byte> bytes) {
  ERR_clear_error();
  std::size_t count = 0;
  if (judge(SSL_write_ex(ssl_, bytes.data(), std::min(bytes.size(), kRecordBytes), &count)) != Status::done) {
    return 0;
  }
  return count;
}

void TlsEngine::write_close_notify() {
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::span<const std::byte> TlsEngine::output() const {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out_, &data);
  return std::as_bytes(std::span(data, static_cast<std::size_t>(size))).subspan(sent_);
}

void TlsEngine::consume_output(std::size_t count) {
  sent_ += count;
  if (output().empty()) {
    BIO_reset(out_);
    sent_ = 0;
  }
}

std::string TlsEngine::peer_subject() const {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_);
  if (certificate == nullptr || SSL_get_verify_mode(ssl_) == SSL_VERIFY_NONE) {
    return {};
  }
  BIO* const text = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text, &data);
  std::string subject(data, static_cast<std::size_t>(size));
  BIO_free(text);
  return subject;
}

TlsEngine::Status TlsEngine::judge(int result) {
  if (result == 1) {
    return Status::done;
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Status::pending;
    case SSL_ERROR_ZERO_RETURN:
      return Status::closed;
    default:
      break;
  }
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  error_ = reason == nullptr ? "protocol error" : reason;
  if (const long verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK && !SSL_is_init_finished(ssl_)) {
    error_ += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
  }
  ERR_clear_error();
  return Status::failed;
}

}  // namespace anchal::net
