#include "health/sampler.h"
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

  SystemStatus sample() {
    SystemStatus status;
    Sampler(folder_.path()).sample(status);
    return status;
  }

  TemporaryFolder folder_;
};

TEST_F(SamplerTest, FallsBackToTheWholeMachine) {
  const SystemStatus status = sample();
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
  const SystemStatus status = sample();
  EXPECT_EQ(status.memory_source, "cgroup v2");
  EXPECT_EQ(status.memory_total_bytes, 500000U);
  EXPECT_EQ(status.memory_used_bytes, 200000U) << "page cache that can go is not used memory";
}

TEST_F(SamplerTest, FindsTheLimitOfAContainerThatSeesOnlyTheTop) {
  put("proc/self/cgroup", "5:memory:/docker/abc\n0::/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "700000\n");
  put("sys/fs/cgroup/memory/memory.usage_in_bytes", "650000\n");
  put("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 50000\n");
  const SystemStatus status = sample();
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
  EXPECT_EQ(sample().memory_source, "");
}

TEST_F(SamplerTest, CpuIsCountedSinceTheLookBefore) {
  Sampler sampler(folder_.path());
  SystemStatus status;
  put("proc/stat", "cpu 130 0 0 970 0 0 0 0 0 0\n");
  sampler.sample(status);
  EXPECT_DOUBLE_EQ(status.cpu_percent, 30);
  put("proc/stat", "cpu 220 0 0 980 0 0 0 0 0 0\n");
  sampler.sample(status);
  EXPECT_DOUBLE_EQ(status.cpu_percent, 90);
  put("proc/stat", "cpu 221 0 0 980 0 0 0 0 0 0\n");
  sampler.sample(status);
  EXPECT_DOUBLE_EQ(status.cpu_percent, 90) << "one tick says nothing";
}

TEST_F(SamplerTest, AbsentFilesAreNoFailure) {
  std::filesystem::remove_all(folder_ / "proc");
  const SystemStatus status = sample();
  EXPECT_EQ(status.memory_total_bytes, 0U);
  EXPECT_EQ(status.cpu_percent, 0);
}

TEST(Sampler, SeesThisMachine) {
  SystemStatus status;
  Sampler().sample(status);
  EXPECT_GT(status.memory_total_bytes, status.memory_used_bytes);
  EXPECT_GT(status.memory_used_bytes, 0U);
  EXPECT_GT(status.process_rss_bytes, 0U);
  EXPECT_LT(status.process_rss_bytes, status.memory_total_bytes);
}

}  // namespace
}  // namespace voxlate::health
