// What the core reads back from Redis: the journal, moved entries, doubts, the receipt map, the beats of
// other shards, stream ids. Redis may hold an older version's octets, or somebody else's. The first octet
// chooses the record, the second whether the rest is its octets or its fields. The laws: what was packed is
// read as it was, no shorter octets are taken for it, and what is taken from any octets is the same when
// packed and read again.
#include <string>

#include "engine/core/doubt/doubt.h"
#include "engine/core/job/job.h"
#include "engine/core/journal/journal.h"
#include "engine/core/partition/members.h"
#include "engine/core/receipts/receipt_map.h"
#include "tests/fuzz/reply_draw.h"

namespace {

using namespace anchal;
using namespace anchal::core;
using fuzz::check;
using fuzz::Input;

Identity draw_identity(Input& input) {
  Identity who;
  who.partition = static_cast<PartitionId>(input.number());
  who.index = input.number();
  who.hash = input.number64();
  who.tenant = input.text(40);
  who.id_json = input.text(40);
  who.ref_json = input.text(40);
  who.receipt = input.octet() % 2 == 0;
  who.resent = input.octet() % 2 == 0;
  return who;
}

Moved draw(Input& input, Moved moved) {
  std::uint32_t index = 0;
  for (unsigned left = input.octet() % 8U; left > 0; --left)
    moved.indexes.push_back(index += 1U + input.octet());
  moved.attempts = input.number();
  moved.resent = input.octet() % 2 == 0;
  if (input.octet() % 2 == 0)
    moved.progress =
        Progress{static_cast<std::uint16_t>(input.number()), input.text(), input.text(), input.number64()};
  return moved;
}

Doubt draw(Input& input, Doubt doubt) {
  doubt.state = static_cast<Doubt::State>(input.octet() % 3);
  doubt.who = draw_identity(input);
  doubt.category = input.text(40);
  doubt.operator_name = input.text(40);
  doubt.lane = static_cast<Lane>(input.octet() % kLanes);
  doubt.parts = input.octet();
  doubt.doubtful = input.octet();
  doubt.any_refused = input.octet() % 2 == 0;
  doubt.due = WallTime(std::chrono::milliseconds(input.number64() >> 16));
  doubt.deadline = WallTime(std::chrono::milliseconds(input.number64() >> 16));
  doubt.orphans_below = input.number64();
  doubt.moved = input.text();
  doubt.body = input.text();
  return doubt;
}

ReceiptTarget draw(Input& input, ReceiptTarget target) {
  target.who = draw_identity(input);
  target.parts = std::max<std::uint8_t>(1, input.octet());
  target.part = static_cast<std::uint8_t>(input.octet() % target.parts);
  target.sent_ms = static_cast<std::int64_t>(input.number64() >> 16);
  target.fence = input.number64();
  target.day = input.number64();
  return target;
}

template <class Record>
std::string packed(const Record& record) {
  std::string out;
  record.pack(out);
  return out;
}

/// Packing says all that there is: two records are the same when their octets are.
template <class Record>
void check_record(Input& input, bool fields) {
  if (!fields) {
    const auto record = Record::unpack(input.rest());
    if (!record) return;
    const auto again = Record::unpack(packed(*record));
    check(again && packed(*again) == packed(*record));
    return;
  }
  const std::string octets = packed(draw(input, Record{}));
  const auto read = Record::unpack(octets);
  check(read && packed(*read) == octets);
  for (std::size_t size = 0; size < octets.size(); ++size) {
    check(!Record::unpack(std::string(octets, 0, size)));
  }
  check(!Record::unpack(octets + '\0'));
}

void check_recovered(const Recovered& recovered) {
  std::size_t rows = 0;
  for (const auto& [name, stream] : recovered.streams) {
    for (const auto& [id, entry] : stream.open) {
      check(!entry.unsettled.empty());
      rows += entry.unsettled.size();
    }
  }
  check(rows <= recovered.rows_max);
}

/// A journal of drawn records against a plain model of one stream's rows.
void check_journal(Input& input) {
  Recovered recovered;
  std::map<StreamId, std::map<std::uint32_t, bool>> model;  // of open rows: whether it has an intent
  constexpr std::string_view kStream = "jobs:bulk";
  JournalWriter writer;
  while (!input.empty()) {
    const std::uint8_t kind = input.octet() % 8;
    const StreamId id{1, input.octet() % 4U + 1U};
    const std::uint64_t hash = id.seq * 77;
    const std::uint32_t index = input.octet() % 8;
    const auto entry = model.find(id);
    const bool open = entry != model.end() && entry->second.contains(index);
    if (kind == 0 && entry == model.end()) {
      writer.accept(kStream, id, hash, 8, {});
      for (std::uint32_t row = 0; row < 8; ++row) model[id][row] = false;
    } else if (kind == 1) {
      writer.cursor(kStream, id);
    } else if (kind <= 3) {
      writer.intent(kStream, id, hash, Intent{index, 1, 1, "alpha"});
      if (open) entry->second[index] = true;
    } else if (kind == 4) {
      writer.settled(kStream, id, hash, index);
      if (open) entry->second.erase(index);
      if (open && entry->second.empty()) model.erase(entry);
    } else if (kind == 5) {
      writer.not_sent(kStream, id, hash, index);
      if (open) entry->second[index] = false;
    } else if (kind == 6) {
      // Of another job under the same id: says nothing about ours.
      writer.settled(kStream, id, hash + 1, index);
    } else {
      std::string octets;
      writer.finish(octets);
      check(recovered.apply(octets));
    }
  }
  std::string octets;
  writer.finish(octets);
  check(recovered.apply(octets) && recovered.malformed == 0);
  const auto stream = recovered.streams.find(kStream);
  check((stream == recovered.streams.end() ? 0 : stream->second.open.size()) == model.size());
  for (const auto& [id, rows] : model) {
    const auto& found = stream->second.open.at(id);
    check(found.unsettled.size() == rows.size());
    for (const auto& [index, intent] : rows) check(found.unsettled.at(index).has_value() == intent);
  }
}

void check_journal_octets(Input& input) {
  Recovered recovered;
  recovered.rows_max = 100'000;
  while (!input.empty()) {
    const std::uint64_t before = recovered.malformed;
    const std::string octets = input.text();
    // Read or counted as unreadable, and never both.
    check(recovered.apply(octets) == (recovered.malformed == before));
  }
  check_recovered(recovered);
}

void check_members(Input& input) {
  Members members("anchal-1/0", {"anchal-1/1"}, std::chrono::seconds(1));
  TimePoint now{};
  while (!input.empty()) {
    now += std::chrono::milliseconds(input.number() % 5000);
    fuzz::ReplyDraw draw(input);
    const core::Reply heard = draw.reply();
    members.heard(heard.array(), now);
    check(members.count() >= 1);
    std::uint16_t preferred = 0;
    for (PartitionId partition = 0; partition < 64; ++partition) preferred += members.prefers(partition);
    check(members.part_of(64) == preferred);
    for (const std::string& gone : members.long_gone(now)) check(gone != "anchal-1/0");
  }
}

void check_id(const std::string& text) {
  if (const auto id = StreamId::parse(text)) {
    check(StreamId::parse(id->text()) == *id);
    if (*id != StreamId{}) check(id->previous().next() == *id);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t record = input.octet() % 6;
  const bool fields = input.octet() % 2 == 0;
  switch (record) {
    case 0:
      fields ? check_journal(input) : check_journal_octets(input);
      break;
    case 1:
      check_record<Moved>(input, fields);
      break;
    case 2:
      check_record<Doubt>(input, fields);
      break;
    case 3:
      check_record<ReceiptTarget>(input, fields);
      break;
    case 4:
      check_members(input);
      break;
    default:
      check_id(input.rest());
  }
  return 0;
}
