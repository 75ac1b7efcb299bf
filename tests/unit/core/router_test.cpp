#include "engine/core/route/router.h"

#include <gtest/gtest.h>

#include <map>

namespace anchal::core {
namespace {

OperatorConfig op(std::string name, std::vector<std::string> prefixes, unsigned weight = 1,
                  std::vector<std::string> failover = {}) {
  OperatorConfig config;
  config.name = std::move(name);
  config.prefixes = std::move(prefixes);
  config.weight = weight;
  config.failover = std::move(failover);
  return config;
}

constexpr auto kAll = [](std::uint16_t) { return true; };

TEST(Router, TheLongestPrefixWins) {
  Config config;
  config.operators = {op("any", {""}), op("india", {"91"}), op("kerala", {"919847", "919846"})};
  Router router(config);
  EXPECT_EQ(router.choose(919847123456, kAll).usable, 2);
  EXPECT_EQ(router.choose(919812345678, kAll).usable, 1);
  EXPECT_EQ(router.choose(4479001234567, kAll).usable, 0);
}

TEST(Router, WithoutAPrefixThatFitsThereIsNoRoute) {
  Config config;
  config.operators = {op("india", {"91"})};
  Router router(config);
  EXPECT_EQ(router.choose(4479001234567, kAll).primary, Router::kNone);
}

TEST(Router, EqualPrefixesShareByWeight) {
  Config config;
  config.operators = {op("a", {"91"}, 3), op("b", {"91"}, 1)};
  Router router(config);
  std::map<int, int> taken;
  for (int i = 0; i < 400; ++i) ++taken[router.choose(919800000000 + static_cast<unsigned>(i), kAll).usable];
  EXPECT_EQ(taken[0], 300);
  EXPECT_EQ(taken[1], 100);
}

TEST(Router, AnUnusableOperatorIsPassedOverAndThenFailsOver) {
  Config config;
  config.operators = {op("a", {"91"}, 3, {"c"}), op("b", {"91"}, 1, {"c"}), op("c", {"44"})};
  Router router(config);
  EXPECT_EQ(router.choose(919800000000, [](std::uint16_t one) { return one != 0; }).usable, 1);
  const auto failover = router.choose(919800000000, [](std::uint16_t one) { return one == 2; });
  EXPECT_EQ(failover.usable, 2);
  EXPECT_EQ(failover.primary, 0);
  const auto none = router.choose(919800000000, [](std::uint16_t) { return false; });
  EXPECT_EQ(none.usable, Router::kNone);
  EXPECT_EQ(none.primary, 0) << "it waits in the backlog of the heaviest";
}

}  // namespace
}  // namespace anchal::core
