#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace anchal::test {

/// A private certificate authority that lives as long as a test and writes PEM files into a temporary
/// directory. Keys are P-256, made afresh: nothing to leak, nothing to expire in the repository.
class TestAuthority {
 public:
  struct Request {
    std::string common_name = "localhost";
    std::vector<std::string> dns_names = {"localhost"};
    std::vector<std::string> addresses = {"127.0.0.1"};
    int valid_from_days = -1;  // relative to today
    int valid_to_days = 1;
    bool self_signed = false;
  };
  struct Files {
    std::string certificate;
    std::string key;
  };

  TestAuthority();
  ~TestAuthority();

  const std::string& ca_file() const { return ca_file_; }
  Files issue(const Request& request);
  Files issue() { return issue(Request()); }

 private:
  struct Keys;
  TemporaryDirectory directory_;
  std::unique_ptr<Keys> authority_;
  std::string ca_file_;
  int serial_ = 1;
};

}  // namespace anchal::test
