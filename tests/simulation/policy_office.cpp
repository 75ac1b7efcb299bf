#include "tests/simulation/policy_office.h"

#include <algorithm>

#include "tests/simulation/engine.h"

namespace anchal::sim {

using namespace std::chrono_literals;

PolicyOffice::PolicyOffice(SimClock& clock, Random random, Trace& trace, Duration lease,
                           Duration kernel_patience)
    : clock_(clock), random_(random), trace_(trace), lease_(lease), kernel_patience_(kernel_patience) {}

void PolicyOffice::start() {
  publish();
  confirm();
}

std::vector<throttle::Rule> PolicyOffice::rules() const {
  std::vector<throttle::Rule> rules;
  for (const auto& life : lives_) {
    if (life.lifted == TimePoint::max()) rules.push_back(life.rule);
  }
  return rules;
}

std::vector<throttle::Rule> PolicyOffice::rules_of(std::uint64_t epoch) const {
  for (const auto& [number, rules] : history_) {
    if (number == epoch) return rules;
  }
  return {};
}

void PolicyOffice::add(throttle::Rule rule) {
  trace_.tell("policy     rule {} is set", rule.id);
  RuleLife life;
  life.rule = std::move(rule);
  life.first_epoch = epoch_ + 1;
  life.published = clock_.now();
  lives_.push_back(std::move(life));
  publish();
}

void PolicyOffice::lift(std::string_view id) {
  for (auto& life : lives_) {
    if (life.rule.id != id || life.lifted != TimePoint::max()) continue;
    trace_.tell("policy     rule {} is lifted", id);
    life.lifted = clock_.now();
  }
  publish();
}

void PolicyOffice::lift_all() {
  for (auto& life : lives_) life.lifted = std::min(life.lifted, clock_.now());
  publish();
}

void PolicyOffice::publish() {
  ++epoch_;
  history_.emplace_back(epoch_, rules());
  for (auto& member : members_) push(*member);
  judge();
}

void PolicyOffice::push(Member& member) {
  if (member.engine == nullptr || member.cut_off) return;
  clock_.after(random_.between(Duration(50us), Duration(30ms)), [this, &member, epoch = epoch_] {
    if (member.engine != nullptr && !member.cut_off) member.engine->policy(epoch, rules_of(epoch));
  });
}

/// An engine asks four times in a lease whether its epoch is still the current one. The lease counts from the
/// asking.
void PolicyOffice::confirm() {
  for (auto& member : members_) {
    if (member->engine == nullptr || member->cut_off || member->engine->paused()) continue;
    if (member->engine->epoch() <
        epoch_) {  // it hears that it works under an old epoch, and reads the new one
      push(*member);
      continue;
    }
    const TimePoint until = clock_.now() + lease_;
    member->lease_until = std::max(member->lease_until, until);
    clock_.after(random_.between(Duration(50us), Duration(10ms)), [&member = *member, until] {
      if (member.engine != nullptr && !member.cut_off) member.engine->policy_confirmed(until);
    });
  }
  judge();
  clock_.after(lease_ / 4, [this] { confirm(); });
}

void PolicyOffice::join(SimEngine& engine) {
  auto member = std::make_unique<Member>();
  member->engine = &engine;
  member->acknowledged = epoch_;
  member->lease_until = clock_.now() + lease_;
  // A process reads the policy before it starts to work.
  engine.policy(epoch_, rules());
  engine.policy_confirmed(member->lease_until);
  members_.push_back(std::move(member));
}

void PolicyOffice::leave(SimEngine& engine) {
  for (auto& member : members_) {
    if (member->engine == &engine) member->engine = nullptr;
  }
}

void PolicyOffice::acknowledged(SimEngine& engine, std::uint64_t epoch) {
  for (auto& member : members_) {
    if (member->engine == &engine) member->acknowledged = std::max(member->acknowledged, epoch);
  }
  judge();
}

void PolicyOffice::set_cut_off(SimEngine& engine, bool cut_off) {
  for (auto& member : members_) {
    if (member->engine == &engine) member->cut_off = cut_off;
  }
}

void PolicyOffice::judge() {
  std::uint64_t everywhere = epoch_;
  for (const auto& member : members_) {
    // What a silent engine wrote last may sit in its kernel for as long as the kernel is patient.
    if (clock_.now() > member->lease_until + kernel_patience_) continue;
    everywhere = std::min(everywhere, member->acknowledged);
  }
  for (auto& life : lives_) {
    if (life.effective != TimePoint::max() || life.first_epoch > everywhere ||
        life.lifted != TimePoint::max())
      continue;
    life.effective = clock_.now();
    trace_.tell("policy     rule {} is EFFECTIVE", life.rule.id);
  }
}

}  // namespace anchal::sim
