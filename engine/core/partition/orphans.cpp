#include "engine/core/partition/orphans.h"

#include <algorithm>

#include "engine/core/stream/stream_id.h"

namespace anchal::core {

namespace {
constexpr std::size_t kMarksMax = 16;
}

Orphans Orphans::parse(std::string_view text) {
  Orphans orphans;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (const auto mark = StreamId::parse(text.substr(0, end)))
      orphans.add(mark->ms, static_cast<std::int64_t>(mark->seq));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return orphans;
}

std::string Orphans::text() const {
  std::string text;
  for (const Mark& mark : marks_) {
    if (!text.empty()) text += ' ';
    text += StreamId{mark.below, static_cast<std::uint64_t>(mark.after_ms)}.text();
  }
  return text;
}

void Orphans::add(std::uint64_t fence, std::int64_t ms) {
  if (marks_.size() == kMarksMax) marks_.erase(marks_.begin());
  marks_.push_back({fence, ms});
}

bool Orphans::contain(std::uint64_t fence, std::int64_t sent_ms) const {
  return std::any_of(marks_.begin(), marks_.end(),
                     [&](const Mark& mark) { return fence < mark.below && sent_ms > mark.after_ms; });
}

std::uint64_t Orphans::began() const {
  std::uint64_t fence = 0;
  for (const Mark& mark : marks_) {
    if (mark.after_ms == 0) fence = std::max(fence, mark.below);
  }
  return fence;
}

}  // namespace anchal::core
