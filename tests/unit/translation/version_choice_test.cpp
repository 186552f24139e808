#include "translation/version_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace voxlate::translation {
namespace {

using std::chrono::milliseconds;

/// Two cues of two and one seconds, ten characters each.
Sentence spoken() {
  return {.text = "ten lettr ten lettr.",
          .parts = {{.segment = 0, .begin = milliseconds(0), .end = milliseconds(2000), .characters = 10},
                    {.segment = 1, .begin = milliseconds(2000), .end = milliseconds(3000), .characters = 10}}};
}

CheckedVersion version(std::string text, double score, std::size_t problems = 0, bool broken = false) {
  return {.text = std::move(text),
          .score = score,
          .problems = std::vector<Problem>(problems, {.kind = Problem::Kind::kMissingNumber, .what = "5"}),
          .is_broken = broken};
}

std::size_t choose(const std::vector<CheckedVersion>& versions, const VersionRule& rule = {}) {
  return choose_version(spoken(), versions, "en", {}, rule);
}

const std::string kLong = "a translation that is far longer than one second of speech";
const std::string kMiddle = "a translation that is long, even so";
const std::string kShort = "a short translation";

TEST(VersionChoice, TakesTheBestThatCanBeRead) {
  EXPECT_EQ(choose({version(kLong, -0.3), version(kShort, -0.5), version(kShort, -0.4)}), 2U);
  EXPECT_EQ(choose({version(kShort, -0.3), version("short", -0.4)}), 0U);
}

TEST(VersionChoice, TakesTheShortestWhenNoneCanBeRead) {
  EXPECT_EQ(choose({version(kLong, -0.3), version(kMiddle, -0.5), version(kLong, -0.2)}), 1U);
}

TEST(VersionChoice, LeavesOutWhatIsMuchWorse) {
  EXPECT_EQ(choose({version(kLong, -0.3), version(kShort, -0.9)}), 0U);
  VersionRule wide;
  wide.score_margin = 1;
  EXPECT_EQ(choose({version(kLong, -0.3), version(kShort, -0.9)}, wide), 1U);
}

TEST(VersionChoice, ProblemsAndBrokenVersionsCost) {
  EXPECT_EQ(choose({version(kShort, -0.3, 1), version(kShort, -0.5)}), 1U);
  EXPECT_EQ(choose({version(kShort, -0.3, 1), version(kShort, -0.6)}), 0U);
  EXPECT_EQ(choose({version("short", -0.1, 0, true), version(kLong, -1.5)}), 1U);
}

TEST(VersionChoice, NoTextIsTheLastResort) {
  EXPECT_EQ(choose({version("", 0), version(" ", 0), version(kLong, -5)}), 2U);
  EXPECT_EQ(choose({version("", 0)}), 0U);
}

TEST(VersionChoice, WithoutASpeedTheBestIsTaken) {
  VersionRule rule;
  rule.characters_per_second = 0;
  EXPECT_EQ(choose({version(kShort, -0.4), version(kLong, -0.3)}, rule), 1U);
}

TEST(VersionChoice, SpeedIsThatOfTheFastestCueWithoutTags) {
  EXPECT_DOUBLE_EQ(needed_reading_speed(spoken(), "<i>ten lettr ten lettr.</i>", "en", {}), 10);
  EXPECT_DOUBLE_EQ(needed_reading_speed(spoken(), "", "en", {}), 0);
  Sentence still = spoken();
  for (SentencePart& part : still.parts) part.begin = part.end = milliseconds(0);
  EXPECT_TRUE(std::isinf(needed_reading_speed(still, "ab cd", "en", {})));
}

}  // namespace
}  // namespace voxlate::translation
