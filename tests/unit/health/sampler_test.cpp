#include "health/sampler.h"
#include "base/clock.h"
#include "base/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace voxlate::health {
namespace {

/// A root folder with the files of a machine of 1000 kB, 400 kB of them used.
class SamplerTest : public ::testing::Test {
 protected:
  SamplerTest() {
    put("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 600 kB\n");
    put("proc/stat", "cpu 100 0 0 900 0 0 0 0 0 0\n");
    put("proc/self/status", "VmRSS: 50 kB\n");
  }

  void put(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  ResourceSample sample() { return Sampler({.root = folder_.path()}).look(kStart); }

  static constexpr TimePoint kStart{std::chrono::seconds(1000)};

  TemporaryFolder folder_;
};

TEST_F(SamplerTest, FallsBackToTheWholeMachine) {
  const ResourceSample status = sample();
  EXPECT_EQ(status.memory_source, "/proc/meminfo");
  EXPECT_EQ(status.memory_total_bytes, 1000U * 1024);
  EXPECT_EQ(status.memory_used_bytes, 400U * 1024);
  EXPECT_EQ(status.process_rss_bytes, 50U * 1024);
  EXPECT_GE(status.cpu_count, 1);
}

TEST_F(SamplerTest, UsesTheTightestLimitOfVersion2) {
  put("proc/self/cgroup", "0::/outer/inner\n");
  put("sys/fs/cgroup/outer/memory.max", "500000\n");
  put("sys/fs/cgroup/outer/memory.current", "300000\n");
  put("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 100000\n");
  put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  put("sys/fs/cgroup/outer/inner/memory.current", "1000\n");
  const ResourceSample status = sample();
  EXPECT_EQ(status.memory_source, "cgroup v2");
  EXPECT_EQ(status.memory_total_bytes, 500000U);
  EXPECT_EQ(status.memory_used_bytes, 200000U) << "page cache that can go is not used memory";
}

TEST_F(SamplerTest, FindsTheLimitOfAContainerThatSeesOnlyTheTop) {
  put("proc/self/cgroup", "5:memory:/docker/abc\n0::/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "700000\n");
  put("sys/fs/cgroup/memory/memory.usage_in_bytes", "650000\n");
  put("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 50000\n");
  const ResourceSample status = sample();
  EXPECT_EQ(status.memory_source, "cgroup v1");
  EXPECT_EQ(status.memory_total_bytes, 700000U);
  EXPECT_EQ(status.memory_used_bytes, 600000U);
}

TEST_F(SamplerTest, LimitAboveTheMachineIsNone) {
  put("proc/self/cgroup", "5:memory:/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  put("sys/fs/cgroup/memory/memory.usage_in_bytes", "650000\n");
  EXPECT_EQ(sample().memory_source, "/proc/meminfo");
  std::filesystem::remove(folder_ / "proc/meminfo");
  EXPECT_EQ(sample().memory_source, "estimate");
}

TEST_F(SamplerTest, CpuIsCountedSinceTheLookBefore) {
  Sampler sampler({.root = folder_.path()});
  put("proc/stat", "cpu 130 0 0 970 0 0 0 0 0 0\n");
  put("proc/self/stat", "7 (a) b) S 1 7 7 0 -1 4194560 0 0 0 0 8 2 0 0 20 0 1 0 100 0 0\n");
  ResourceSample look = sampler.look(kStart);
  EXPECT_DOUBLE_EQ(look.cpu_percent, 30);
  EXPECT_DOUBLE_EQ(look.process_cpu_percent, 10);
  put("proc/stat", "cpu 220 0 0 980 0 0 0 0 0 0\n");
  put("proc/self/stat", "7 (a) b) S 1 7 7 0 -1 4194560 0 0 0 0 28 2 0 0 20 0 1 0 100 0 0\n");
  look = sampler.look(kStart);
  EXPECT_DOUBLE_EQ(look.cpu_percent, 90);
  EXPECT_DOUBLE_EQ(look.process_cpu_percent, 20);
  put("proc/stat", "cpu 221 0 0 980 0 0 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(sampler.look(kStart).cpu_percent, 90) << "one tick says nothing";
}

TEST_F(SamplerTest, AbsentFilesAreNoFailure) {
  std::filesystem::remove_all(folder_ / "proc");
  const ResourceSample status = sample();
  EXPECT_EQ(status.memory_source, "estimate");
  EXPECT_GT(status.memory_total_bytes, status.memory_used_bytes);
  EXPECT_GE(status.memory_used_bytes, status.memory_total_bytes / 4) << "little is assumed to be free";
  EXPECT_EQ(status.cpu_percent, 0);
  EXPECT_FALSE(status.disk_read_bytes_per_s);
  EXPECT_FALSE(status.memory_stall_percent);
}

TEST_F(SamplerTest, RatesAreSinceTheLookBefore) {
  put("proc/diskstats", " 254 0 vda 10 0 100 0 5 0 200 0 0 0 0\n 254 1 vda1 10 0 100 0 5 0 200 0 0 0 0\n");
  put("proc/net/dev", "Inter-| x\n face | y\n    lo: 9 0 0 0 0 0 0 0 9 0\n  eth0:1000 0 0 0 0 0 0 0 500 0\n");
  Sampler sampler({.root = folder_.path()});
  EXPECT_FALSE(sampler.look(kStart).disk_read_bytes_per_s) << "nothing to compare with";
  put("proc/diskstats", " 254 0 vda 10 0 108 0 5 0 204 0 0 0 0\n 254 1 vda1 10 0 108 0 5 0 204 0 0 0 0\n");
  put("proc/net/dev", "Inter-| x\n face | y\n    lo: 999 0 0 0 0 0 0 0 999 0\n  eth0:5000 0 0 0 0 0 0 0 700 0\n");
  const ResourceSample later = sampler.look(kStart + std::chrono::seconds(2));
  EXPECT_EQ(later.disk_read_bytes_per_s, 8 * 512 / 2.0) << "a partition is part of its disk";
  EXPECT_EQ(later.disk_written_bytes_per_s, 4 * 512 / 2.0);
  EXPECT_EQ(later.network_received_bytes_per_s, 2000.0);
  EXPECT_EQ(later.network_sent_bytes_per_s, 100.0);
}

TEST_F(SamplerTest, ALimitOfItsOwnCountsWhenItIsNearerToItsEnd) {
  const auto with_limit = [&](std::uint64_t kb) {
    return Sampler({.limit_bytes = kb * 1024, .root = folder_.path()}).look(kStart);
  };
  const ResourceSample tight = with_limit(100);
  EXPECT_EQ(tight.memory_source, "limit");
  EXPECT_EQ(memory_percent(tight), 50);
  EXPECT_EQ(with_limit(200).memory_source, "/proc/meminfo") << "a quarter of the limit, but 40 % of the machine";
}

TEST_F(SamplerTest, TellsHowLongOthersWaited) {
  put("proc/pressure/memory",
      "some avg10=12.50 avg60=1.00 avg300=0.10 total=5\nfull avg10=3.00 avg60=0 avg300=0 total=1\n");
  EXPECT_EQ(sample().memory_stall_percent, 12.5);
  EXPECT_FALSE(sample().io_stall_percent);
}

TEST(Sampler, SeesThisMachine) {
  const ResourceSample status = Sampler().look(SystemClock().now());
  EXPECT_GT(status.memory_total_bytes, status.memory_used_bytes);
  EXPECT_GT(status.memory_used_bytes, 0U);
  EXPECT_GT(status.process_rss_bytes, 0U);
  EXPECT_LT(status.process_rss_bytes, status.memory_total_bytes);
}

}  // namespace
}  // namespace voxlate::health
