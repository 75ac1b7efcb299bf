#include <charconv>
#include <optional>

#include "tests/support/sim_keyspace.h"

namespace anchal::sim {
namespace {

constexpr std::string_view kInvalidId = "ERR Invalid stream ID specified as stream command argument";

bool parse_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// "ms" or "ms-seq"; `missing_seq` where only the time is given.
std::optional<EntryId> parse_id(std::string_view text, std::uint64_t missing_seq) {
  EntryId id{0, missing_seq};
  const std::size_t dash = text.find('-');
  if (!parse_number(text.substr(0, dash), id.ms)) return std::nullopt;
  if (dash != std::string_view::npos && !parse_number(text.substr(dash + 1), id.seq)) return std::nullopt;
  return id;
}

/// A bound of XRANGE: "-", "+", an id, or "(id" for exclusive. Sets `error` where it is none.
EntryId parse_bound(std::string_view text, bool start, std::string_view& error) {
  if (text == "-") return {};
  if (text == "+") return EntryId::largest();
  const bool exclusive = text.size() > 1 && text.front() == '(';
  const auto id = parse_id(exclusive ? text.substr(1) : text, start ? 0 : ~std::uint64_t{0});
  if (!id) {
    error = kInvalidId;
    return {};
  }
  if (!exclusive) return *id;
  if (start) {
    if (*id == EntryId::largest()) error = "ERR invalid start ID for the interval";
    return id->seq == ~std::uint64_t{0} ? EntryId{id->ms + 1, 0} : EntryId{id->ms, id->seq + 1};
  }
  if (*id == EntryId{}) error = "ERR invalid end ID for the interval";
  return id->seq == 0 ? EntryId{id->ms - 1, ~std::uint64_t{0}} : EntryId{id->ms, id->seq - 1};
}

}  // namespace

core::Reply Keyspace::entry_reply(const StreamEntry& entry) {
  const auto pair = arena_->array(2);
  pair[0] = arena_->text(entry.id.text());
  const auto fields = arena_->array(entry.size());
  for (std::size_t i = 0; i < entry.size(); ++i) fields[i] = arena_->text(entry[i]);
  pair[1] = ReplyArena::list(fields);
  return ReplyArena::list(pair);
}

core::Reply Keyspace::xadd_(const Arguments& in) {
  // XADD key [MINID [=|~] oldest] id field value …
  std::size_t at = 2;
  std::optional<EntryId> oldest;
  bool whole_nodes = false;
  if (in[at] == "MINID" && in.size() > at + 3) {
    ++at;
    whole_nodes = in[at] == "~";
    if (whole_nodes || in[at] == "=") ++at;
    oldest = parse_id(in[at], 0);
    if (!oldest) return arena_->error(kInvalidId);
    ++at;
  }
  const std::string_view wanted = in[at];
  const bool automatic = wanted == "*";
  const bool next_in_ms = !automatic && wanted.ends_with("-*");
  std::optional<EntryId> id = EntryId{};
  if (!automatic) id = parse_id(next_in_ms ? wanted.substr(0, wanted.size() - 2) : wanted, 0);
  if (!id) return arena_->error(kInvalidId);
  if (in.size() < at + 3 || (in.size() - at) % 2 == 0) return wrong_arity("XADD");
  if (!automatic && !next_in_ms && *id == EntryId{}) {
    return arena_->error("ERR The ID specified in XADD must be greater than 0-0");
  }
  auto* const stream = typed_or_new<Stream>(in[1]);
  if (stream == nullptr) return wrong_type();
  if (stream->last == EntryId::largest()) {
    return arena_->error("ERR The stream has exhausted the last possible ID, unable to add more items");
  }

  if (automatic) {
    // Redis never goes back: behind the last id it counts on from there.
    const auto now = static_cast<std::uint64_t>(wall_ms_);
    id = now > stream->last.ms ? EntryId{now, 0} : EntryId{stream->last.ms, stream->last.seq + 1};
  } else if (next_in_ms) {
    id->seq = id->ms == stream->last.ms ? stream->last.seq + 1 : 0;
  }
  if (*id <= stream->last) {
    return arena_->error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  }
  StreamEntry& entry = stream->entries.emplace_back();
  entry.id = *id;
  for (std::size_t i = at + 1; i < in.size(); ++i) entry.append(in[i]);
  stream->last = last_added_ = *id;
  ++stream->added;
  if (oldest) {
    // With "~" Redis drops whole nodes only, of 100 entries by default.
    auto drop = static_cast<std::size_t>(stream->at_or_after(*oldest) - stream->entries.begin());
    if (whole_nodes) drop -= drop % 100;
    stream->entries.erase(stream->entries.begin(),
                          stream->entries.begin() + static_cast<std::ptrdiff_t>(drop));
  }
  return arena_->text(id->text());
}

core::Reply Keyspace::xlen_(const Arguments& in) {
  bool other = false;
  const auto* const stream = typed<Stream>(in[1], other);
  if (other) return wrong_type();
  return ReplyArena::number(stream == nullptr ? 0 : static_cast<std::int64_t>(stream->entries.size()));
}

core::Reply Keyspace::xread_(const Arguments& in) {
  std::int64_t count = 0;
  std::size_t at = 1;
  if (in[at] == "COUNT" && in.size() > at + 1) {
    if (!parse_integer(in[at + 1], count))
      return arena_->error("ERR value is not an integer or out of range");
    at += 2;
  }
  if (at >= in.size() || in[at] != "STREAMS") return arena_->error("ERR syntax error");
  ++at;
  if (at == in.size()) return arena_->error("ERR syntax error");
  const std::size_t streams = (in.size() - at) / 2;
  if ((in.size() - at) % 2 != 0) {
    return arena_->error(
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
  }

  struct Given {
    std::string_view key;
    const Stream* stream;
    EntryId after;
  };
  std::vector<Given> given;
  for (std::size_t i = 0; i < streams; ++i) {
    bool other = false;
    const auto* const stream = typed<Stream>(in[at + i], other);
    if (other) return wrong_type();
    const std::string_view text = in[at + streams + i];
    const auto id = text == "$" ? (stream == nullptr ? EntryId{} : stream->last) : parse_id(text, 0);
    if (!id) return arena_->error(kInvalidId);
    if (stream != nullptr && !stream->entries.empty() && stream->entries.back().id > *id) {
      given.push_back({in[at + i], stream, *id});
    }
  }
  if (given.empty()) return ReplyArena::nil();

  const auto replies = arena_->array(given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& entries = given[i].stream->entries;
    const auto first = std::ranges::upper_bound(entries, given[i].after, {}, &StreamEntry::id);
    auto size = static_cast<std::size_t>(entries.end() - first);
    if (count > 0) size = std::min(size, static_cast<std::size_t>(count));
    const auto rows = arena_->array(size);
    for (std::size_t row = 0; row < size; ++row) {
      rows[row] = entry_reply(*(first + static_cast<std::ptrdiff_t>(row)));
    }
    const auto pair = arena_->array(2);
    pair[0] = arena_->text(given[i].key);
    pair[1] = ReplyArena::list(rows);
    replies[i] = ReplyArena::list(pair);
  }
  return ReplyArena::list(replies);
}

core::Reply Keyspace::xrange_(const Arguments& in) {
  const bool backwards = in[0] == "XREVRANGE";
  std::string_view error;
  const EntryId start = parse_bound(in[backwards ? 3 : 2], true, error);
  if (!error.empty()) return arena_->error(error);
  const EntryId end = parse_bound(in[backwards ? 2 : 3], false, error);
  if (!error.empty()) return arena_->error(error);
  std::int64_t count = -1;
  if (in.size() > 4) {
    if (in.size() != 6 || in[4] != "COUNT") return arena_->error("ERR syntax error");
    if (!parse_integer(in[5], count)) return arena_->error("ERR value is not an integer or out of range");
    if (count < 0) count = 0;
  }
  bool other = false;
  const auto* const stream = typed<Stream>(in[1], other);
  if (other) return wrong_type();
  if (stream == nullptr) return ReplyArena::list({});
  if (count == 0) return ReplyArena::nil();

  const auto first = stream->at_or_after(start);
  const auto last = std::ranges::upper_bound(stream->entries, end, {}, &StreamEntry::id);
  auto size = first < last ? static_cast<std::size_t>(last - first) : 0;
  if (count > 0) size = std::min(size, static_cast<std::size_t>(count));
  const auto rows = arena_->array(size);
  for (std::size_t row = 0; row < size; ++row) {
    const auto offset = static_cast<std::ptrdiff_t>(row);
    rows[row] = entry_reply(backwards ? *(last - 1 - offset) : *(first + offset));
  }
  return ReplyArena::list(rows);
}

core::Reply Keyspace::xtrim_(const Arguments& in) {
  std::size_t at = 2;
  if (in[at] != "MINID") return arena_->error("ERR syntax error");
  ++at;
  if (in[at] == "=" && at + 1 < in.size()) ++at;
  if (at + 1 != in.size()) return arena_->error("ERR syntax error");
  const auto oldest = parse_id(in[at], 0);
  if (!oldest) return arena_->error(kInvalidId);
  bool other = false;
  auto* const stream = typed<Stream>(in[1], other);
  if (other) return wrong_type();
  std::int64_t removed = 0;
  while (stream != nullptr && !stream->entries.empty() && stream->entries.front().id < *oldest) {
    stream->entries.pop_front();
    ++removed;
  }
  return ReplyArena::number(removed);
}

}  // namespace anchal::sim
