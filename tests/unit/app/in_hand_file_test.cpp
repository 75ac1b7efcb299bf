#include "engine/app/in_hand_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/app/knowledge_file.h"
#include "tests/support/temporary_directory.h"

namespace anchal::app {
namespace {

using namespace std::chrono_literals;
using core::Death;
using core::Stage;

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename().string());
  return names;
}

std::unique_ptr<InHandFile> open(const std::string& directory, const std::string& incarnation) {
  auto file = InHandFile::open(directory, incarnation, 2);
  EXPECT_TRUE(file.has_value()) << file.error();
  return std::move(*file);
}

/// A child that has an entry in hand in its second shard and then does what `end` does.
template <class End>
void die(const std::string& directory, End end) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = InHandFile::open(directory, "engine-1.dead", 2);
    if (!file) ::_exit(1);
    const CrashNote note(**file, 1);
    const core::Holding holding((*file)->of(1), 3, "jobs:otp", {17, 2}, Stage::render, 5);
    end(**file);
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

class InHandFileIn : public testing::TestWithParam<const char*> {
 protected:
  const test::TemporaryDirectory temporary{GetParam()};
  const std::string directory = temporary.path().string();
};

TEST_P(InHandFileIn, ACrashIsFoundByTheNextProcess) {
  die(directory, [](InHandFile&) {
    volatile int* const nowhere = nullptr;
    *nowhere = 1;
  });
  const auto next = open(directory, "engine-1.next");
  ASSERT_EQ(next->endings().size(), 1u);
  const core::Ending& ending = next->endings()[0];
  EXPECT_EQ(ending.process, "engine-1.dead/1");
  EXPECT_EQ(ending.partition, 3);
  EXPECT_EQ(ending.stream, "jobs:otp");
  EXPECT_EQ(ending.id, (core::StreamId{17, 2}));
  EXPECT_EQ(ending.stage, Stage::render);
  EXPECT_EQ(ending.row, 5u);
  EXPECT_EQ(ending.death, Death::crashed);
  next->endings_told();
  EXPECT_THAT(files_in(directory), testing::ElementsAre("in-hand.engine-1.next"));
}

TEST_P(InHandFileIn, AnAssertionIsACrashAndAStallIsWhatTheWatchSaid) {
  die(directory, [](InHandFile&) { std::abort(); });
  EXPECT_EQ(open(directory, "engine-1.b")->endings().at(0).death, Death::crashed);
  open(directory, "engine-1.c")->endings_told();
  die(directory, [](InHandFile& file) { file.saw_end(1, Death::stalled); });
  EXPECT_EQ(open(directory, "engine-1.d")->endings().at(0).death, Death::stalled);
}

TEST_P(InHandFileIn, ASignalFromOutsideAccusesNobody) {
  die(directory, [](InHandFile&) { ::kill(::getpid(), SIGSEGV); });
  const auto next = open(directory, "engine-1.next");
  for (const auto& ending : next->endings()) EXPECT_EQ(ending.death, Death::silent);
}

TEST_P(InHandFileIn, ALivingProcessIsLeftInPeaceAndACleanEndLeavesNothing) {
  {
    const auto living = open(directory, "engine-2.living");
    const core::Holding holding(living->of(0), 1, "jobs:bulk", {1, 1}, Stage::read);
    const auto other = open(directory, "engine-1.next");
    EXPECT_TRUE(other->endings().empty());
    EXPECT_EQ(files_in(directory).size(), 2u);
  }
  EXPECT_TRUE(open(directory, "engine-1.later")->endings().empty());
  EXPECT_TRUE(files_in(directory).empty());
}

TEST_P(InHandFileIn, AFileOfAnotherMakeIsIgnored) {
  std::ofstream(directory + "/in-hand.engine-1.odd") << std::string(1000, 'x');
  std::ofstream(directory + "/in-hand.engine-1.empty") << "";
  EXPECT_TRUE(open(directory, "engine-1.next")->endings().empty());
}

INSTANTIATE_TEST_SUITE_P(Places, InHandFileIn, testing::Values("/tmp", "/dev/shm"),
                         [](const auto& place) { return place.index == 0 ? "OnDisk" : "InMemory"; });

TEST(InHandFile, WhatKillLeavesInMemoryIsFoundAsAnEndWithoutAWord) {
  const test::TemporaryDirectory temporary{"/dev/shm"};
  const std::string directory = temporary.path().string();
  die(directory, [](InHandFile&) { ::raise(SIGKILL); });
  const auto next = open(directory, "engine-1.next");
  ASSERT_TRUE(next->mapped());
  ASSERT_EQ(next->endings().size(), 1u);
  EXPECT_EQ(next->endings()[0].death, Death::silent);
}

TEST(InHandFile, ADirectoryThatIsNotThereIsAnError) {
  const auto file = InHandFile::open("/nowhere/at/all", "engine-1.x", 1);
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error(), testing::HasSubstr("/nowhere/at/all/in-hand.engine-1.x"));
}

TEST(InHandFile, TheRuntimeDirectoryComesFirstThenTheSettingThenTheStateDirectory) {
  AppConfig config;
  ::setenv("STATE_DIRECTORY", "/var/lib/anchal:/var/lib/other", 1);
  ::setenv("RUNTIME_DIRECTORY", "/run/anchal:/run/other", 1);
  EXPECT_EQ(in_hand_directory(config), "/run/anchal");
  EXPECT_EQ(state_directory(config), "/var/lib/anchal");
  ::setenv("RUNTIME_DIRECTORY", "", 1);
  EXPECT_EQ(in_hand_directory(config), "/var/lib/anchal");
  config.state_dir = "/srv/anchal";
  EXPECT_EQ(in_hand_directory(config), "/srv/anchal");
  EXPECT_EQ(state_directory(config), "/srv/anchal");
  ::unsetenv("STATE_DIRECTORY");
  ::unsetenv("RUNTIME_DIRECTORY");
  config.state_dir.clear();
  EXPECT_EQ(in_hand_directory(config), "");
}

TEST(InHandFile, WithoutADirectoryItIsMemory) {
  const auto file = open("", "engine-1.x");
  EXPECT_FALSE(file->mapped());
  const core::Holding holding(file->of(1), 1, "jobs:bulk", {1, 1}, Stage::read);
  EXPECT_EQ(file->of(1).stage, Stage::read);
  EXPECT_EQ(file->of(0).stage, Stage::nothing);
}

TEST(StallWatch, OnlyTheSameEntryForAllThatTimeIsAStall) {
  StallWatch watch(1, 1s);
  core::InHand hand;
  TimePoint now{};
  const auto look = [&](int times) {
    bool stalls = false;
    for (int i = 0; i < times; ++i) stalls |= watch.look(0, hand, now += 100ms);
    return stalls;
  };
  EXPECT_FALSE(look(30)) << "nothing in hand";
  hand.take(0, "jobs:otp", {1, 1}, Stage::read, 0);
  EXPECT_FALSE(look(9));
  hand.take(0, "jobs:otp", {1, 2}, Stage::read, 0);
  EXPECT_FALSE(look(9));
  now += 60s;  // the machine slept: one look more is no minute of work
  EXPECT_FALSE(look(1));
  EXPECT_TRUE(look(2));
}

TEST(StallWatch, SwitchedOffItSeesNothing) {
  StallWatch watch(1, 0s);
  core::InHand hand;
  hand.take(0, "jobs:otp", {1, 1}, Stage::read, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(watch.look(0, hand, TimePoint{} + i * 1s));
}

}  // namespace
}  // namespace anchal::app
