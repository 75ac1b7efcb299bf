#include "tests/unit/session/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <limits>
#include <string>

namespace anchal::smpp::test {
namespace {

const std::filesystem::path kScenarios =
    std::filesystem::path(ANCHAL_SOURCE_DIR) / "tests" / "unit" / "session" / "scenarios";

class SessionScenario : public testing::TestWithParam<std::string> {};

/// What a session says must not depend on how its input is cut: the story is told again octet by octet.
TEST_P(SessionScenario, HappensAsWrittenHoweverTheOctetsAreSplit) {
  const auto blocks = read_scenario(kScenarios / (GetParam() + ".txt"));
  ASSERT_FALSE(blocks.empty());
  for (const std::size_t piece : {std::numeric_limits<std::size_t>::max(), std::size_t{1}, std::size_t{5}}) {
    SCOPED_TRACE("in pieces of " + std::to_string(piece));
    const auto results = play(blocks, piece);
    for (std::size_t index = 0; index < blocks.size(); ++index) {
      EXPECT_EQ(blocks[index].expected, results[index])
          << GetParam() << ".txt:" << blocks[index].line << ": " << blocks[index].commands.front();
    }
  }
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kScenarios)) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Session, SessionScenario, testing::ValuesIn(scenario_names()),
                         [](const auto& named) { return named.param; });

}  // namespace
}  // namespace anchal::smpp::test
