#include "engine/redis/server_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchal::redis {
namespace {

using testing::HasSubstr;

constexpr std::string_view kInfo =
    "# Server\r\nredis_version:7.0.15\r\nrun_id:aa11\r\n\r\n# "
    "Memory\r\nused_memory:1000\r\nused_memory_human:1K\r\n"
    "maxmemory:2000\r\nmaxmemory_policy:noeviction\r\n# "
    "Persistence\r\nloading:0\r\nasync_loading:0\r\naof_enabled:1\r\n"
    "# Replication\r\nrole:master\r\nmaster_replid:bb22\r\nmaster_replid2:0000\r\n# "
    "Cluster\r\ncluster_enabled:0\r\n";

std::string with(std::string_view from, std::string_view to) {
  std::string info(kInfo);
  const std::size_t at = info.find(from);
  return info.replace(at, from.size(), to);
}

std::string problem(const std::string& info, bool fatal) {
  const auto found = unfit(ServerIdentity::from_info(info));
  EXPECT_TRUE(found);
  EXPECT_EQ(found && found->fatal, fatal);
  return found ? found->text : "";
}

TEST(ServerIdentity, ReadsInfo) {
  const ServerIdentity identity = ServerIdentity::from_info(kInfo);
  EXPECT_EQ(identity.version, "7.0.15");
  EXPECT_EQ(identity.run_id, "aa11");
  EXPECT_EQ(identity.replication_id, "bb22");
  EXPECT_EQ(identity.role, "master");
  EXPECT_EQ(identity.maxmemory_policy, "noeviction");
  EXPECT_EQ(identity.maxmemory, 2000u);
  EXPECT_EQ(identity.used_memory, 1000u);
  EXPECT_TRUE(identity.append_only);
  EXPECT_FALSE(identity.loading);
  EXPECT_FALSE(unfit(identity));
}

TEST(ServerIdentity, ReplicasThatStillFetchTheDataAreNotOnline) {
  const std::string info = with("role:master\r\n",
                                "role:master\r\nconnected_slaves:3\r\n"
                                "slave0:ip=10.0.0.2,port=6379,state=online,offset=42,lag=0\r\n"
                                "slave1:ip=10.0.0.3,port=6379,state=wait_bgsave,offset=0,lag=0\r\n"
                                "slave2:ip=10.0.0.4,port=6379,state=online,offset=40,lag=1\r\n");
  EXPECT_EQ(ServerIdentity::from_info(info).replicas, 3u);
  EXPECT_EQ(ServerIdentity::from_info(info).replicas_online, 2u);
  EXPECT_EQ(ServerIdentity::from_info(kInfo).replicas_online, 0u);
  const std::string many =
      with("role:master\r\n", "role:master\r\nconnected_slaves:18446744073709551615\r\n");
  EXPECT_EQ(ServerIdentity::from_info(many).replicas_online, 0u);
}

TEST(ServerIdentity, UnfitServersAreNamedWithWhatIsNeeded) {
  EXPECT_THAT(problem(with("7.0.15", "6.2.7"), true), HasSubstr("version 6.2.7, 7.0 or later"));
  EXPECT_THAT(problem(with("noeviction", "allkeys-lru"), true),
              HasSubstr("'allkeys-lru', it must be 'noeviction'"));
  EXPECT_THAT(problem(with("maxmemory_policy", "x"), true), HasSubstr("unknown"));
  EXPECT_THAT(problem(with("loading:0", "loading:1"), false), HasSubstr("loading"));
  EXPECT_THAT(problem(with("role:master", "role:slave"), false), HasSubstr("replica"));
  EXPECT_THAT(problem(with("cluster_enabled:0", "cluster_enabled:1"), true), HasSubstr("Cluster"));
  EXPECT_THAT(problem(with("7.0.15", "6\x1b[2J"), true), HasSubstr("version 6?[2J,"));
  EXPECT_THAT(problem("", true), HasSubstr("redis_version"));
  EXPECT_FALSE(unfit(ServerIdentity::from_info(with("7.0.15", "10.1"))));
}

TEST(ServerIdentity, TellsAnotherProcessFromAnotherHistory) {
  const ServerIdentity before = ServerIdentity::from_info(kInfo);
  EXPECT_FALSE(before.same_process(ServerIdentity::from_info(with("aa11", "cc33"))));
  EXPECT_TRUE(before.same_history(ServerIdentity::from_info(with("aa11", "cc33"))));
  EXPECT_FALSE(before.same_history(ServerIdentity::from_info(with("bb22", "dd44"))));
}

}  // namespace
}  // namespace anchal::redis
