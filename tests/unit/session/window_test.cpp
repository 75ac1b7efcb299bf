#include "smpp/session/window.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <vector>

namespace anchal::smpp {
namespace {

Pending request(std::uint32_t sequence_number) {
  return {.token = sequence_number * 10ULL,
          .sent_at = TimePoint(std::chrono::seconds(sequence_number)),
          .sequence_number = sequence_number,
          .request = CommandId::submit_sm};
}

TEST(Window, HoldsAsManyAsItsSize) {
  Window window(2);
  EXPECT_TRUE(window.empty());
  window.add(request(1));
  EXPECT_EQ(window.free(), 1U);
  window.add(request(2));
  EXPECT_TRUE(window.full());
  EXPECT_EQ(window.used(), 2U);
  EXPECT_EQ(window.remove(1).token, 10U);
  EXPECT_FALSE(window.full());
}

TEST(Window, FindsByNumberOnlyWhatIsThere) {
  Window window(4);
  window.add(request(5));
  EXPECT_EQ(window.find(5)->token, 50U);
  EXPECT_EQ(window.find(5 + 8), nullptr);  // the same slot
  EXPECT_EQ(window.find(0), nullptr);
  EXPECT_FALSE(window.accepts(5 + 8));
  EXPECT_TRUE(window.accepts(6));
}

TEST(Window, OldestIsTheOneThatWaitsLongest) {
  Window window(4);
  EXPECT_EQ(window.oldest(), nullptr);
  for (const std::uint32_t number : {3U, 4U, 5U}) window.add(request(number));
  window.remove(4);
  EXPECT_EQ(window.oldest()->sequence_number, 3U);
  window.remove(3);
  EXPECT_EQ(window.oldest()->sequence_number, 5U);
  window.remove(5);
  EXPECT_EQ(window.oldest(), nullptr);
}

TEST(Window, SizeOfZeroIsOne) {
  Window window(0);
  EXPECT_EQ(window.free(), 1U);
  window.add(request(1));
  EXPECT_TRUE(window.full());
}

RC_GTEST_PROP(WindowProperty, BehavesLikeAListInOrderOfSending, ()) {
  const auto size = *rc::gen::inRange<std::uint32_t>(1, 20);
  Window window(size);
  std::deque<std::uint32_t> model;
  std::uint32_t next = *rc::gen::inRange<std::uint32_t>(1, 100);
  const auto steps = *rc::gen::inRange(0, 200);
  for (int step = 0; step < steps; ++step) {
    if (*rc::gen::arbitrary<bool>() && !window.full()) {
      while (!window.accepts(next)) ++next;
      window.add(request(next));
      model.push_back(next++);
    } else if (!model.empty()) {
      const auto at = *rc::gen::inRange<std::size_t>(0, model.size());
      RC_ASSERT(window.remove(model[at]).token == model[at] * 10ULL);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    RC_ASSERT(window.used() == model.size());
    RC_ASSERT((window.oldest() == nullptr) == model.empty());
    if (!model.empty()) RC_ASSERT(window.oldest()->sequence_number == model.front());
    for (const std::uint32_t number : model) RC_ASSERT(window.find(number) != nullptr);
  }
}

TEST(LateMemory, RemembersEachOnceAndOnlyTheNewest) {
  LateMemory memory(4);
  EXPECT_FALSE(memory.recall(1, CommandId::submit_sm_resp));
  memory.remember(request(1));
  memory.remember(request(2));
  EXPECT_EQ(memory.recall(1, CommandId::submit_sm_resp)->token, 10U);
  EXPECT_FALSE(memory.recall(1, CommandId::submit_sm_resp));
  memory.remember(request(6));  // takes the place of 2
  EXPECT_FALSE(memory.recall(2, CommandId::submit_sm_resp));
  EXPECT_EQ(memory.recall(6, CommandId::submit_sm_resp)->token, 60U);
  EXPECT_FALSE(memory.recall(0, CommandId::submit_sm_resp));
}

TEST(LateMemory, OnlyAnAnswerToTheRequestFindsIt) {
  LateMemory memory(4);
  memory.remember(request(1));
  EXPECT_FALSE(memory.recall(1, CommandId::query_sm_resp));
  EXPECT_EQ(memory.recall(1, CommandId::generic_nack)->token, 10U);
}

TEST(LateMemory, MayBeSwitchedOff) {
  LateMemory memory(0);
  memory.remember(request(1));
  EXPECT_FALSE(memory.recall(1, CommandId::submit_sm_resp));
}

}  // namespace
}  // namespace anchal::smpp
