#include "smpp/text/classify.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "smpp/text/utf8.h"
#include "smpp/text/vector16.h"

namespace anchal::smpp::internal {
namespace {

using namespace tables;

std::uint64_t load_little(const unsigned char* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

std::uint8_t supplementary_class(char32_t c) {
  if (utf8::is_noncharacter(c)) return kSupplementaryNoncharacterClass;
  const auto* range = std::ranges::upper_bound(kSupplementaryRanges, c, {}, &SupplementaryRange::first);
  if (range == kSupplementaryRanges.begin()) return kSupplementaryOtherClass;
  --range;
  return c <= range->last ? range->class_id : kSupplementaryOtherClass;
}

}  // namespace

std::uint8_t class_of(char32_t code_point) {
  if (code_point > 0xFFFF) return supplementary_class(code_point);
  if (code_point < 0x80) return kAsciiClass[code_point];
  const std::uint8_t block =
      code_point < 0x800 ? kBlockOfTwo[code_point >> 7U] : kBlockOfThree[code_point >> 7U];
  return kClassBlock[block][code_point & 0x7FU];
}

namespace {

// Three octets of one block of 128 code points, as loaded little-endian: the lead, the second but for its
// lowest bit (which is the cell's highest), the mark of a continuation. And two such in a row.
constexpr std::uint64_t kOneMask = 0xC0FEFFU;
constexpr std::uint64_t kTwoMask = kOneMask | kOneMask << 24U;
constexpr std::uint64_t kNoPattern = ~std::uint64_t{0};
constexpr std::uint64_t kOneCell = 0x3F0100U;
constexpr std::uint64_t kTwoCells = kOneCell | kOneCell << 24U;

/// The loop behind classify(). Its members live in registers, so there must not be many of them.
class Classifier {
 public:
  Classifier(std::string_view text, std::size_t offset, bool allow_disputed, ClassBuffer& buffer,
             std::size_t from)
      : text_(text),
        p_(begin() + offset),
        end_(begin() + text.size()),
        traits_(&kClassTraits[allow_disputed ? 1 : 0]),
        buffer_(buffer),
        from_(from),
        at_(from) {}

  [[gnu::always_inline]] inline Classified run() {
    while (end_ - p_ >= 8 && at_ < kClassesMax - 1) {
      const std::uint64_t octets = load_little(p_);
      if ((octets & kTwoMask) == two_pattern_) {
        // Each cell's bits, side by side in one octet: the second's bit 8 moves up to bit 22.
        const std::uint64_t cells = (octets & kTwoCells) * 0x4001U;
        put_in_block(static_cast<std::uint8_t>(cells >> 16U));
        put_in_block(static_cast<std::uint8_t>(cells >> 40U));
        p_ += 6;
      } else if ((octets & kOneMask) == (two_pattern_ & kOneMask)) {
        put_in_block(static_cast<std::uint8_t>((octets & kOneCell) * 0x4001U >> 16U));
        p_ += 3;
      } else if ((octets & 0x80U) == 0) {
        put_ascii(static_cast<std::uint8_t>(octets & 0x7FU));
      } else if (!other()) {
        return result(true);
      }
    }
    while (p_ != end_ && at_ != kClassesMax) {
      if (*p_ < 0x80) {
        put_ascii(*p_);
      } else if (!other()) {
        return result(true);
      }
    }
    return result((wrong_ & 0xC0U) != 0);
  }

 private:
  [[nodiscard]] const unsigned char* begin() const {
    return reinterpret_cast<const unsigned char*>(text_.data());
  }
  [[nodiscard]] Classified result(bool ill_formed) const {
    return {at_ - from_,    static_cast<std::size_t>(p_ - begin()),
            encodable_,     escapes_,
            supplementary_, block_,
            one_block_,     ill_formed};
  }

  [[gnu::always_inline]] inline void put(std::uint8_t class_id, std::uint8_t cell) {
    encodable_ &= traits_->encodable[class_id];
    escapes_ += traits_->escapes[class_id];
    buffer_.classes[at_] = class_id;
    buffer_.cells[at_] = cell;
    ++at_;
  }
  [[gnu::always_inline]] inline void put_in_block(std::uint8_t cell) { put(table_[cell], cell | 0x80U); }
  [[gnu::always_inline]] inline void put_ascii(std::uint8_t octet) {
    put(kAsciiClass[octet], octet);
    ++p_;
  }

  // Anything else, false if it is hopeless. Continuation octets are checked all together at the end, and
  // every look-up is masked: no branch for what does not happen.
  [[gnu::always_inline]] inline bool other() {
    const unsigned lead = *p_;
    if (lead >= 0xE0 && lead < 0xF0 && end_ - p_ >= 3) {
      const unsigned second = p_[1];
      const unsigned third = p_[2];
      const std::uint32_t block = (lead & 0x0FU) << 5U | (second & 0x3FU) >> 1U;
      const std::uint64_t pattern = lead | (second & 0xFEU) << 8U | 0x800000U;
      wrong_ |= (second ^ 0x80U) | (third ^ 0x80U);
      enter(block);
      two_pattern_ = pattern | pattern << 24U;
      table_ = kClassBlock[kBlockOfThree[block]].data();
      put_in_block(static_cast<std::uint8_t>((second & 1U) << 6U | (third & 0x3FU)));
      p_ += 3;
      return true;
    }
    if (lead >= 0xC0 && lead < 0xE0 && end_ - p_ >= 2) {
      const unsigned second = p_[1];
      const std::uint32_t block = (lead & 0x1FU) >> 1U;
      const unsigned cell = (lead & 1U) << 6U | (second & 0x3FU);
      wrong_ |= second ^ 0x80U;
      enter(block);
      put(kClassBlock[kBlockOfTwo[block]][cell], static_cast<std::uint8_t>(0x80U | cell));
      p_ += 2;
      return true;
    }
    return four();
  }

  [[gnu::always_inline]] inline void enter(std::uint32_t block) {
    if (block_ == 0) block_ = block;
    if (block_ != block) one_block_ = false;
  }

  [[gnu::always_inline]] inline bool four() {
    const auto code_point = utf8::decode(text_, static_cast<std::size_t>(p_ - begin()));
    if (!code_point) return false;
    one_block_ = false;
    put(supplementary_class(code_point->value), 0);
    ++supplementary_;
    p_ += 4;
    return true;
  }

  const std::string_view text_;
  const unsigned char* p_;
  const unsigned char* const end_;
  const ClassTraits* const traits_;
  ClassBuffer& buffer_;
  const std::size_t from_;
  std::size_t at_;
  std::uint64_t encodable_ = ~std::uint64_t{0};
  std::uint64_t escapes_ = 0;
  // Classes of the block of the pattern. No pattern may match all the same (FF FE C0): ill-formed is right
  // then.
  const std::uint8_t* table_ = kClassBlock[kBlockOfThree[0]].data();
  std::uint64_t two_pattern_ = kNoPattern;
  std::uint32_t supplementary_ = 0;
  std::uint32_t block_ = 0;
  unsigned wrong_ = 0;
  bool one_block_ = true;
};

}  // namespace

Classified classify(std::string_view text, std::size_t offset, bool allow_disputed, ClassBuffer& buffer,
                    std::size_t from) {
  static_assert(kClassesMax < 65536, "the lanes of `escapes` are 16 bits wide");
  assert(from <= kClassesMax);
  return Classifier(text, offset, allow_disputed, buffer, from).run();
}

void Tally::add(const Classified& run) {
  encodable &= run.encodable;
  characters += static_cast<std::uint32_t>(run.count);
  supplementary += run.supplementary;
  for (std::size_t i = 0; i < escapes.size(); ++i) escapes[i] += (run.escapes >> (16U * i)) & 0xFFFFU;
}

void Tally::add(std::span<const std::uint8_t> classes, bool allow_disputed) {
  assert(classes.size() <= kClassesMax);
  Classified run;
  run.count = classes.size();
  run.encodable = ~std::uint64_t{0};
  for (const std::uint8_t id : classes) {
    run.encodable &= kClassTraits[allow_disputed ? 1 : 0].encodable[id];
    run.escapes += kClassTraits[0].escapes[id];
  }
  add(run);
}

PlainAscii scan_plain_ascii(std::string_view text) {
  // A block's lane counts at most one escape, so a lane lasts 255 blocks.
  constexpr std::size_t kBlocksMax = 255;
  std::uint32_t escapes = 0;
  while (!text.empty()) {
    const std::string_view run = text.substr(0, kBlocksMax * 16);
    text.remove_prefix(run.size());
    Octets16 count = {};
    Octets16 wrong = {};
    std::size_t i = 0;
    for (; i + 16 <= run.size(); i += 16) {
      const Octets16 v = load16(run.data() + i);
      wrong |= is_not_plain(v);
      count -= is_extension(v);
      // A text in another script shows it at once.
      if (any(wrong)) return {};
    }
    if (i < run.size()) {
      std::array<char, 16> rest;
      rest.fill('a');
      std::memcpy(rest.data(), run.data() + i, run.size() - i);
      const Octets16 v = load16(rest.data());
      wrong |= is_not_plain(v);
      count -= is_extension(v);
    }
    if (any(wrong)) return {};
    escapes += add_up(count);
  }
  return {true, escapes};
}

}  // namespace anchal::smpp::internal
