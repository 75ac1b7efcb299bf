#include "engine/net/loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "engine/net/clock.h"
#include "engine/net/hooks.h"
#include "engine/net/timer.h"

namespace anchal::net {
namespace {

using namespace std::chrono_literals;

TEST(Loop, EndsByItselfWhenNothingKeepsItAlive) {
  Loop loop;
  const TurnHook hook(loop, TurnHook::Phase::before_sleep, [] {});
  const Wakeup wakeup(loop, [] {});
  const Signal signal(loop, SIGUSR2, [] {});
  loop.run();
}

TEST(Loop, CountsHandlesUntilTheyAreClosed) {
  Loop loop;
  {
    const Timer timer(loop, [] {});
    EXPECT_EQ(loop.open_handles(), 1u);
  }
  EXPECT_EQ(loop.open_handles(), 1u) << "closing is not closed";
  loop.run();
  EXPECT_EQ(loop.open_handles(), 0u);
}

TEST(Timer, IsNeverEarly) {
  Loop loop;
  for (const auto delay : {Duration(0), Duration(300us), Duration(1ms), Duration(2500us), Duration(7ms)}) {
    const TimePoint due = monotonic_now() + delay;
    TimePoint fired{};
    Timer timer(loop, [&] { fired = monotonic_now(); });
    timer.start_at(due);
    loop.run();
    EXPECT_GE(fired, due);
  }
}

TEST(Timer, StoppedOrDestroyedDoesNotFire) {
  Loop loop;
  Timer stopped(loop, [] { FAIL(); });
  stopped.start(1ms);
  EXPECT_TRUE(stopped.armed());
  stopped.stop();
  EXPECT_FALSE(stopped.armed());
  {
    Timer destroyed(loop, [] { FAIL(); });
    destroyed.start(0ms);
  }
  int fired = 0;
  Timer last(loop, [&] { ++fired; });
  last.start(5ms);
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST(Timer, MayDestroyItselfAndRestartItself) {
  Loop loop;
  int left = 3;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    if (--left == 0) {
      timer.reset();
    } else {
      timer->start(0ms);
    }
  });
  timer->start(Duration::max());
  timer->start(0ms);
  loop.run();
  EXPECT_EQ(left, 0);
}

TEST(TurnHook, RunsInOrderOncePerTurnAfterTimersAndDeferredCalls) {
  Loop loop;
  std::vector<std::string> story;
  const TurnHook flush(loop, TurnHook::Phase::flush, [&] { story.emplace_back("flush"); });
  const TurnHook first(loop, TurnHook::Phase::before_sleep, [&] { story.emplace_back("first"); });
  const TurnHook second(loop, TurnHook::Phase::before_sleep, [&] { story.emplace_back("second"); });
  const TurnHook after(loop, TurnHook::Phase::after_poll, [&] { story.emplace_back("after"); });
  Deferred deferred(loop, [&] { story.emplace_back("deferred"); });
  deferred.schedule();
  deferred.schedule();
  loop.run_turn(0ms);
  EXPECT_EQ(story, (std::vector<std::string>{"deferred", "first", "second", "flush", "after"}));
}

TEST(TurnHook, AskingForAnotherTurnKeepsTheLoopFromSleeping) {
  Loop loop;
  int turns = 0;
  const TurnHook hook(loop, TurnHook::Phase::before_sleep, [&] {
    if (++turns < 5) {
      loop.ask_for_another_turn();
    }
  });
  Timer far(loop, [] { FAIL(); });
  far.start(1h);
  far.keeps_loop_alive(false);
  loop.ask_for_another_turn();
  loop.run();
  EXPECT_EQ(turns, 5);
}

TEST(TurnHook, DestroyedInsideAHookDoesNotRun) {
  Loop loop;
  std::unique_ptr<TurnHook> second;
  const TurnHook first(loop, TurnHook::Phase::before_sleep, [&] { second.reset(); });
  second = std::make_unique<TurnHook>(loop, TurnHook::Phase::before_sleep, [] { FAIL(); });
  loop.run_turn(0ms);
  loop.run_turn(0ms);
}

TEST(Deferred, CancelledByAnEarlierOneDoesNotRun) {
  Loop loop;
  std::unique_ptr<Deferred> second;
  Deferred first(loop, [&] { second.reset(); });
  second = std::make_unique<Deferred>(loop, [] { FAIL(); });
  first.schedule();
  second->schedule();
  loop.run();
}

TEST(Deferred, ScheduledByAnotherRunsInTheNextTurn) {
  Loop loop;
  int runs = 0;
  Deferred deferred(loop, [&] {
    if (++runs < 3) {
      deferred.schedule();
    }
  });
  deferred.schedule();
  loop.run_turn(0ms);
  EXPECT_EQ(runs, 1);
  loop.run();
  EXPECT_EQ(runs, 3);
}

TEST(Loop, RunsWhatOtherThreadsPostInOrder) {
  Loop loop;
  std::vector<int> seen;
  Timer keeps_going(loop, [] {});
  keeps_going.start(1h);
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      loop.post([&seen, i] { seen.push_back(i); });
    }
    loop.post([&] {
      keeps_going.stop();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  ASSERT_EQ(seen.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST(Wakeup, WakesTheLoopFromAnotherThread) {
  Loop loop;
  int woken = 0;
  Timer keeps_going(loop, [] {});
  keeps_going.start(1h);
  Wakeup wakeup(loop, [&] {
    ++woken;
    loop.stop();
  });
  std::thread other([&] { wakeup.wake(); });
  loop.run();
  other.join();
  EXPECT_EQ(woken, 1);
}

TEST(Signal, ArrivesAsALoopCallback) {
  Loop loop;
  Timer keeps_going(loop, [] {});
  keeps_going.start(1h);
  const Signal signal(loop, SIGUSR1, [&] { loop.stop(); });
  std::raise(SIGUSR1);
  loop.run();
}

TEST(Clock, TurnTimeStandsStillWithinATurnAndMovesBetweenTurns) {
  Loop loop;
  TimePoint first{};
  TimePoint second{};
  const TurnHook hook(loop, TurnHook::Phase::before_sleep, [&] {
    (first == TimePoint{} ? first : second) = loop.turn_time();
    EXPECT_EQ(loop.turn_time(), loop.turn_time());
  });
  loop.run_turn(0ms);
  loop.run_turn(2ms);
  EXPECT_LT(first, second);
  EXPECT_LE(second, monotonic_now());
  const auto monotonic = monotonic_now().time_since_epoch();
  EXPECT_LE(monotonic, boot_now().time_since_epoch());
}

}  // namespace
}  // namespace anchal::net
