#include "http/request_threads.h"

#include <gtest/gtest.h>

#include <latch>

namespace voxlate::http {
namespace {

TEST(RequestThreads, ProbesRunWhileEverythingElseIsTaken) {
  RequestThreads threads(4);
  std::latch all_taken(4);
  std::latch end(1);
  for (std::uint64_t id = 0; id < 10; ++id) {
    threads.submit(Lane::kRequest, id, [&, id] {
      if (id < 4) all_taken.count_down();
      end.wait();
    });
  }
  all_taken.wait();
  std::latch probed(2);
  threads.submit(Lane::kLive, 100, [&] { probed.count_down(); });
  threads.submit(Lane::kReady, 101, [&] { probed.count_down(); });
  probed.wait();
  end.count_down();
}

TEST(RequestThreads, ALongReadinessProbeDoesNotHoldTheOtherUp) {
  RequestThreads threads(4);
  std::latch end(1);
  for (std::uint64_t id = 0; id < 3; ++id) threads.submit(Lane::kReady, id, [&] { end.wait(); });
  std::latch probed(1);
  threads.submit(Lane::kLive, 100, [&] { probed.count_down(); });
  probed.wait();
  end.count_down();
}

TEST(RequestThreads, BodiesLeaveAQuarterToTheOthers) {
  RequestThreads threads(4);
  std::latch bodies(3);
  std::latch end(1);
  std::atomic<int> begun = 0;
  for (std::uint64_t id = 0; id < 8; ++id) {
    threads.submit(Lane::kBody, id, [&] {
      if (++begun <= 3) bodies.count_down();
      end.wait();
    });
  }
  bodies.wait();
  std::latch answered(5);
  for (std::uint64_t id = 10; id < 15; ++id) {
    threads.submit(Lane::kRequest, id, [&] { answered.count_down(); });
  }
  answered.wait();
  EXPECT_EQ(begun, 3);
  EXPECT_TRUE(threads.bodies_wait());
  EXPECT_TRUE(threads.try_withdraw(7));
  EXPECT_FALSE(threads.try_withdraw(7));
  EXPECT_FALSE(threads.try_withdraw(0)) << "it had begun";
  end.count_down();
}

TEST(RequestThreads, EverythingThatWasSubmittedRunsOnce) {
  std::atomic<int> ran = 0;
  {
    RequestThreads threads(8);
    std::latch all(1000);
    for (std::uint64_t id = 0; id < 1000; ++id) {
      threads.submit(id % 3 == 0 ? Lane::kBody : Lane::kRequest, id, [&] {
        ++ran;
        all.count_down();
      });
    }
    all.wait();
  }
  EXPECT_EQ(ran, 1000);
}

TEST(RequestThreads, TheEndDropsWhatHasNotBegun) {
  RequestThreads threads(2);
  std::latch taken(2);
  std::latch end(1);
  std::atomic<bool> third = false;
  for (std::uint64_t id = 0; id < 2; ++id) {
    threads.submit(Lane::kRequest, id, [&] {
      taken.count_down();
      end.wait();
    });
  }
  taken.wait();
  threads.submit(Lane::kRequest, 2, [&] { third = true; });
  std::jthread finisher([&] { threads.finish(); });
  while (threads.try_withdraw(2)) threads.submit(Lane::kRequest, 2, [&] { third = true; });
  end.count_down();
  finisher.join();
  EXPECT_FALSE(third);
}

}  // namespace
}  // namespace voxlate::http
