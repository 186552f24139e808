#include "health/proc_text.h"

#include <gtest/gtest.h>

namespace voxlate::health {
namespace {

TEST(ProcText, ReadsMeminfo) {
  const auto memory = parse_meminfo("MemTotal:        8000 kB\nMemFree:  5 kB\nMemAvailable:    6000 kB\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total_bytes, 8000U * 1024);
  EXPECT_EQ(memory->available_bytes, 6000U * 1024);
  EXPECT_FALSE(parse_meminfo("MemTotal: 8000 kB\n")) << "kernels before 3.14";
  EXPECT_FALSE(parse_meminfo("MemTotal: 1 kB\nMemAvailable: 2 kB\n"));
  EXPECT_FALSE(parse_meminfo(""));
}

TEST(ProcText, CountsBusyAndTotalTicks) {
  const auto times = parse_cpu_times("cpu  10 20 30 400 50 6 7 8 90 91\ncpu0 1 2 3 4\n");
  ASSERT_TRUE(times);
  EXPECT_EQ(times->busy, 10U + 20 + 30 + 6 + 7 + 8);
  EXPECT_EQ(times->total, times->busy + 400 + 50);
  EXPECT_FALSE(parse_cpu_times("intr 1 2 3 4 5\n"));
  EXPECT_FALSE(parse_cpu_times("cpu 1 2 x 4\n"));
  EXPECT_FALSE(parse_cpu_times(""));
}

TEST(ProcText, ReadsNamedLines) {
  EXPECT_EQ(parse_kb_line("Name:\tx\nVmRSS:\t   12 kB\n", "VmRSS"), 12U * 1024);
  EXPECT_EQ(parse_kb_line("VmRSS2:\t12 kB\n", "VmRSS"), std::nullopt);
  EXPECT_EQ(parse_counter("cache 1\ninactive_file 77\n", "inactive_file"), 77U);
  EXPECT_EQ(parse_counter("total_inactive_file 77\n", "inactive_file"), std::nullopt);
}

TEST(ProcText, ReadsLimits) {
  EXPECT_EQ(parse_bytes("1073741824\n"), 1073741824U);
  EXPECT_EQ(parse_bytes("9223372036854771712\n"), 9223372036854771712U);
  EXPECT_EQ(parse_bytes("max\n"), std::nullopt);
  EXPECT_EQ(parse_bytes("-1\n"), std::nullopt);
  EXPECT_EQ(parse_bytes(""), std::nullopt);
}

TEST(ProcText, FindsTheCgroupPath) {
  const char* hybrid = "12:cpu,cpuacct:/a\n5:memory:/b/c:d\n0::/e.slice\n";
  EXPECT_EQ(parse_cgroup_path(hybrid, ""), "/e.slice");
  EXPECT_EQ(parse_cgroup_path(hybrid, "memory"), "/b/c:d");
  EXPECT_EQ(parse_cgroup_path(hybrid, "cpuacct"), "/a");
  EXPECT_EQ(parse_cgroup_path(hybrid, "pids"), std::nullopt);
  EXPECT_EQ(parse_cgroup_path("5:memory:/b\n", ""), std::nullopt);
}

}  // namespace
}  // namespace voxlate::health
