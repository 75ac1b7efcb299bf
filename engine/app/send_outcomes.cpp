#include "engine/app/send_outcomes.h"

#include <hiredis/hiredis.h>

#include <charconv>

namespace anchal::app {
namespace {

constexpr std::string_view kEntriesPerRead = "500";

std::string_view text_of(const redisReply& reply) {
  return {reply.str, static_cast<std::size_t>(reply.len)};
}

/// What stands behind `"name":`, from its first character on; empty when the key is not there.
std::string_view behind_key(std::string_view json, std::string_view quoted_key) {
  const std::size_t at = json.find(quoted_key);
  if (at == std::string_view::npos) return {};
  return json.substr(at + quoted_key.size());
}

std::string_view string_value(std::string_view json, std::string_view quoted_key) {
  std::string_view rest = behind_key(json, quoted_key);
  if (!rest.starts_with('"')) return {};
  rest.remove_prefix(1);
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
  return rest.substr(0, end);
}

std::uint64_t number_value(std::string_view json, std::string_view quoted_key) {
  const std::string_view rest = behind_key(json, quoted_key);
  std::uint64_t value = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return value;
}

/// Calls with each line of the entry's `body`.
template <class Visit>
void for_each_line(const redisReply& entry, Visit visit) {
  if (entry.type != REDIS_REPLY_ARRAY || entry.elements != 2) return;
  const redisReply& fields = *entry.element[1];
  for (std::size_t at = 0; at + 1 < fields.elements; at += 2) {
    if (text_of(*fields.element[at]) != "body") continue;
    std::string_view body = text_of(*fields.element[at + 1]);
    while (!body.empty()) {
      const std::size_t end = std::min(body.find('\n'), body.size());
      if (end != 0) visit(body.substr(0, end));
      body.remove_prefix(std::min(end + 1, body.size()));
    }
  }
}

}  // namespace

OutcomeLine read_outcome(std::string_view json) {
  OutcomeLine line;
  line.json = json;
  line.job = string_value(json, "\"job\":");
  line.state = string_value(json, "\"state\":");
  line.operator_name = string_value(json, "\"operator\":");
  line.reason = string_value(json, "\"reason\":");
  line.whole_job = behind_key(json, "\"i\":").starts_with("null");
  line.index = number_value(json, "\"i\":");
  line.parts = number_value(json, "\"parts\":");
  line.final = behind_key(json, "\"final\":").starts_with("true");
  return line;
}

OutcomeReader::OutcomeReader(RedisPipe& redis, const std::string& tenant, unsigned partitions)
    : redis_(redis) {
  for (unsigned partition = 0; partition < partitions; ++partition) {
    streams_.push_back({"anchal:{" + std::to_string(partition) + "}:outcomes:" + tenant});
  }
}

std::expected<void, std::string> OutcomeReader::skip_to_end() {
  for (const Stream& stream : streams_) redis_.command({"XREVRANGE", stream.key, "+", "-", "COUNT", "1"});
  std::size_t at = 0;
  return redis_.drain(0, [&](const redisReply& reply) {
    Stream& stream = streams_[at++];
    if (reply.type == REDIS_REPLY_ARRAY && reply.elements == 1)
      stream.last = text_of(*reply.element[0]->element[0]);
  });
}

std::expected<std::uint64_t, std::string> OutcomeReader::read(const OnLine& on_line) {
  for (const Stream& stream : streams_) {
    redis_.command({"XREAD", "COUNT", kEntriesPerRead, "STREAMS", stream.key, stream.last});
  }
  std::uint64_t lines = 0;
  std::size_t at = 0;
  std::string error;
  auto done = redis_.drain(0, [&](const redisReply& reply) {
    Stream& stream = streams_[at++];
    if (reply.type == REDIS_REPLY_ERROR) error = "Redis refused XREAD: " + std::string(text_of(reply));
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements == 0) return;
    const redisReply& entries = *reply.element[0]->element[1];
    for (std::size_t i = 0; i < entries.elements; ++i) {
      for_each_line(*entries.element[i], [&](std::string_view json) {
        ++lines;
        on_line(read_outcome(json));
      });
      stream.last = text_of(*entries.element[i]->element[0]);
    }
  });
  if (!done) return std::unexpected(done.error());
  if (!error.empty()) return std::unexpected(error);
  return lines;
}

}  // namespace anchal::app
