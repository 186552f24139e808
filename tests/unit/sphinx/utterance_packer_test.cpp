#include "sphinx/utterance_packer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace voxlate::sphinx {
namespace {

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
              testing::ElementsAre(Utterance{0, 90, Utterance::kNoSpeech, Utterance::kNoSpeech}));
}

TEST(UtterancePacker, SplitsAtLongPausesAndKnowsThem) {
  EXPECT_THAT(pack({{5, 20}, {31, 50}}), testing::ElementsAre(Utterance{5, 20, Utterance::kNoSpeech, 11},
                                                              Utterance{31, 50, 11, Utterance::kNoSpeech}));
}

TEST(UtterancePacker, DoesNotWaitForSpeechThatIsTooFarAway) {
  UtterancePacker packer{{.max_samples = 100, .max_pause_samples = 10}};
  packer.push({5, 20});
  packer.pass(30);
  EXPECT_EQ(packer.pop(), std::nullopt);
  packer.pass(31);
  EXPECT_EQ(packer.pop(), (Utterance{5, 20, Utterance::kNoSpeech, 11}));
  packer.push({1000, 1010});
  packer.finish();
  EXPECT_EQ(packer.pop(), (Utterance{1000, 1010, 980, Utterance::kNoSpeech}));
}

TEST(UtterancePacker, NeverJoinsToMoreThanTheMaximum) {
  EXPECT_THAT(pack({{0, 60}, {62, 100}, {100, 101}, {105, 210}}),
              testing::ElementsAre(Utterance{0, 100, Utterance::kNoSpeech, 0}, Utterance{100, 101, 0, 4},
                                   Utterance{105, 210, 4, Utterance::kNoSpeech}));
}

}  // namespace
}  // namespace voxlate::sphinx
