#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace anchal::test {

namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

void must(bool good) {
  if (!good) {
    throw std::runtime_error("test certificates: OpenSSL refused");
  }
}

std::unique_ptr<std::FILE, Free> open_for_writing(const std::string& path) {
  std::unique_ptr<std::FILE, Free> file(std::fopen(path.c_str(), "w"));
  must(file != nullptr);
  return file;
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make(const std::string& name, int serial, EVP_PKEY* key, int from_days, int to_days) {
  constexpr long kDay = 24L * 3600;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_days * kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void save(const std::string& path, X509* certificate) {
  must(PEM_write_X509(open_for_writing(path).get(), certificate) == 1);
}

}  // namespace

struct TestAuthority::Keys {
  Key key;
  Certificate certificate;
};

TestAuthority::TestAuthority() : authority_(std::make_unique<Keys>()), ca_file_(directory_.file("ca.pem")) {
  authority_->key.reset(EVP_EC_gen("P-256"));
  must(authority_->key != nullptr);
  authority_->certificate = make("Anchal test authority", serial_++, authority_->key.get(), -1000, 1000);
  X509* const certificate = authority_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  must(X509_sign(certificate, authority_->key.get(), EVP_sha256()) > 0);
  save(ca_file_, certificate);
}

TestAuthority::~TestAuthority() = default;

TestAuthority::Files TestAuthority::issue(const Request& request) {
  const std::string stem = directory_.file("leaf" + std::to_string(serial_));
  Files files{stem + ".pem", stem + ".key"};
  const Key key(EVP_EC_gen("P-256"));
  must(key != nullptr);
  const Certificate certificate =
      make(request.common_name, serial_++, key.get(), request.valid_from_days, request.valid_to_days);
  X509_set_issuer_name(
      certificate.get(),
      X509_get_subject_name(request.self_signed ? certificate.get() : authority_->certificate.get()));
  std::string names;
  for (const auto& name : request.dns_names) {
    names += (names.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const auto& address : request.addresses) {
    names += (names.empty() ? "IP:" : ",IP:") + address;
  }
  if (!names.empty()) {
    add_extension(certificate.get(), NID_subject_alt_name, names);
  }
  must(X509_sign(certificate.get(), request.self_signed ? key.get() : authority_->key.get(), EVP_sha256()) >
       0);
  save(files.certificate, certificate.get());
  must(PEM_write_PrivateKey(open_for_writing(files.key).get(), key.get(), nullptr, nullptr, 0, nullptr,
                            nullptr) == 1);
  return files;
}

}  // namespace anchal::test
