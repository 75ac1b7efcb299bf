#include "smpp/text/class_source.h"

#include <algorithm>

namespace anchal::smpp::internal {

static_assert(kClassesMax > Cutter::kHeldMax);

bool ClassSource::tally(Tally& tally) {
  Classified run = classify(text_, begin_, allow_disputed_, buffer_, 0);
  in_buffer_ = run.end == text_.size();
  one_block_ = in_buffer_ && run.one_block;
  block_ = run.block;
  count_ = run.count;
  for (;;) {
    if (run.ill_formed) return false;
    tally.add(run);
    if (run.end == text_.size()) return tally.has(tables::kBit_clean);
    run = classify(text_, run.end, allow_disputed_, buffer_, 0);
  }
}

// Calls take(classes) with the view's classes, a buffer at a time. What `take` returns is how many classes at
// the end the next buffer is to begin with.
template <class Take>
void ClassSource::read(View view, Take&& take) {
  if (!view.mapped() && in_buffer_) {
    take(classes(count_));
    return;
  }
  in_buffer_ = false;  // the buffer is used anew
  std::size_t held = 0;
  std::size_t count = 0;
  const auto pass_on = [&] {
    held = take(classes(count));
    std::ranges::copy(classes(count).last(held), buffer_.classes.begin());
    count = held;
  };
  if (view.mapped()) {
    MappedReader reader(text_, {static_cast<std::uint32_t>(begin_), 0}, view);
    const auto put = [&](std::uint8_t id) {
      buffer_.classes[count++] = id;
      if (count == buffer_.classes.size()) pass_on();
    };
    for (;;) {
      for (const char c : reader.take_plain(text_.size()))
        put(tables::kAsciiClass[static_cast<unsigned char>(c)]);
      const auto code_point = reader.next();
      if (!code_point) break;
      put(class_of(*code_point));
    }
    if (count != held) pass_on();
    return;
  }
  for (std::size_t offset = begin_; offset < text_.size();) {
    const Classified run = classify(text_, offset, allow_disputed_, buffer_, count);
    count += run.count;
    offset = run.end;
    pass_on();
  }
}

bool ClassSource::tally_mapped(View view, Tally& tally) {
  Tally mapped;
  mapped.supplementary = tally.supplementary;  // nothing supplementary is ever replaced
  read(view, [&](std::span<const std::uint8_t> classes) -> std::size_t {
    mapped.add(classes, allow_disputed_);
    return 0;
  });
  if (mapped.characters == tally.characters && mapped.encodable == tally.encodable) return false;
  tally = mapped;
  return true;
}

void ClassSource::feed(View view, Cutter& cutter) {
  read(view, [&](std::span<const std::uint8_t> classes) { return cutter.feed(classes); });
}

}  // namespace anchal::smpp::internal
