#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace anchal::net {

/// A callback whose owner may be destroyed, or which may be replaced, while it runs: the call holds it.
template <class... Arguments>
class Callback {
 public:
  Callback() = default;
  Callback(std::function<void(Arguments...)> function)  // NOLINT(google-explicit-constructor): stands for it
      : function_(std::make_shared<const std::function<void(Arguments...)>>(std::move(function))) {}

  void operator()(Arguments... arguments) const {
    const auto held = function_;
    if (held && *held) {
      (*held)(std::forward<Arguments>(arguments)...);
    }
  }

 private:
  std::shared_ptr<const std::function<void(Arguments...)>> function_;
};

}  // namespace anchal::net
