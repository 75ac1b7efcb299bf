#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace anchal::sim {

/// The values a simulated Redis keeps, in Redis' own terms. Everything is ordered: no walk over a container
/// may depend on addresses or on a library's hash function, or a seed would not reproduce a run.

/// "ms-seq". Kept apart from the core's type of the same shape: whoever checks shares no code with the
/// checked.
struct EntryId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;

  friend constexpr auto operator<=>(const EntryId&, const EntryId&) = default;
  std::string text() const { return std::to_string(ms) + '-' + std::to_string(seq); }
  static constexpr EntryId largest() { return {~std::uint64_t{0}, ~std::uint64_t{0}}; }
};

/// A stream entry: field, value, field, value … in one piece of text.
class StreamEntry {
 public:
  EntryId id;

  void append(std::string_view argument) {
    text_.append(argument);
    ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  }
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t index) const {
    const std::uint32_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin);
  }
  /// The value of a field, nothing if there is none of that name.
  std::optional<std::string_view> field(std::string_view name) const {
    for (std::size_t i = 0; i + 1 < size(); i += 2) {
      if ((*this)[i] == name) return (*this)[i + 1];
    }
    return std::nullopt;
  }

 private:
  std::string text_;
  std::vector<std::uint32_t> ends_;
};

struct Stream {
  std::deque<StreamEntry> entries;
  EntryId last;             ///< never goes back while the key lives
  std::uint64_t added = 0;  ///< entries ever added, as XINFO's entries-added

  /// The first entry with an id not below `id`.
  auto at_or_after(EntryId id) const { return std::ranges::lower_bound(entries, id, {}, &StreamEntry::id); }
};

/// Fields in the order of a hash of their names, so that HSCAN's cursor can be a position in that order and
/// keeps its promise (what is there throughout is seen) under any change in between.
struct Hash {
  struct Before {
    using is_transparent = void;
    using Key = std::pair<std::uint32_t, std::string>;
    using View = std::pair<std::uint32_t, std::string_view>;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return a.first != b.first ? a.first < b.first : std::string_view(a.second) < std::string_view(b.second);
    }
  };
  static std::uint32_t order_of(std::string_view field) {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (const char c : field) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
  }

  std::map<Before::Key, std::string, Before> fields;

  auto find(std::string_view field) { return fields.find(Before::View(order_of(field), field)); }
  auto find(std::string_view field) const { return fields.find(Before::View(order_of(field), field)); }
  /// True if the field is new.
  bool set(std::string_view field, std::string_view value) {
    const auto [at, fresh] = fields.try_emplace({order_of(field), std::string(field)});
    at->second = value;
    return fresh;
  }
};

struct SortedSet {
  std::map<std::string, double, std::less<>> scores;
  std::set<std::pair<double, std::string>> order;
};

using Set = std::set<std::string, std::less<>>;

struct Object {
  std::variant<std::string, Stream, Hash, SortedSet, Set> value;
  std::int64_t expires_at_ms = -1;  ///< -1: never
};

}  // namespace anchal::sim
