#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anchal::core {

/// A Redis stream entry id, "ms-seq". Not a time to compute with: after a clock step Redis keeps counting up
/// (reference: redis-streams.md §5.10).
struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;

  friend constexpr auto operator<=>(const StreamId&, const StreamId&) = default;

  StreamId next() const { return seq == ~std::uint64_t{0} ? StreamId{ms + 1, 0} : StreamId{ms, seq + 1}; }
  StreamId previous() const {
    if (seq > 0) return {ms, seq - 1};
    return ms > 0 ? StreamId{ms - 1, ~std::uint64_t{0}} : StreamId{};
  }
  std::string text() const { return std::to_string(ms) + '-' + std::to_string(seq); }

  static std::optional<StreamId> parse(std::string_view text) {
    StreamId id;
    const char* const end = text.data() + text.size();
    auto [after_ms, error] = std::from_chars(text.data(), text.data() + text.size(), id.ms);
    if (error != std::errc{}) return std::nullopt;
    if (after_ms == end) return id;
    if (*after_ms != '-') return std::nullopt;
    const auto [after_seq, seq_error] = std::from_chars(after_ms + 1, end, id.seq);
    if (seq_error != std::errc{} || after_seq != end) return std::nullopt;
    return id;
  }
};

}  // namespace anchal::core
