#include "throttle/rate/adaptive_rate.h"

#include <algorithm>

#include "throttle/rate/sliding_log.h"

namespace anchal::throttle {
namespace {

constexpr std::uint64_t kNoPace = SlidingLog::kNoPace;
constexpr std::uint64_t kMilli = 1000;
constexpr std::uint64_t kLeastPeak = 10 * kMilli;  // where nothing was accepted yet there is no better guess

}  // namespace

/// The contract in milliparts per second; kNoPace when unlimited.
std::uint64_t AdaptiveRate::ceiling() const {
  if (config_.contract.is_unlimited) return kNoPace;
  return config_.contract.parts * kMilli / config_.contract.windows;
}

std::uint64_t AdaptiveRate::step_per_second() const {
  const std::uint64_t full = ceiling() == kNoPace ? peak_ : ceiling();
  return std::max<std::uint64_t>(1, full * config_.increase_permille / 1000);
}

std::uint64_t AdaptiveRate::milliparts(TimePoint now) const {
  if (rate_ == kNoPace) return kNoPace;
  std::uint64_t rate = rate_;
  if (now > since_) {
    // In two steps, and no more than a day, so that the products fit.
    using std::chrono::microseconds, std::chrono::seconds;
    const Duration grown = std::min<Duration>(now - since_, std::chrono::hours(24));
    const auto whole = static_cast<std::uint64_t>(grown / seconds(1));
    const auto rest = static_cast<std::uint64_t>(grown % seconds(1) / microseconds(1));
    const std::uint64_t step = step_per_second();
    rate += step * whole + step * rest / 1'000'000;
  }
  // Without a contract the search ends once twice the refused rate goes through.
  const std::uint64_t top = ceiling() == kNoPace ? 2 * peak_ : ceiling();
  return rate >= top ? kNoPace : rate;
}

bool AdaptiveRate::is_reduced(TimePoint now) const {
  return milliparts(now) != kNoPace;
}

void AdaptiveRate::on_accepted(std::uint32_t parts, TimePoint now) {
  constexpr Duration kSecond = std::chrono::seconds(1);
  if (second_ == TimePoint::min() || now >= second_ + 2 * kSecond) {
    accepted_before_ = 0;
    accepted_ = 0;
    second_ = now;
  } else if (now >= second_ + kSecond) {
    accepted_before_ = accepted_;
    accepted_ = 0;
    second_ += kSecond;
  }
  accepted_ += parts;
}

bool AdaptiveRate::on_throttled(TimePoint sent_at, TimePoint now) {
  if (sent_at < lowered_at_) return false;
  const std::uint64_t measured = std::max(accepted_, accepted_before_) * kMilli;
  std::uint64_t from = milliparts(now);
  if (from == kNoPace) from = ceiling();
  if (from == kNoPace) {
    from = peak_ = std::max(measured, kLeastPeak);
  } else {
    // What went through of late is the better guess where it is far below, but one refusal says little about
    // a quiet operator, so no step goes below a half of it.
    from = std::min(from, std::max(measured, from / 2));
  }
  const std::uint64_t whole = ceiling() == kNoPace ? peak_ : ceiling();
  const std::uint64_t floor = std::max(whole * config_.floor_permille / 1000, std::min(whole, kMilli));
  rate_ = std::max(floor, from * std::min(config_.decrease_percent, 100U) / 100);
  lowered_at_ = now;
  since_ = now + config_.quiet;
  return true;
}

void AdaptiveRate::set_contract(Rate contract, TimePoint now) {
  // Asked every turn, the roundings below would eat the growth.
  if (contract == config_.contract) return;
  rate_ = milliparts(now);
  if (rate_ != kNoPace) {
    since_ = std::max(since_, now);
    if (!config_.contract.is_unlimited && contract.is_unlimited) peak_ = rate_;
  }
  config_.contract = contract;
}

TimePoint BindPause::on_throttled(TimePoint sent_at, TimePoint now) {
  if (length_ > Duration::zero() && (now < until_ || sent_at <= began_)) return until_;
  const bool fresh = length_ == Duration::zero() || now - until_ > config_.forget;
  length_ = fresh ? config_.initial : std::min(2 * length_, config_.max);
  began_ = now;
  until_ = now + length_;
  return until_;
}

}  // namespace anchal::throttle
