#include "throttle/rate/sliding_log.h"

#include <algorithm>
#include <cassert>

namespace anchal::throttle {
namespace {

// Above this a pace changes nothing and its products would not fit 64 bits.
constexpr std::uint64_t kPaceMax = 10'000'000'000;
constexpr std::uint64_t kNanosecondsTimesThousand = 1'000'000'000'000;

constexpr std::uint64_t count_of(Duration d) {
  return static_cast<std::uint64_t>(d.count());
}

}  // namespace

SlidingLog::SlidingLog(const Config& config)
    : window_(config.window),
      burst_(std::clamp(config.burst, Duration::zero(), Duration(std::chrono::seconds(1)))),
      target_(config.rate),
      base_(config.rate),
      limit_(limit_of(config.rate)) {
  assert(window_ > Duration::zero() && window_ <= std::chrono::seconds(4));
  reserve(config.rate);
}

SlidingLog::Limit SlidingLog::limit_of(const Rate& rate) const {
  if (rate.is_unlimited) return {kNoLimit, Duration::zero()};
  if (rate.is_none()) return {0, Duration::zero()};
  if (rate.per_window() > 0) return {rate.per_window(), Duration::zero()};
  const std::uint64_t gap = (count_of(window_) * rate.windows + rate.parts - 1) / rate.parts;
  return {1, Duration(static_cast<Duration::rep>(gap))};
}

std::uint32_t SlidingLog::available(TimePoint now) {
  return available_at(advance(now));
}

std::uint32_t SlidingLog::take(std::uint32_t n, TimePoint now) {
  now = advance(now);
  const std::uint32_t granted = std::min(n, available_at(now));
  if (granted == 0) return 0;
  if (limit_.parts != kNoLimit) log(granted, now);
  due_ = std::max(due_, now) + spacing(granted, limit_);
  last_grant_ = now;
  return granted;
}

void SlidingLog::left_at(TimePoint from, TimePoint left) {
  newest_ = std::max(newest_, left);
  std::uint64_t parts = 0;
  while (runs_ > 0 && run(runs_ - 1).at >= from && run(runs_ - 1).at < left) parts += run(--runs_).parts;
  if (parts == 0) return;
  logged_ -= parts;
  log(static_cast<std::uint32_t>(parts), left);
  last_grant_ = std::max(last_grant_, left);
}

TimePoint SlidingLog::next_available(TimePoint now, std::uint32_t n) {
  now = advance(now);
  const std::uint32_t wanted = std::clamp(n, 1U, std::max(1U, burst_of(limit_)));
  if (available_at(now) >= wanted) return now;

  TimePoint at = TimePoint::max();
  if (limit_.parts > 0) {
    at = std::max(now, closed_until_);
    // The same bounds as in available_at, each solved for the time.
    if (due_ > now) at = std::max(at, due_ - burst_ + spacing(wanted - 1, limit_));
    if (limit_.gap > Duration::zero()) at = std::max(at, last_grant_ + limit_.gap);
    std::uint64_t left = logged_;
    for (std::size_t i = 0; i < runs_ && left + wanted > limit_.parts; ++i) {
      left -= run(i).parts;
      at = std::max(at, run(i).at + window_);
    }
  }
  return gain_count_ > 0 ? std::min(at, gains_[0].from) : at;
}

void SlidingLog::start_full(TimePoint now) {
  now = advance(now);
  closed_until_ = std::max(closed_until_, now + window_);
}

void SlidingLog::set_rate(Rate rate, TimePoint now) {
  now = advance(now);
  target_ = rate;
  TimePoint counts_from = now + window_;
  while (gain_count_ > 0 && !less(gains_[gain_count_ - 1].rate, rate)) {
    // What remains of a larger gain counts from when that gain would have.
    counts_from = gains_[--gain_count_].from;
  }
  if (!less(base_, rate)) {
    // What left while nothing limited was not logged.
    if (base_.is_unlimited && !rate.is_unlimited) start_full(now);
    base_ = rate;
    limit_ = limit_of(rate);
    reserve(rate);
    return;
  }
  // Where the list is full the newest gain waits for this one: later than true, so the law holds.
  if (gain_count_ == kGainsMax) --gain_count_;
  gains_[gain_count_++] = {counts_from, rate};
  reserve(rate);
}

void SlidingLog::set_pace(std::uint64_t milliparts_per_second, TimePoint now) {
  now = advance(now);
  pace_ = milliparts_per_second >= kPaceMax ? kNoPace : std::max<std::uint64_t>(milliparts_per_second, 1);
  cap_due(now);
}

std::uint32_t SlidingLog::burst_max(TimePoint now) {
  advance(now);
  return burst_of(limit_);
}

std::uint64_t SlidingLog::used(TimePoint now) {
  advance(now);
  return logged_;
}

/// Brings the log to `now`: gains that have matured count, grants that left the window do not.
TimePoint SlidingLog::advance(TimePoint now) {
  now = newest_ = std::max(now, newest_);
  std::size_t matured = 0;
  while (matured < gain_count_ && gains_[matured].from <= now) ++matured;
  if (matured > 0) {
    base_ = gains_[matured - 1].rate;
    limit_ = limit_of(base_);
    std::copy(gains_.begin() + static_cast<std::ptrdiff_t>(matured),
              gains_.begin() + static_cast<std::ptrdiff_t>(gain_count_), gains_.begin());
    gain_count_ -= matured;
    cap_due(now);
  }
  while (runs_ > 0 && run(0).at + window_ <= now) {
    logged_ -= run(0).parts;
    head_ = head_ + 1 == ring_.size() ? 0 : head_ + 1;
    --runs_;
  }
  return now;
}

std::uint32_t SlidingLog::available_at(TimePoint now) const {
  if (now < closed_until_ || limit_.parts <= logged_) return 0;
  if (limit_.gap > Duration::zero() && now < last_grant_ + limit_.gap) return 0;
  const Duration lead = due_ > now ? due_ - now : Duration::zero();
  if (lead > burst_) return 0;
  const std::uint64_t spread = parts_in(burst_ - lead, limit_);
  const std::uint64_t free = limit_.parts - logged_;
  return static_cast<std::uint32_t>(std::min({free, spread, std::uint64_t{kUnlimitedParts}}));
}

std::uint32_t SlidingLog::burst_of(const Limit& limit) const {
  return static_cast<std::uint32_t>(
      std::min({limit.parts, parts_in(burst_, limit), std::uint64_t{kUnlimitedParts}}));
}

/// Parts that may leave at one instant with `time` of tolerance left: the first, and one for each spacing in
/// it.
std::uint64_t SlidingLog::parts_in(Duration time, const Limit& limit) const {
  std::uint64_t parts = kNoLimit;
  if (limit.parts != kNoLimit) parts = 1 + count_of(time) * limit.parts / count_of(window_);
  if (pace_ != kNoPace) parts = std::min(parts, 1 + count_of(time) * pace_ / kNanosecondsTimesThousand);
  return parts;
}

/// The time that `parts` parts take on an even spacing; the least tolerance with which parts_in gives one
/// part more.
Duration SlidingLog::spacing(std::uint64_t parts, const Limit& limit) const {
  const auto up = [](std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; };
  std::uint64_t time = 0;
  if (limit.parts != kNoLimit && limit.parts > 0) time = up(parts * count_of(window_), limit.parts);
  if (pace_ != kNoPace) time = std::max(time, up(parts * kNanosecondsTimesThousand, pace_));
  return Duration(static_cast<Duration::rep>(time));
}

void SlidingLog::log(std::uint32_t parts, TimePoint now) {
  TimePoint at = now;
  if (limit_.parts > kRunsMax) {
    const Duration::rep slice = (window_.count() + kRunsMax - 1) / static_cast<Duration::rep>(kRunsMax);
    const Duration::rep since = now.time_since_epoch().count();
    at = now + Duration((slice - since % slice) % slice);
  }
  logged_ += parts;
  if (runs_ > 0) {
    Run& newest = run(runs_ - 1);
    at = std::max(at, newest.at);
    // A full ring can only follow a change of the rate; then the newest run moves to the later time.
    if (newest.at == at || runs_ == ring_.size()) {
      newest = {at, newest.parts + parts};
      return;
    }
  }
  assert(runs_ < ring_.size());
  ++runs_;
  run(runs_ - 1) = {at, parts};
}

/// After the spacing became smaller: no debt from the wider one beyond a single new spacing.
void SlidingLog::cap_due(TimePoint now) {
  due_ = std::min(due_, now + burst_ + spacing(1, limit_));
}

void SlidingLog::reserve(const Rate& rate) {
  const Limit limit = limit_of(rate);
  if (limit.parts == kNoLimit) return;
  const std::size_t needed = limit.parts > kRunsMax ? kRunsMax + 2 : std::max<std::size_t>(limit.parts, 1);
  if (needed <= ring_.size()) return;
  std::vector<Run> bigger(needed);
  for (std::size_t i = 0; i < runs_; ++i) bigger[i] = run(i);
  ring_ = std::move(bigger);
  head_ = 0;
}

}  // namespace anchal::throttle
