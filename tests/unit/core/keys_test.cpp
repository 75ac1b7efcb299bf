#include "engine/core/keys.h"

#include <gtest/gtest.h>

namespace anchal::core {
namespace {

TEST(Keys, AGenerationIsReadAsItWasListed) {
  EXPECT_EQ(keys::generation_of(keys::generation_field("alpha", 147'702), "alpha"), 147'702);
  EXPECT_EQ(keys::generation_of(keys::generation_field("north:2", 0), "north:2"), 0);
}

TEST(Keys, AGenerationOfAnotherOperatorOrOfNobodyIsNone) {
  for (const std::string_view field :
       {"alphabet:5", "alph:5", "alpha", "alpha:", "alpha:5x", "alpha:-5", "alpha:2:5", ""})
    EXPECT_EQ(keys::generation_of(field, "alpha"), std::nullopt) << field;
}

TEST(Keys, TheGenerationOfAHashOfTheReceiptMapIsListedBesideIt) {
  Commands commands;
  keys::list_generation_of(keys::receipts(5, "north:2", 147'702, 7), commands);
  ASSERT_EQ(commands.count(), 1u);
  EXPECT_EQ(commands.argument(0, 0), "HSET");
  EXPECT_EQ(commands.argument(0, 1), keys::generations(5));
  EXPECT_EQ(commands.argument(0, 2), keys::generation_field("north:2", 147'702));
}

TEST(Keys, OfNoOtherKeyIsAnythingListed) {
  Commands commands;
  for (const std::string_view key :
       {"anchal:{3}:doubt", "anchal:{r5}:strays:alpha:00", "anchal:{r5}:receipts:", ""})
    keys::list_generation_of(key, commands);
  EXPECT_TRUE(commands.empty());
}

}  // namespace
}  // namespace anchal::core
