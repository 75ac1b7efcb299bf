#include <algorithm>
#include <cassert>
#include <cstring>

#include "smpp/text/candidate.h"
#include "smpp/text/generated/encode_tables.h"
#include "smpp/text/mapped.h"
#include "smpp/text/plan.h"
#include "smpp/text/septets.h"
#include "smpp/text/utf8.h"
#include "smpp/text/vector16.h"

namespace anchal::smpp {
namespace {

using internal::Octets16;

/// Septets of one candidate. The text is known to be encodable, so every look-up finds one.
class SeptetTable {
 public:
  explicit SeptetTable(std::uint8_t candidate)
      : directory_(tables::kBlockDirectory[candidate].data()), default_main_(candidate <= kLanguageCount) {}
  [[nodiscard]] const tables::SeptetBlock& block(std::size_t number) const {
    return tables::kSeptetBlock[directory_[tables::kSlotOfBlock[number]]];
  }
  [[nodiscard]] std::uint16_t of(char32_t c) const { return block(c >> 7U)[c & 0x7FU]; }
  /// ASCII is as in the default table.
  [[nodiscard]] bool default_main() const { return default_main_; }

 private:
  const std::uint8_t* directory_;
  bool default_main_;
};

std::uint8_t* put_septet(std::uint8_t* out, std::uint16_t octets) {
  *out++ = static_cast<std::uint8_t>(octets);
  if ((octets & 0x8000U) == 0) *out++ = static_cast<std::uint8_t>(octets >> 8U);
  return out;
}

// Two octets are written in any case, and only those that count are kept: no branch, but room for one more.
std::uint8_t* put_septet_with_room(std::uint8_t* out, std::uint16_t octets) {
  out[0] = static_cast<std::uint8_t>(octets);
  out[1] = static_cast<std::uint8_t>(octets >> 8U);
  return out + 2 - (octets >> 15U);
}

// Sixteen plain ASCII characters to the default table, or false if there is another among them.
bool put_plain_block(std::string_view block, std::uint8_t* to) {
  assert(block.size() == 16);
  const Octets16 v = internal::load16(block.data());
  if (internal::any(internal::is_not_plain(v) | internal::is_extension(v))) return false;
  const Octets16 at = internal::as_octets(v == internal::splat16('@'));
  const Octets16 dollar = internal::as_octets(v == internal::splat16('$'));
  const Octets16 underscore = internal::as_octets(v == internal::splat16('_'));
  const Octets16 moved = (dollar & internal::splat16(0x02)) | (underscore & internal::splat16(0x11));
  internal::store16(to, (v & ~(at | dollar | underscore)) | moved);
  return true;
}

// Reads well-formed UTF-8 code point by code point.
template <class Take>
void read_utf8(std::string_view text, Take&& take) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const utf8::CodePoint here = utf8::decode_valid(p);
    take(here.value);
    p += here.length;
  }
}

std::uint8_t* put_septets(std::string_view text, const SeptetTable& table, std::uint8_t* out) {
  if (table.default_main()) {
    while (text.size() >= 16 && put_plain_block(text.substr(0, 16), out)) {
      text.remove_prefix(16);
      out += 16;
    }
  }
  read_utf8(text, [&](char32_t c) { out = put_septet(out, table.of(c)); });
  return out;
}

std::uint8_t* put_septets(std::span<const std::uint8_t> cells, std::uint32_t block, const SeptetTable& table,
                          std::uint8_t* out) {
  if (cells.empty()) return out;
  std::array<std::uint16_t, 256> septets;
  std::ranges::copy(table.block(0), septets.begin());
  std::ranges::copy(table.block(block), septets.begin() + 128);
  for (const std::uint8_t cell : cells.first(cells.size() - 1))
    out = put_septet_with_room(out, septets[cell]);
  return put_septet(out, septets[cells.back()]);
}

std::uint8_t* put_utf16_unit(std::uint8_t* out, std::uint32_t unit) {
  out[0] = static_cast<std::uint8_t>(unit >> 8U);
  out[1] = static_cast<std::uint8_t>(unit);
  return out + 2;
}

std::uint8_t* put_utf16(char32_t c, std::uint8_t* out) {
  if (c < 0x10000) return put_utf16_unit(out, c);
  out = put_utf16_unit(out, 0xD7C0U + (c >> 10U));  // 0xD800 - (0x10000 >> 10) + (c >> 10)
  return put_utf16_unit(out, 0xDC00U | (c & 0x3FFU));
}

std::uint8_t* put_utf16(std::span<const std::uint8_t> cells, std::uint32_t block, std::uint8_t* out) {
  const std::uint32_t base = block << 7U;
  const Octets16 high = internal::splat16(static_cast<std::uint8_t>(base >> 8U));
  const Octets16 low = internal::splat16(static_cast<std::uint8_t>(base));
  std::size_t i = 0;
  for (; i + 16 <= cells.size(); i += 16) {
    const Octets16 v = internal::load16(cells.data() + i);
    const Octets16 in_block = internal::as_octets(v > internal::splat16(0x7F));
    internal::store_pairs(out + 2 * i, in_block & high, (v & internal::splat16(0x7F)) | (in_block & low));
  }
  out += 2 * i;
  for (; i < cells.size(); ++i) {
    out = put_utf16_unit(out, cells[i] < 0x80 ? cells[i] : base | (cells[i] & 0x7FU));
  }
  return out;
}

std::uint8_t* put_utf16(std::string_view text, std::uint8_t* out) {
  read_utf8(text, [&](char32_t c) { out = put_utf16(c, out); });
  return out;
}

// Only for sets whose characters are below U+0100: block 1, if any.
std::uint8_t* put_octets(std::span<const std::uint8_t> cells, std::uint8_t* out) {
  return std::copy(cells.begin(), cells.end(), out);
}

std::uint8_t* put_octets(std::string_view text, std::uint8_t* out) {
  read_utf8(text, [&](char32_t c) { *out++ = static_cast<std::uint8_t>(c); });
  return out;
}

}  // namespace

/// Writes one part of a plan.
class PartWriter {
 public:
  PartWriter(const SegmentPlan& plan, std::size_t index)
      : plan_(plan),
        head_(plan.head_),
        index_(index),
        begin_{plan.cuts_[index] & SegmentPlan::kOffsetMask, plan.cuts_[index] >> 30U},
        end_{plan.cuts_[index + 1] & SegmentPlan::kOffsetMask, plan.cuts_[index + 1] >> 30U} {}

  void write(std::uint16_t reference, std::uint8_t* out) const {
    std::uint8_t* const body = head_.udh_octets == 0 ? out : write_udh(reference, out);
    assert(body == out + head_.udh_octets);
    [[maybe_unused]] std::uint8_t* const end = write_body(body);
    assert(static_cast<std::size_t>(end - out) == plan_.octets_in(index_));
  }

 private:
  [[nodiscard]] std::string_view text() const {
    return head_.text.substr(begin_.offset, end_.offset - begin_.offset);
  }
  [[nodiscard]] bool has_cells() const { return head_.cells != 0; }
  [[nodiscard]] std::span<const std::uint8_t> cells() const {
    return std::span<const std::uint8_t>(plan_.cells_).subspan(begin_.offset, end_.offset - begin_.offset);
  }
  [[nodiscard]] internal::View view() const {
    return {.chillu = head_.chillu, .newlines = head_.newlines, .transliterated = head_.transliterated};
  }
  [[nodiscard]] bool mapped() const { return view().mapped(); }

  template <class Take>
  void read_mapped(Take&& take) const {
    internal::MappedReader reader(head_.text, begin_, view());
    for (;;) {
      for (const char c : reader.take_plain(end_.offset)) take(static_cast<unsigned char>(c));
      if (reader.position() == end_) return;
      const auto code_point = reader.next();
      if (!code_point) return;
      take(*code_point);
    }
  }

  std::uint8_t* write_udh(std::uint16_t reference, std::uint8_t* out) const {
    const auto put = [&](unsigned octet) { *out++ = static_cast<std::uint8_t>(octet); };
    put(head_.udh_octets - 1U);
    if (head_.concatenation == Concatenation::udh8) {
      put(0x00);
      put(3);
      put(reference & 0xFFU);
    } else if (head_.concatenation == Concatenation::udh16) {
      put(0x08);
      put(4);
      put(reference >> 8U);
      put(reference & 0xFFU);
    }
    if (head_.concatenation != Concatenation::none) {
      put(head_.parts);
      put(static_cast<unsigned>(index_) + 1U);
    }
    if (head_.encoding.single != Language::none) {
      put(0x24);
      put(1);
      put(static_cast<unsigned>(head_.encoding.single));
    }
    if (head_.encoding.locking != Language::none) {
      put(0x25);
      put(1);
      put(static_cast<unsigned>(head_.encoding.locking));
    }
    return out;
  }

  std::uint8_t* write_body(std::uint8_t* out) const {
    switch (head_.encoding.alphabet) {
      case Alphabet::gsm7:
        return write_gsm7(out);
      case Alphabet::ucs2:
        if (has_cells()) return put_utf16(cells(), head_.block, out);
        if (!mapped()) return put_utf16(text(), out);
        read_mapped([&](char32_t c) { out = put_utf16(c, out); });
        return out;
      case Alphabet::ascii:
      case Alphabet::latin1:
        return write_octets(out);
      case Alphabet::binary:
        return std::copy(text().begin(), text().end(), out);
    }
    return out;
  }

  std::uint8_t* write_octets(std::uint8_t* out) const {
    if (has_cells()) return put_octets(cells(), out);
    if (!mapped()) return put_octets(text(), out);
    read_mapped([&](char32_t c) { *out++ = static_cast<std::uint8_t>(c); });
    return out;
  }

  std::uint8_t* write_gsm7(std::uint8_t* out) const {
    switch (head_.charset) {
      case Charset::gsm7_unpacked:
        return write_septets(out);
      case Charset::gsm7_packed:
        return write_packed(out);
      case Charset::latin1:
      case Charset::ascii:
        return write_octets(out);
    }
    return out;
  }

  std::uint8_t* write_septets(std::uint8_t* out) const {
    const SeptetTable table(head_.candidate);
    if (has_cells()) return put_septets(cells(), head_.block, table, out);
    if (!mapped()) return put_septets(text(), table, out);
    read_mapped([&](char32_t c) { out = put_septet(out, table.of(c)); });
    return out;
  }

  // A message_payload holds up to 255 * 153 septets.
  std::uint8_t* write_packed(std::uint8_t* out) const {
    std::array<std::uint8_t, kPartsMax * 160> septets;
    const std::uint8_t* const end = write_septets(septets.data());
    const std::span<const std::uint8_t> all(septets.data(), end);
    return out + pack_septets(all, fill_bits(head_.udh_octets), head_.fill_with_cr,
                              reinterpret_cast<std::byte*>(out));
  }

  const SegmentPlan& plan_;
  const SegmentPlan::Head& head_;
  std::size_t index_;
  internal::Position begin_;
  internal::Position end_;
};

std::size_t write_part(const SegmentPlan& plan, std::size_t index, std::uint16_t reference,
                       std::span<std::byte> out) {
  const std::size_t size = plan.octets_in(index);
  if (out.size() < size) return 0;
  PartWriter(plan, index).write(reference, reinterpret_cast<std::uint8_t*>(out.data()));
  return size;
}

}  // namespace anchal::smpp
