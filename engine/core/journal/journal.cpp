#include "engine/core/journal/journal.h"

#include <algorithm>

#include "engine/core/pack.h"

namespace anchal::core {

namespace {
constexpr std::uint8_t kVersion = 1;
enum Kind : std::uint8_t {
  accept = 1,
  cursor,
  intent,
  settled,
  not_sent,
  final_receipt,
  receipt_gone,
  snapshot
};
constexpr std::uint64_t kRowsMax = 100'000;  // of one entry: ten times what a job may have
// In front of a stream's name: no stream's, so that engines that know nothing of it pass over the record.
constexpr std::string_view kTaken = "taken:";
}  // namespace

std::uint32_t JournalWriter::name(std::string_view text) {
  const auto found = std::find(names_.begin(), names_.end(), text);
  if (found != names_.end()) return static_cast<std::uint32_t>(found - names_.begin());
  names_.emplace_back(text);
  return static_cast<std::uint32_t>(names_.size() - 1);
}

void JournalWriter::head(std::uint8_t kind, std::string_view stream, StreamId id) {
  Packer out(records_);
  out.u8(kind);
  out.varint(name(stream));
  out.varint(id.ms);
  out.varint(id.seq);
}

void JournalWriter::accept(std::string_view stream, StreamId id, std::uint64_t hash, std::uint32_t count,
                           const std::vector<std::uint32_t>& indexes) {
  head(Kind::accept, stream, id);
  Packer out(records_);
  out.fixed64(hash);
  out.varint(count);
  out.varint(indexes.size());
  std::uint32_t before = 0;
  for (const auto index : indexes) {
    out.varint(index - before);
    before = index;
  }
}

void JournalWriter::cursor(std::string_view stream, StreamId id) {
  head(Kind::cursor, stream, id);
}

void JournalWriter::taken(std::string_view stream, StreamId id, std::uint64_t hash) {
  accept(stream, id, hash, 0, {});
}

void JournalWriter::lists_taken(std::string_view stream, StreamId known_to) {
  cursor(std::string(kTaken).append(stream), known_to);
}

void JournalWriter::intent(std::string_view stream, StreamId id, std::uint64_t hash, const Intent& intent) {
  head(Kind::intent, stream, id);
  Packer out(records_);
  out.fixed64(hash);
  out.varint(intent.index);
  out.varint(intent.attempt);
  out.varint(intent.parts);
  out.varint(name(intent.operator_name));
}

void JournalWriter::settled(std::string_view stream, StreamId id, std::uint64_t hash, std::uint32_t index) {
  head(Kind::settled, stream, id);
  Packer out(records_);
  out.fixed64(hash);
  out.varint(index);
}

void JournalWriter::not_sent(std::string_view stream, StreamId id, std::uint64_t hash, std::uint32_t index) {
  head(Kind::not_sent, stream, id);
  Packer out(records_);
  out.fixed64(hash);
  out.varint(index);
}

void JournalWriter::receipt(std::uint8_t kind, const ReceiptKey& key) {
  Packer out(records_);
  out.u8(kind);
  out.varint(key.slot);
  out.varint(name(key.operator_name));
  out.varint(static_cast<std::uint64_t>(key.generation));
  out.varint(key.bucket);
  out.text(key.id);
}

void JournalWriter::final_receipt(const ReceiptKey& key) {
  receipt(Kind::final_receipt, key);
}
void JournalWriter::receipt_gone(const ReceiptKey& key) {
  receipt(Kind::receipt_gone, key);
}
void JournalWriter::snapshot() {
  Packer(records_).u8(Kind::snapshot);
}

void JournalWriter::finish(std::string& out) {
  Packer packer(out);
  packer.u8(kVersion);
  packer.varint(names_.size());
  for (const auto& text : names_) packer.text(text);
  out.append(records_);
  records_.clear();
  names_.clear();
}

bool Recovered::apply(std::string_view packed) {
  Unpacker in(packed);
  if (in.u8() != kVersion) return ++malformed, false;
  std::vector<std::string> names(std::min<std::uint64_t>(in.varint(), packed.size()));
  for (auto& text : names) text = in.text();
  const auto named = [&](std::uint64_t number) -> const std::string& {
    static const std::string none;
    return number < names.size() ? names[number] : none;
  };
  while (in.ok() && !in.at_end()) {
    const std::uint8_t kind = in.u8();
    if (kind == Kind::snapshot) {
      streams.clear();
      finals.clear();
      rows_ = 0;
      continue;
    }
    if (kind == Kind::final_receipt || kind == Kind::receipt_gone) {
      ReceiptKey key;
      key.slot = static_cast<std::uint32_t>(in.varint());
      key.operator_name = named(in.varint());
      key.generation = static_cast<std::int64_t>(in.varint());
      key.bucket = static_cast<std::uint32_t>(in.varint());
      key.id = in.text();
      if (!in.ok()) break;
      if (kind == Kind::final_receipt) {
        finals.push_back(std::move(key));
      } else {
        std::erase(finals, key);
      }
      continue;
    }
    if (kind < Kind::accept || kind > Kind::not_sent) return ++malformed, false;
    const std::string& stream_name = named(in.varint());
    StreamId id;
    id.ms = in.varint();
    id.seq = in.varint();
    if (!in.ok()) break;
    if (kind == Kind::cursor && stream_name.starts_with(kTaken)) {
      if (keep_taken) streams[stream_name.substr(kTaken.size())].known_to = id;
      continue;
    }
    Stream& stream = streams[stream_name];
    if (kind == Kind::cursor || kind == Kind::accept) stream.cursor = std::max(stream.cursor, id);
    if (kind == Kind::cursor) continue;
    const std::uint64_t hash = in.fixed64();
    if (kind == Kind::accept) {
      const std::uint64_t count = in.varint();
      const std::uint64_t listed = in.varint();
      const std::uint64_t rows = listed == 0 ? count : listed;
      if (!in.ok() || rows > kRowsMax || rows_ + rows > rows_max || listed > in.rest().size()) {
        return ++malformed, false;
      }
      if (keep_taken && stream_name.starts_with("jobs:")) stream.taken.emplace(id, hash);
      if (rows == 0) continue;  // nothing of it waits: it must not hold the watermark
      Entry& entry = stream.open[id];
      entry.hash = hash;
      const auto add = [&](std::uint32_t row) {
        rows_ += entry.unsettled.emplace(row, std::nullopt).second ? 1 : 0;
      };
      std::uint32_t index = 0;
      for (std::uint64_t i = 0; i < listed; ++i) add(index += static_cast<std::uint32_t>(in.varint()));
      for (std::uint32_t i = 0; listed == 0 && i < count; ++i) add(i);
      continue;
    }
    Intent about;
    about.index = static_cast<std::uint32_t>(in.varint());
    if (kind == Kind::intent) {
      about.attempt = static_cast<std::uint32_t>(in.varint());
      about.parts = static_cast<std::uint32_t>(in.varint());
      about.operator_name = named(in.varint());
    }
    if (!in.ok()) break;
    const auto entry = stream.open.find(id);
    if (entry == stream.open.end() || entry->second.hash != hash) continue;
    const auto row = entry->second.unsettled.find(about.index);
    if (row == entry->second.unsettled.end()) continue;
    if (kind == Kind::intent) {
      row->second = std::move(about);
    } else if (kind == Kind::not_sent) {
      row->second.reset();
    } else {
      entry->second.unsettled.erase(row);
      --rows_;
      if (entry->second.unsettled.empty()) stream.open.erase(entry);
    }
  }
  if (!in.ok()) return ++malformed, false;
  return true;
}

}  // namespace anchal::core
