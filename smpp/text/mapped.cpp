#include "smpp/text/mapped.h"

#include <algorithm>

#include "smpp/text/classify.h"
#include "smpp/text/utf8.h"

namespace anchal::smpp::internal {
namespace {

constexpr tables::Replacement kRemoved = {0, 0, 0, 0, ""};

}  // namespace

const tables::Replacement* find_replacement(char32_t code_point) {
  const std::uint64_t traits = tables::kClassTraits[0].encodable[class_of(code_point)];
  if ((traits >> tables::kBit_no_replacement & 1U) != 0) return nullptr;
  const auto& list = tables::kReplacements;
  const auto* found = std::ranges::upper_bound(list, code_point, {}, &tables::Replacement::first);
  return found - 1;
}

char32_t chillu_of(char32_t consonant) {
  switch (consonant) {
    case 0x0D23:
      return 0x0D7A;  // NNA
    case 0x0D28:
      return 0x0D7B;  // NA
    case 0x0D30:
      return 0x0D7C;  // RA
    case 0x0D32:
      return 0x0D7D;  // LA
    case 0x0D33:
      return 0x0D7E;  // LLA
    case 0x0D15:
      return 0x0D7F;  // KA
    default:
      return 0;
  }
}

MappedReader::Source MappedReader::source() const {
  const utf8::CodePoint here = utf8::decode_valid(text_.data() + offset_);
  if (view_.newlines && text_.substr(offset_, 2) == "\r\n") return {here.value, here.length, &kRemoved};
  if (view_.chillu) {
    const char32_t chillu = chillu_of(here.value);
    if (chillu != 0 && text_.substr(offset_ + here.length).starts_with(kViramaAndJoiner)) {
      return {chillu, here.length + static_cast<std::uint32_t>(kViramaAndJoiner.size()), nullptr};
    }
  }
  return {here.value, here.length, view_.transliterated ? find_replacement(here.value) : nullptr};
}

void MappedReader::skip_removed() {
  while (offset_ < text_.size() && !is_plain()) {
    const Source here = source();
    if (here.replacement == nullptr || here.replacement->length != 0) return;
    offset_ += here.length;
  }
}

std::optional<char32_t> MappedReader::next_mapped() {
  skip_removed();
  if (offset_ >= text_.size()) return std::nullopt;
  if (is_plain()) return static_cast<unsigned char>(text_[offset_++]);
  const Source here = source();
  if (here.replacement == nullptr) {
    offset_ += here.length;
    return here.code_point;
  }
  const tables::Replacement& replacement = *here.replacement;
  const char32_t c = replacement.delta != 0 ? here.code_point - replacement.delta
                                            : static_cast<unsigned char>(replacement.text[done_]);
  if (++done_ == replacement.length) {
    offset_ += here.length;
    done_ = 0;
  }
  return c;
}

}  // namespace anchal::smpp::internal
