#include "nn/compute_pool.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <vector>

namespace voxlate::nn {
namespace {

TEST(ComputePool, EachTaskRunsOnceHoweverManyThreads) {
  for (const int threads : {1, 2, 5}) {
    ComputePool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (const int count : {0, 1, 2, 3, 100, 1000}) {
      std::vector<int> calls(static_cast<std::size_t>(count));
      pool.run(count, [&](int index, int thread) {
        ASSERT_GE(thread, 0);
        ASSERT_LT(thread, threads);
        ++calls[static_cast<std::size_t>(index)];
      });
      EXPECT_EQ(calls, std::vector<int>(static_cast<std::size_t>(count), 1));
    }
  }
}

TEST(ComputePool, ARegionSeesWhatTheOneBeforeWrote) {
  ComputePool pool(3);
  std::vector<long> values(64, 1);
  for (int round = 0; round < 2000; ++round) {
    const std::vector<long> before = values;
    pool.run(64, [&](int index, int /*thread*/) {
      values[static_cast<std::size_t>(index)] = before[static_cast<std::size_t>((index + 1) % 64)] + 1;
    });
  }
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0L), 64 * 2001L);
}

TEST(ComputePool, CallersTakeTurns) {
  ComputePool pool(2);
  long sum = 0;  // plain: two regions at once would be a race
  const auto add = [&] {
    for (int round = 0; round < 500; ++round) {
      pool.run(1, [&](int /*index*/, int /*thread*/) { ++sum; });
    }
  };
  std::thread other(add);
  add();
  other.join();
  EXPECT_EQ(sum, 1000);
}

}  // namespace
}  // namespace voxlate::nn
