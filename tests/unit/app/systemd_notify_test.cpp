#include "engine/app/systemd_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/temporary_directory.h"

namespace anchal::app {
namespace {

TEST(SystemdNotify, SendsOneDatagramPerState) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("notify");
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const SystemdNotify notify(path);
  notify.ready();
  notify.status("draining");
  notify.stopping();
  for (const char* expected : {"READY=1", "STATUS=draining", "STOPPING=1"}) {
    char text[64] = {};
    ASSERT_GT(recv(fd, text, sizeof text - 1, MSG_DONTWAIT), 0);
    EXPECT_STREQ(text, expected);
  }
  close(fd);
}

TEST(SystemdNotify, WithoutASocketNothingHappens) {
  SystemdNotify("").ready();
  SystemdNotify("/nonexistent/notify").ready();
  SystemdNotify(std::string(200, 'x')).ready();
}

}  // namespace
}  // namespace anchal::app
