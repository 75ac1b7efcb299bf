#include "engine/redis/redis_error.h"

namespace anchal::redis {

namespace {

using Kind = RedisErrorKind;
using Action = RedisErrorAction;

struct Row {
  std::string_view begins;
  RedisErrorClass meaning;
};

/// Redis 7.0's own words; of two rows that fit the first counts, so the longer one stands first.
constexpr Row kRows[] = {
    // begins                                          kind                       action alarm  server
    {"NOGROUP ", {Kind::group_missing, Action::report, true, false}},
    {"UNBLOCKED force unblock", {Kind::demoted, Action::reconnect, true, true}},
    {"UNBLOCKED ", {Kind::unblocked, Action::report, true, false}},
    {"BUSYGROUP ", {Kind::group_exists, Action::ignore, false, false}},
    {"ERR The ID specified in XADD", {Kind::id_too_small, Action::bug, true, false}},
    {"OOM ", {Kind::full, Action::settle_only, true, false}},
    {"READONLY ", {Kind::read_only, Action::reconnect, true, true}},
    {"NOREPLICAS ", {Kind::replicas_missing, Action::back_off, true, true}},
    {"LOADING ", {Kind::loading, Action::back_off, false, true}},
    {"MASTERDOWN ", {Kind::primary_down, Action::reconnect, true, true}},
    {"MISCONF ", {Kind::persistence_failing, Action::back_off, true, true}},
    {"NOSCRIPT ", {Kind::script_missing, Action::load_script, false, false}},
    {"ERR Function not found", {Kind::script_missing, Action::load_script, false, false}},
    {"BUSY ", {Kind::busy, Action::back_off, true, true}},
    {"MOVED ", {Kind::moved, Action::redirect, false, false}},
    {"ASK ", {Kind::ask, Action::redirect, false, false}},
    {"TRYAGAIN ", {Kind::try_again, Action::back_off, false, false}},
    {"CROSSSLOT ", {Kind::cross_slot, Action::bug, true, false}},
    {"CLUSTERDOWN ", {Kind::cluster_down, Action::back_off, true, true}},
    {"NOAUTH ", {Kind::not_authenticated, Action::fatal, true, true}},
    {"WRONGPASS ", {Kind::not_authenticated, Action::fatal, true, true}},
    {"NOPERM ", {Kind::no_permission, Action::fatal, true, false}},
    {"EXECABORT ", {Kind::aborted, Action::report, false, false}},
    {"ERR max number of clients", {Kind::busy, Action::back_off, true, true}},
    {"DENIED ", {Kind::not_authenticated, Action::fatal, true, true}},
    {"WRONGTYPE ", {Kind::wrong_type, Action::fatal, true, false}},
};

}  // namespace

RedisErrorClass classify_error(std::string_view error) {
  for (const Row& row : kRows) {
    if (error.starts_with(row.begins)) return row.meaning;
  }
  return {Kind::other, Action::report, false, false};
}

std::string loggable(std::string_view error) {
  constexpr std::size_t kLongest = 200;
  error = error.substr(0, error.find(", with args beginning with"));
  std::string shown(error.substr(0, kLongest));
  // It came over the network: no line of its own in a log, no orders to a terminal.
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return shown;
}

std::string_view name_of(RedisErrorKind kind) {
  switch (kind) {
    case Kind::group_missing:
      return "group missing";
    case Kind::unblocked:
      return "unblocked";
    case Kind::demoted:
      return "demoted";
    case Kind::group_exists:
      return "group exists";
    case Kind::id_too_small:
      return "id too small";
    case Kind::full:
      return "full";
    case Kind::read_only:
      return "read only";
    case Kind::replicas_missing:
      return "replicas missing";
    case Kind::loading:
      return "loading";
    case Kind::primary_down:
      return "primary down";
    case Kind::persistence_failing:
      return "persistence failing";
    case Kind::script_missing:
      return "script missing";
    case Kind::busy:
      return "busy";
    case Kind::moved:
      return "moved";
    case Kind::ask:
      return "ask";
    case Kind::try_again:
      return "try again";
    case Kind::cross_slot:
      return "cross slot";
    case Kind::cluster_down:
      return "cluster down";
    case Kind::not_authenticated:
      return "not authenticated";
    case Kind::no_permission:
      return "no permission";
    case Kind::aborted:
      return "transaction aborted";
    case Kind::wrong_type:
      return "wrong type";
    case Kind::other:
      return "error";
  }
  return "error";
}

}  // namespace anchal::redis
