#include "health/gpu_probe.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/temporary_folder.h"

namespace voxlate::health {
namespace {

class SetClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  TimePoint now_{std::chrono::hours(1)};
};

constexpr const char* kTwo =
    "0, NVIDIA H200, 570.86.15, 143771, 512, 37, 41\n"
    "1, NVIDIA GeForce RTX 3060, 570.86.15, 12288, 0, [N/A], [N/A]\n";

TEST(GpuList, TellsDevicesAndLeavesUnknownFiguresOut) {
  const std::vector<GpuStatus> gpus = parse_gpu_list(kTwo);
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].name, "NVIDIA H200");
  EXPECT_EQ(gpus[0].driver, "570.86.15");
  EXPECT_EQ(gpus[0].memory_total_bytes, std::uint64_t{143771} << 20);
  EXPECT_EQ(gpus[0].memory_used_bytes, std::uint64_t{512} << 20);
  EXPECT_EQ(gpus[0].load_percent, 37);
  EXPECT_EQ(gpus[0].temperature_c, 41);
  EXPECT_EQ(gpus[1].index, 1);
  EXPECT_EQ(gpus[1].load_percent, std::nullopt);
}

TEST(GpuList, IsEmptyForOtherText) {
  EXPECT_TRUE(parse_gpu_list("").empty());
  EXPECT_TRUE(parse_gpu_list("No devices were found\n").empty());
  EXPECT_TRUE(parse_gpu_list("x, NVIDIA H200, 570, 1, 1, 1, 1\n0, a, b, -1, 1, 1, 1\n").empty());
}

class GpuProbeTest : public ::testing::Test {
 protected:
  void write_program(const std::string& body) {
    std::ofstream(program_) << "#!/bin/sh\n" << body;
    std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
  }

  const TemporaryFolder folder_;
  const std::filesystem::path program_ = folder_ / "nvidia-smi";
  SetClock clock_;
  GpuProbe probe_{clock_, program_};
};

TEST_F(GpuProbeTest, AsksTheDriversProgramAndBelievesItForAWhile) {
  write_program("echo '0, NVIDIA H200, 570.86.15, 143771, 512, 37, 41'\n");
  EXPECT_EQ(probe_.look().size(), 1U);
  write_program("exit 9\n");
  clock_.advance(GpuProbe::kBelieved - std::chrono::milliseconds(1));
  EXPECT_EQ(probe_.look().size(), 1U);
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(probe_.look().empty());
}

TEST_F(GpuProbeTest, WithoutTheProgramThereIsNone) { EXPECT_TRUE(probe_.look().empty()); }

TEST_F(GpuProbeTest, AnEndlessAnswerIsNone) {
  write_program("yes '0, NVIDIA H200, 570.86.15, 143771, 512, 37, 41'\n");
  EXPECT_TRUE(probe_.look().empty());
}

}  // namespace
}  // namespace voxlate::health
