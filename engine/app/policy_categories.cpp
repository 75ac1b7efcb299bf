#include "engine/app/policy_categories.h"

namespace anchal::app {
namespace {

throttle::OnHold on_hold_of(core::OnHold on_hold) {
  switch (on_hold) {
    case core::OnHold::drop:
      return throttle::OnHold::drop;
    case core::OnHold::reapprove:
      return throttle::OnHold::reapprove;
    case core::OnHold::defer:
      break;
  }
  return throttle::OnHold::defer;
}

}  // namespace

std::vector<throttle::Category> policy_categories(const core::Config& config) {
  std::vector<throttle::Category> out;
  out.reserve(config.categories.size());
  for (const core::CategoryConfig& category : config.categories) {
    out.push_back({category.name, category.exempt, on_hold_of(category.on_hold)});
  }
  return out;
}

}  // namespace anchal::app
