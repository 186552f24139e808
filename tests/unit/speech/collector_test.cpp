#include "speech/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stop_token>
#include <vector>

#include "voxlate/error.h"

namespace voxlate::speech {
namespace {

using Numbers = Collector<int>;

void nothing() {}

TEST(Collector, CollectsInOrderAndFinishes) {
  std::vector<int> collected;
  Numbers numbers(3,
                  {.collect = [&](int& number, const std::stop_token&) { collected.push_back(number); },
                   .rest = nothing,
                   .look = nothing},
                  {});
  std::vector<int> expected;
  for (int number = 0; number < 1000; ++number) {
    numbers.await_room();
    numbers.add(number);
    expected.push_back(number);
  }
  numbers.finish();
  EXPECT_TRUE(numbers.is_empty());
  EXPECT_EQ(collected, expected);
}

TEST(Collector, HasRoomOnlyForWhatIsNotCollectedYet) {
  std::promise<void> go_on;
  std::atomic<int> looks = 0;
  Numbers numbers(2,
                  {.collect = [held = go_on.get_future().share()](int&, const std::stop_token&) { held.wait(); },
                   .rest = nothing,
                   .look =
                       [&] {
                         if (++looks == 2) go_on.set_value();
                       }},
                  {});
  numbers.add(1);
  numbers.await_room();
  EXPECT_EQ(looks, 0);
  numbers.add(2);
  numbers.await_room();
  EXPECT_EQ(looks, 2) << "the one that is being collected counts";
}

TEST(Collector, WhatCollectingThrowsComesToItsOwner) {
  Numbers numbers(9,
                  {.collect = [](int&, const std::stop_token&) { throw Error(ErrorCode::kStorageFull, "full"); },
                   .rest = nothing,
                   .look = nothing},
                  {});
  EXPECT_NO_THROW(numbers.check());
  numbers.add(1);
  EXPECT_THROW(numbers.finish(), Error);
  EXPECT_THROW(numbers.check(), Error);
  EXPECT_THROW(numbers.await_room(), Error);
}

TEST(Collector, WhatLookingThrowsEndsTheWaitAndItsEndStopsTheCollecting) {
  std::atomic<bool> stopped = false;
  const auto until_stopped = [&](int&, const std::stop_token& stop) {
    std::promise<void> asked;
    const std::stop_callback on_stop(stop, [&] { asked.set_value(); });
    asked.get_future().wait();
    stopped = true;
  };
  {
    Numbers numbers(1,
                    {.collect = until_stopped,
                     .rest = nothing,
                     .look = [] { throw Error(ErrorCode::kCorrupt, "the reader crashed"); }},
                    {});
    numbers.add(1);
    EXPECT_THROW(numbers.await_room(), Error);
    EXPECT_FALSE(stopped);
  }
  EXPECT_TRUE(stopped);
}

TEST(Collector, AStopReachesBothThreads) {
  std::stop_source stop;
  std::promise<void> ended;
  Numbers numbers(1,
                  {.collect =
                       [&](int&, const std::stop_token& asked) {
                         stop.request_stop();
                         EXPECT_TRUE(asked.stop_requested());
                         ended.set_value();
                         throw Error(ErrorCode::kCancelled, "stopped");
                       },
                   .rest = nothing,
                   .look =
                       [&] {
                         if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "stopped");
                       }},
                  stop.get_token());
  numbers.add(1);
  EXPECT_THROW(numbers.finish(), Error);
  ended.get_future().wait();
}

TEST(Collector, RestsWhileThereIsNothingToCollect) {
  std::promise<void> rested;
  std::atomic<int> rests = 0;
  const Numbers numbers(1,
                        {.collect = [](int&, const std::stop_token&) {},
                         .rest =
                             [&] {
                               if (++rests == 2) rested.set_value();
                             },
                         .look = nothing},
                        {});
  rested.get_future().wait();
}

}  // namespace
}  // namespace voxlate::speech
