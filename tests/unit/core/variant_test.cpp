#include "engine/core/variant.h"

#include <gtest/gtest.h>

namespace anchal::core {
namespace {

constexpr bool any_broken() {
  for (int number = 0; number < static_cast<int>(Variant::count); ++number) {
    if (broken(static_cast<Variant>(number))) return true;
  }
  return false;
}

// A constant of the compiler: what it guards is not in the code that ships.
TEST(Variant, NoneIsBrokenInAnOrdinaryBuild) {
  static_assert(!any_broken());
}

}  // namespace
}  // namespace anchal::core
