#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/stream/stream_id.h"

namespace anchal::core {

/// Where a receipt-map entry lies: kept in `final` records until the entry is known to be gone.
struct ReceiptKey {
  std::uint32_t slot = 0;
  std::string operator_name;
  std::int64_t generation = 0;
  std::uint32_t bucket = 0;
  std::string id;  ///< normalised SMSC message id
  friend auto operator<=>(const ReceiptKey&, const ReceiptKey&) = default;
};

/// An intent: this message is about to be handed to an operator.
struct Intent {
  std::uint32_t index = 0;
  std::uint32_t attempt = 0;
  std::uint32_t parts = 1;
  std::string operator_name;
};

/// Packs what one transaction has to tell the next owner (design.md §5 "Journal") into one stream entry.
/// Records name (stream, entry id, hash of tenant and job, index, attempt): ids alone are not identity.
/// Streams and operators are named once per entry, by their key's suffix.
class JournalWriter {
 public:
  /// An entry was accepted; it has these rows, and the stream is read up to it. `indexes` empty: 0 … count-1.
  void accept(std::string_view stream, StreamId id, std::uint64_t hash, std::uint32_t count,
              const std::vector<std::uint32_t>& indexes);
  /// The stream is read up to `id` (refused and repeated entries leave no other trace).
  void cursor(std::string_view stream, StreamId id);
  /// The entry was taken under this name, which may be its body's, and nothing of it waits.
  void taken(std::string_view stream, StreamId id, std::uint64_t hash);
  /// In a snapshot: whatever was taken of the stream, and may be met again, is listed (Recovered::Stream).
  void lists_taken(std::string_view stream, StreamId known_to);
  void intent(std::string_view stream, StreamId id, std::uint64_t hash, const Intent& intent);
  /// The message left the entry: final, moved, or waiting for its receipt.
  void settled(std::string_view stream, StreamId id, std::uint64_t hash, std::uint32_t index);
  /// The intent was taken back: nothing of the message was written.
  void not_sent(std::string_view stream, StreamId id, std::uint64_t hash, std::uint32_t index);
  void final_receipt(const ReceiptKey& key);
  void receipt_gone(const ReceiptKey& key);
  /// Everything before is void; what follows in this entry is the whole state.
  void snapshot();

  bool empty() const { return records_.empty(); }
  std::size_t bytes() const { return records_.size(); }
  /// Appends the packed entry to `out` and starts anew.
  void finish(std::string& out);

 private:
  void head(std::uint8_t kind, std::string_view stream, StreamId id);
  std::uint32_t name(std::string_view text);
  void receipt(std::uint8_t kind, const ReceiptKey& key);

  std::vector<std::string> names_;
  std::string records_;
};

/// What a journal, read from its first entry to its last, says about a partition.
struct Recovered {
  struct Entry {
    std::uint64_t hash = 0;
    std::map<std::uint32_t, std::optional<Intent>> unsettled;  ///< by index; with its open intent, if any
  };
  struct Stream {
    StreamId cursor;
    std::map<StreamId, Entry> open;
    /// With `keep_taken`: what was taken, by id and hash. It is not known of what has an id up to `known_to`;
    /// nothing: of any, for whoever wrote the journal did not list it.
    std::set<std::pair<StreamId, std::uint64_t>> taken;
    std::optional<StreamId> known_to;
  };
  std::map<std::string, Stream, std::less<>> streams;
  std::vector<ReceiptKey> finals;
  bool keep_taken = false;
  std::uint64_t malformed = 0;  ///< entries that could not be read: alarm
  /// Unsettled rows that are taken at most: more than any engine may have open (`limits`), so that a few
  /// octets that are no journal of ours cannot ask for all memory (law 6).
  std::uint64_t rows_max = 12'000'000;

  /// Applies one journal entry. False where it cannot be read (nothing of it is applied beyond that point).
  bool apply(std::string_view packed);

 private:
  std::uint64_t rows_ = 0;
};

}  // namespace anchal::core
