#include "jobs/ticker.h"

#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>

namespace voxlate::jobs {
namespace {

TEST(Ticker, TicksAgainAndAgainAlsoAfterAFailure) {
  std::latch three_ticks(3);
  int ticks = 0;
  Ticker ticker("test", std::chrono::milliseconds(1), [&] {
    if (++ticks <= 3) three_ticks.count_down();
    throw std::runtime_error("does not matter");
  });
  three_ticks.wait();
}

TEST(Ticker, PokeTicksAtOnce) {
  std::latch ticked(1);
  Ticker ticker("test", std::chrono::hours(1), [&] { ticked.count_down(); });
  ticker.poke();
  ticked.wait();
}

TEST(Ticker, EndsWithoutWaitingForTheNextTick) {
  Ticker ticker("test", std::chrono::hours(1), [] { FAIL() << "nothing asked for a tick"; });
}

}  // namespace
}  // namespace voxlate::jobs
