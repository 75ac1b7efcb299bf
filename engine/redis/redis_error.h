#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anchal::redis {

/// What an error reply of Redis 7.0 means for us, told by how it begins.
enum class RedisErrorKind : std::uint8_t {
  group_missing,        // NOGROUP
  unblocked,            // UNBLOCKED: the key of a blocked read went away
  demoted,              // UNBLOCKED force unblock …: the node is no longer primary
  group_exists,         // BUSYGROUP
  id_too_small,         // XADD with an id at or below the last one
  full,                 // OOM: maxmemory reached
  read_only,            // READONLY: this is a replica
  replicas_missing,     // NOREPLICAS
  loading,              // LOADING
  primary_down,         // MASTERDOWN: a replica cut off from its primary
  persistence_failing,  // MISCONF
  script_missing,       // NOSCRIPT, Function not found
  busy,                 // BUSY: somebody's script runs
  moved,                // MOVED, cluster
  ask,                  // ASK, cluster
  try_again,            // TRYAGAIN, cluster
  cross_slot,           // CROSSSLOT
  cluster_down,         // CLUSTERDOWN
  not_authenticated,    // NOAUTH, WRONGPASS
  no_permission,        // NOPERM
  aborted,              // EXECABORT: one command of a transaction was refused, nothing was done
  wrong_type,           // WRONGTYPE: a key of ours holds something else
  other,
};

/// What the store does about it.
enum class RedisErrorAction : std::uint8_t {
  ignore,
  report,       // the caller's matter: a refused command
  back_off,     // nothing was done; try again after a pause
  reconnect,    // wrong node: drop the connection and look for the primary
  settle_only,  // full: take no new work, settle through the script
  load_script,
  redirect,
  bug,    // ours: fix the call
  fatal,  // credentials, rights, foreign data: a person has to act
};

struct RedisErrorClass {
  RedisErrorKind kind;
  RedisErrorAction action;
  bool alarm;         // worth waking somebody
  bool whole_server;  // every command would meet it now, not only this one
};

/// `error` is the text of an error reply without the leading '-'. Unknown ones are other / report.
RedisErrorClass classify_error(std::string_view error);

std::string_view name_of(RedisErrorKind kind);

/// Redis' own words as a log may show them: without what some errors repeat of the arguments, on one line.
std::string loggable(std::string_view error);

}  // namespace anchal::redis
