#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "smpp/text/classify.h"
#include "smpp/text/cutter.h"
#include "smpp/text/mapped.h"

namespace anchal::smpp::internal {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Gives a text's classes, in whatever view, to those who count and cut. Decodes a text that fits one buffer
/// once; a longer one, or another view, again for each question. Lives on the planner's stack.
class ClassSource {
 public:
  ClassSource(std::string_view text, bool allow_disputed)
      : text_(text),
        begin_(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0),
        allow_disputed_(allow_disputed) {}

  /// Offset behind a leading byte order mark.
  [[nodiscard]] std::size_t begin() const { return begin_; }
  [[nodiscard]] bool allow_disputed() const { return allow_disputed_; }

  /// Counts the text as it came; before all else. False if it is ill-formed or has a code point that no SMS
  /// may carry.
  [[nodiscard]] bool tally(Tally& tally);

  /// Counts a view with replacements, given the tally without. False, and `tally` as it was, if there is
  /// nothing to replace.
  bool tally_mapped(View view, Tally& tally);

  /// Feeds the view to the cutter, all of it.
  void feed(View view, Cutter& cutter);

  /// The text in cells (classify.h), empty if it is not of that kind.
  [[nodiscard]] std::span<const std::uint8_t> cells() const {
    return std::span<const std::uint8_t>(buffer_.cells).first(one_block_ ? count_ : 0);
  }
  [[nodiscard]] std::uint32_t block() const { return block_; }

 private:
  template <class Take>
  void read(View view, Take&& take);
  [[nodiscard]] std::span<const std::uint8_t> classes(std::size_t count) const {
    return std::span<const std::uint8_t>(buffer_.classes).first(count);
  }

  std::string_view text_;
  std::size_t begin_;
  bool allow_disputed_;
  bool in_buffer_ = false;  // the whole text's classes are
  bool one_block_ = false;
  std::uint32_t block_ = 0;
  std::size_t count_ = 0;  // of the first run
  ClassBuffer buffer_;
};

}  // namespace anchal::smpp::internal
