#include "engine/core/job/time_text.h"

#include <chrono>

namespace anchal::core {

namespace {

class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  int number(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_.empty() || text_.front() < '0' || text_.front() > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  void expect(std::string_view one_of) {
    if (text_.empty() || one_of.find(text_.front()) == std::string_view::npos) {
      ok_ = false;
      return;
    }
    text_.remove_prefix(1);
  }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool ok() const { return ok_; }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
  bool ok_ = true;
};

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Digits in(text);
  const int y = in.number(4);
  in.expect("-");
  const int mo = in.number(2);
  in.expect("-");
  const int d = in.number(2);
  in.expect("Tt ");
  const int h = in.number(2);
  in.expect(":");
  const int mi = in.number(2);
  in.expect(":");
  const int s = in.number(2);
  int milliseconds_part = 0;
  if (in.peek() == '.') {
    in.expect(".");
    milliseconds_part = in.number(1) * 100;
    int scale = 10;
    while (in.peek() >= '0' && in.peek() <= '9') {
      milliseconds_part += in.number(1) * scale;
      scale /= 10;
    }
  }
  minutes offset{0};
  if (in.peek() == 'Z' || in.peek() == 'z') {
    in.expect("Zz");
  } else {
    const bool west = in.peek() == '-';
    in.expect("+-");
    const int oh = in.number(2);
    in.expect(":");
    const int om = in.number(2);
    if (oh > 23 || om > 59) return std::nullopt;
    offset = minutes(oh * 60 + om) * (west ? -1 : 1);
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!in.ok() || !in.at_end() || !date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  return WallTime(sys_days(date)) + hours(h) + minutes(mi) + seconds(s) + milliseconds(milliseconds_part) -
         offset;
}

void append_rfc3339(std::string& out, WallTime time) {
  using namespace std::chrono;
  const auto day_start = floor<days>(time);
  const year_month_day date{day_start};
  const hh_mm_ss clock{time - day_start};
  char text[24];
  const auto put = [&text](std::size_t at, std::size_t count, std::int64_t value) {
    for (std::size_t i = count; i-- > 0; value /= 10) text[at + i] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, static_cast<int>(date.year()));
  text[4] = '-';
  put(5, 2, static_cast<unsigned>(date.month()));
  text[7] = '-';
  put(8, 2, static_cast<unsigned>(date.day()));
  text[10] = 'T';
  put(11, 2, clock.hours().count());
  text[13] = ':';
  put(14, 2, clock.minutes().count());
  text[16] = ':';
  put(17, 2, clock.seconds().count());
  text[19] = '.';
  put(20, 3, clock.subseconds().count());
  text[23] = 'Z';
  out.append(text, 24);
}

}  // namespace anchal::core
