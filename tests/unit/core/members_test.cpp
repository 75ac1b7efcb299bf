#include "engine/core/partition/members.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

namespace anchal::core {
namespace {

using namespace std::chrono_literals;

/// The hash as Redis answers it.
class Beats {
 public:
  Beats& beat(std::string name, int number) {
    for (std::string text : {std::move(name), std::to_string(number)}) {
      Reply reply;
      reply.type = Reply::Type::text;
      reply.text = texts_.emplace_back(std::move(text));
      replies_.push_back(reply);
    }
    return *this;
  }
  std::span<const Reply> reply() const { return replies_; }

 private:
  std::deque<std::string> texts_;
  std::vector<Reply> replies_;
};

constexpr TimePoint kStart{1h};

TEST(Members, ThePartsOfAllAddUpToAllPartitionsAndDifferByOneAtMost) {
  for (int shards = 1; shards <= 12; ++shards) {
    unsigned sum = 0, least = 1000, most = 0;
    std::vector<int> preferring(8);
    for (int own = 0; own < shards; ++own) {
      Members members("e" + std::to_string(own), {}, 1s);
      Beats beats;
      for (int i = 0; i < shards; ++i) beats.beat("e" + std::to_string(i), 1);
      members.heard(beats.reply(), kStart);
      const unsigned part = members.part_of(8);
      sum += part;
      least = std::min(least, part);
      most = std::max(most, part);
      unsigned preferred = 0;
      for (PartitionId id = 0; id < 8; ++id) {
        preferred += members.prefers(id);
        preferring[id] += members.prefers(id);
      }
      EXPECT_EQ(preferred, part);
    }
    EXPECT_EQ(sum, 8u) << shards;
    EXPECT_LE(most - least, 1u);
    for (const int count : preferring) EXPECT_EQ(count, 1);
  }
}

TEST(Members, WhoDoesNotBeatForTwoLeasesIsGoneAndComesBackWithABeat) {
  Members members("a", {}, 1s);
  for (int turn = 0; turn <= 8; ++turn)
    members.heard(Beats{}.beat("a", turn).beat("b", 1).reply(), kStart + turn * 250ms);
  EXPECT_EQ(members.part_of(8), 4);
  members.heard(Beats{}.beat("a", 9).beat("b", 1).reply(), kStart + 2250ms);
  EXPECT_EQ(members.part_of(8), 8);
  EXPECT_TRUE(members.long_gone(kStart + 2250ms).empty());
  members.heard(Beats{}.beat("a", 10).beat("b", 2).reply(), kStart + 2500ms);
  EXPECT_EQ(members.part_of(8), 4);
  EXPECT_EQ(members.long_gone(kStart + 30s), std::vector<std::string>{"b"});
}

TEST(Members, WhoTookItselfFromTheListIsGoneAtOnce) {
  Members members("a", {}, 1s);
  members.heard(Beats{}.beat("a", 1).beat("b", 1).reply(), kStart);
  members.heard(Beats{}.beat("a", 2).reply(), kStart + 1ms);
  EXPECT_EQ(members.part_of(8), 8);
}

TEST(Members, TheOtherShardsOfTheEngineCountBeforeTheyHaveSpokenButNotForEver) {
  Members members("e/1/0", {"e/1/1", "e/1/2", "e/1/3"}, 1s);
  EXPECT_FALSE(members.known());
  members.heard(Beats{}.beat("e/1/0", 1).reply(), kStart);
  EXPECT_TRUE(members.known());
  EXPECT_EQ(members.part_of(8), 2);
  members.heard(Beats{}.beat("e/1/0", 2).reply(), kStart + 3s);
  EXPECT_EQ(members.part_of(8), 8);
}

/// As HGETALL answers after a failover: "one" and "two" are others.
bool told(const char* of_one, const char* of_two, bool heard_here = true) {
  Members members("own", {}, 1s);
  std::deque<std::string> texts{"own", Members::beat(3, "-"), "one", of_one, "two", of_two};
  std::vector<Reply> replies(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    replies[i].type = Reply::Type::text;
    replies[i].text = texts[i];
  }
  if (!heard_here) members.heard(replies, kStart);
  members.met_history();
  if (heard_here) members.heard(replies, kStart);
  return members.all_told("run/replication");
}

TEST(Members, AllHaveToldARedisOnceEveryOtherSaysSoInThatRedis) {
  EXPECT_TRUE(told("7 run/replication", "9 run/replication"));
  EXPECT_FALSE(told("7 run/replication", "9 -"));
  EXPECT_FALSE(told("7 other/replication", "9 run/replication"));
  EXPECT_FALSE(told("7", "9 run/replication"));  // of a version that says nothing
  EXPECT_FALSE(told("7 run/replication", "9 run/replication", false));
}

TEST(Members, WhoWasSilentForLongBeforeAnotherRedisWasMetIsNotWaitedFor) {
  Members members("own", {}, 1s);
  Beats beats;
  beats.beat("own", 1).beat("one", 7);
  members.heard(beats.reply(), kStart);
  members.heard(beats.reply(), kStart + 3s);
  members.met_history();
  members.heard(beats.reply(), kStart + 4s);
  EXPECT_TRUE(members.all_told("run/replication"));
  Beats again;
  again.beat("own", 1).beat("one", 8);
  members.heard(again.reply(), kStart + 5s);
  EXPECT_FALSE(members.all_told("run/replication"));
}

}  // namespace
}  // namespace anchal::core
