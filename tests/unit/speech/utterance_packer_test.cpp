#include "speech/utterance_packer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace voxlate::speech {
namespace {

constexpr std::int64_t kNone = Utterance::kNoSpeech;

std::vector<Utterance> pack(const std::vector<SpeechRegion>& regions) {
  UtterancePacker packer{{.max_samples = 100, .max_pause_samples = 10}};
  std::vector<Utterance> utterances;
  const auto take = [&] {
    while (const auto utterance = packer.pop()) utterances.push_back(*utterance);
  };
  for (const SpeechRegion& region : regions) {
    packer.push(region);
    take();
  }
  packer.finish();
  take();
  return utterances;
}

TEST(UtterancePacker, GivesNothingForNothing) { EXPECT_THAT(pack({}), testing::IsEmpty()); }

TEST(UtterancePacker, JoinsOverShortPauses) {
  EXPECT_THAT(pack({{0, 20}, {30, 50}, {50, 90}}),
              testing::ElementsAre(Utterance{0, 90, kNone, kNone, {{0, 20}, {30, 50}, {50, 90}}}));
}

TEST(UtterancePacker, SplitsAtLongPausesAndKnowsThem) {
  EXPECT_THAT(pack({{5, 20}, {31, 50}}),
              testing::ElementsAre(Utterance{5, 20, kNone, 11, {{5, 20}}}, Utterance{31, 50, 11, kNone, {{31, 50}}}));
}

TEST(UtterancePacker, DoesNotWaitForSpeechThatIsTooFarAway) {
  UtterancePacker packer{{.max_samples = 100, .max_pause_samples = 10}};
  packer.push({5, 20});
  packer.pass(30);
  EXPECT_EQ(packer.pop(), std::nullopt);
  packer.pass(31);
  EXPECT_EQ(packer.pop(), (Utterance{5, 20, kNone, 11, {{5, 20}}}));
  packer.push({1000, 1010});
  packer.finish();
  EXPECT_EQ(packer.pop(), (Utterance{1000, 1010, 980, kNone, {{1000, 1010}}}));
}

TEST(UtterancePacker, NeverJoinsToMoreThanTheMaximum) {
  EXPECT_THAT(
      pack({{0, 60}, {62, 100}, {100, 101}, {105, 210}}),
      testing::ElementsAre(Utterance{0, 100, kNone, 0, {{0, 60}, {62, 100}}}, Utterance{100, 101, 0, 4, {{100, 101}}},
                           Utterance{105, 210, 4, kNone, {{105, 210}}}));
}

}  // namespace
}  // namespace voxlate::speech
