#include "engine/redis/redis_error.h"

#include <gtest/gtest.h>

namespace anchal::redis {
namespace {

using Kind = RedisErrorKind;
using Action = RedisErrorAction;

TEST(RedisError, EveryRedisErrorHasItsKindAndAction) {
  const struct {
    std::string_view error;
    Kind kind;
    Action action;
  } table[] = {
      {"NOGROUP No such key 's' or consumer group 'g'", Kind::group_missing, Action::report},
      {"NOGROUP the consumer group this client was blocked on no longer exists", Kind::group_missing,
       Action::report},
      {"UNBLOCKED the stream key no longer exists", Kind::unblocked, Action::report},
      {"UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
       Kind::demoted, Action::reconnect},
      {"BUSYGROUP Consumer Group name already exists", Kind::group_exists, Action::ignore},
      {"ERR The ID specified in XADD is equal or smaller than the target stream top item", Kind::id_too_small,
       Action::bug},
      {"OOM command not allowed when used memory > 'maxmemory'.", Kind::full, Action::settle_only},
      {"READONLY You can't write against a read only replica.", Kind::read_only, Action::reconnect},
      {"NOREPLICAS Not enough good replicas to write.", Kind::replicas_missing, Action::back_off},
      {"LOADING Redis is loading the dataset in memory", Kind::loading, Action::back_off},
      {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", Kind::primary_down,
       Action::reconnect},
      {"MISCONF Redis is configured to save RDB snapshots", Kind::persistence_failing, Action::back_off},
      {"NOSCRIPT No matching script. Please use EVAL.", Kind::script_missing, Action::load_script},
      {"ERR Function not found", Kind::script_missing, Action::load_script},
      {"BUSY Redis is busy running a script.", Kind::busy, Action::back_off},
      {"MOVED 3999 127.0.0.1:6381", Kind::moved, Action::redirect},
      {"ASK 3999 127.0.0.1:6381", Kind::ask, Action::redirect},
      {"TRYAGAIN Multiple keys request during rehashing of slot", Kind::try_again, Action::back_off},
      {"CROSSSLOT Keys in request don't hash to the same slot", Kind::cross_slot, Action::bug},
      {"CLUSTERDOWN The cluster is down", Kind::cluster_down, Action::back_off},
      {"NOAUTH Authentication required.", Kind::not_authenticated, Action::fatal},
      {"WRONGPASS invalid username-password pair or user is disabled.", Kind::not_authenticated,
       Action::fatal},
      {"NOPERM this user has no permissions to run the 'set' command", Kind::no_permission, Action::fatal},
      {"EXECABORT Transaction discarded because of previous errors.", Kind::aborted, Action::report},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", Kind::wrong_type, Action::fatal},
      {"ERR max number of clients reached", Kind::busy, Action::back_off},
      {"ERR syntax error", Kind::other, Action::report},
      {"", Kind::other, Action::report},
      {"OOMPH", Kind::other, Action::report},
  };
  for (const auto& row : table) {
    EXPECT_EQ(classify_error(row.error).kind, row.kind) << row.error;
    EXPECT_EQ(classify_error(row.error).action, row.action) << row.error;
    EXPECT_FALSE(name_of(classify_error(row.error).kind).empty());
  }
}

TEST(RedisError, ArgumentsDoNotReachTheLog) {
  EXPECT_EQ(loggable("ERR unknown command 'FOO', with args beginning with: '+919800000001' "),
            "ERR unknown command 'FOO'");
  EXPECT_EQ(loggable("READONLY You can't write"), "READONLY You can't write");
  EXPECT_EQ(loggable(std::string(5000, 'x')).size(), 200u);
}

TEST(RedisError, IsOneLineInTheLogWhateverRedisSays) {
  EXPECT_EQ(loggable("ERR a\r\nb\x1b[2J\x7f"), "ERR a??b?[2J?");
}

}  // namespace
}  // namespace anchal::redis
