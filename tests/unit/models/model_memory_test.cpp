#include "models/model_memory.h"

#include <gtest/gtest.h>

namespace voxlate::models {
namespace {

constexpr std::uint64_t kMb = 1'000'000;

ModelInfo model(std::uint64_t megabytes, std::string quantisation) {
  return {.id = "m", .quantisation = std::move(quantisation), .size_bytes = megabytes * kMb};
}

// What was measured is in the README: the whole process with a batch of eight windows, in MB.
TEST(ModelMemory, IsNotBelowWhatWasMeasured) {
  const auto whole = [](const ModelInfo& info, bool integers) {
    return (memory_of_weights(info, integers) + memory_of_windows(info, 8)) / kMb;
  };
  constexpr std::uint64_t kProcess = 40;
  EXPECT_GE(whole(model(78, "f16"), false) + kProcess, 324U) << "tiny in float32";
  EXPECT_GE(whole(model(78, "f16"), true) + kProcess, 188U) << "tiny in integers";
  EXPECT_GE(whole(model(148, "f16"), false) + kProcess, 582U - 20) << "base in float32";
  EXPECT_GE(whole(model(148, "f16"), true) + kProcess, 313U) << "base in integers";
  EXPECT_GE(whole(model(488, "f16"), true) + kProcess, 784U) << "small in integers";
  EXPECT_LE(whole(model(488, "f16"), true) + kProcess, 2 * 784U) << "and not without measure";
}

TEST(ModelMemory, QuantisedWeightsTakeAByteEach) {
  EXPECT_EQ(memory_of_weights(model(1062, "q8_0"), false) / kMb, 999U);
  EXPECT_EQ(memory_of_weights(model(75, "q5_1"), false), 100 * kMb);
  EXPECT_EQ(memory_of_weights(model(100, "int8"), false), 100 * kMb);
  EXPECT_EQ(memory_of_weights(model(100, "float16"), false), 200 * kMb);
}

TEST(ModelMemory, FewerWindowsTakeLess) {
  const ModelInfo base = model(148, "f16");
  EXPECT_EQ(memory_of_windows(base, 4), memory_of_windows(base, 8) / 2);
  EXPECT_EQ(memory_of_windows(model(0, "f16"), 8), 0U);
}

}  // namespace
}  // namespace voxlate::models
