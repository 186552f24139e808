#include "jobs/ticker.h"

#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>

namespace voxlate::jobs {
namespace {

TEST(Ticker, TicksAgainAndAgainAlsoAfterAFailure) {
  std::latch three_ticks(3);
  int ticks = 0;
  Ticker ticker("test", std::chrono::milliseconds(1), [&](const std::stop_token&) {
    if (++ticks <= 3) three_ticks.count_down();
    throw std::runtime_error("does not matter");
  });
  three_ticks.wait();
}

TEST(Ticker, PokeTicksAtOnce) {
  std::latch ticked(1);
  Ticker ticker("test", std::chrono::hours(1), [&](const std::stop_token&) { ticked.count_down(); });
  ticker.poke();
  ticked.wait();
}

TEST(Ticker, EndsWithoutWaitingForTheNextTick) {
  Ticker ticker("test", std::chrono::hours(1), [](const std::stop_token&) { FAIL() << "nothing asked for a tick"; });
}

TEST(Ticker, ATickLearnsOfTheEnd) {
  std::latch ticking(1);
  bool stopped = false;
  {
    Ticker ticker("test", std::chrono::hours(1), [&](const std::stop_token& stop) {
      std::latch end(1);
      const std::stop_callback wake(stop, [&] { end.count_down(); });
      ticking.count_down();
      end.wait();
      stopped = stop.stop_requested();
    });
    ticker.poke();
    ticking.wait();
  }
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace voxlate::jobs
