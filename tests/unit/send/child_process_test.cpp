#include "engine/app/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temporary_directory.h"

namespace anchal::app {
namespace {

using std::chrono::seconds;

TEST(ChildProcess, ItsLinesAreReadAndItsEndIsSeen) {
  auto child = ChildProcess::start({"sh", "-c", "echo one; echo two; exit 3"}, {"", true, {}});
  ASSERT_TRUE(child) << child.error();
  EXPECT_EQ(child->read_line(seconds(10)), "one");
  EXPECT_EQ(child->read_line(seconds(10)), "two");
  EXPECT_EQ(child->read_line(seconds(10)), std::nullopt);
  EXPECT_EQ(child->wait(seconds(10)), 3);
  EXPECT_TRUE(child->ended());
}

TEST(ChildProcess, AnUnknownProgramEndsWith127) {
  auto child = ChildProcess::start({"no-such-program-anywhere"}, {});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(seconds(10)), 127);
}

TEST(ChildProcess, OutputGoesToItsFileAndTheEnvironmentIsExtended) {
  test::TemporaryDirectory directory;
  auto child = ChildProcess::start({"sh", "-c", "echo $GREETING; echo wrong >&2"},
                                   {directory.file("log"), false, {"GREETING=hello"}});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(seconds(10)), 0);
  std::ifstream file(directory.file("log"));
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_EQ(content.str(), "hello\nwrong\n");
}

TEST(ChildProcess, StoppingTakesSigtermAndThenSigkill) {
  auto willing = ChildProcess::start({"sleep", "1000"}, {});
  ASSERT_TRUE(willing);
  EXPECT_FALSE(willing->ended());
  EXPECT_EQ(willing->stop(), 128 + SIGTERM);

  auto stubborn = ChildProcess::start({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"},
                                      {"", true, {}});
  ASSERT_TRUE(stubborn);
  ASSERT_EQ(stubborn->read_line(seconds(10)), "ready");
  EXPECT_EQ(stubborn->stop(std::chrono::milliseconds(50)), 128 + SIGKILL);
}

TEST(ChildProcess, NothingIsLeftBehindWhenTheObjectGoes) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::start({"sleep", "1000"}, {});
    ASSERT_TRUE(child);
    pid = child->pid();
    EXPECT_EQ(::kill(pid, 0), 0);
    ChildProcess moved = std::move(*child);
    EXPECT_TRUE(child->ended());
    EXPECT_FALSE(moved.ended());
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(ChildProcess, UsageIsReadWhileItRuns) {
  auto child = ChildProcess::start({"sleep", "1000"}, {});
  ASSERT_TRUE(child);
  const auto usage = child->usage();
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->peak_bytes, 0U);
  EXPECT_LT(usage->cpu_seconds, 5);
  child->stop();
  EXPECT_FALSE(child->usage());
}

}  // namespace
}  // namespace anchal::app
