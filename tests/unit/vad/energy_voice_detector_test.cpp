#include "vad/energy_voice_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "voxlate/audio.h"
#include "voxlate/error.h"

namespace voxlate::vad {
namespace {

using std::chrono::milliseconds;

/// Audio put together piece by piece; the noise is the same in every run.
class Recording {
 public:
  Recording& noise(double seconds, float level_db) {
    std::normal_distribution<float> gauss{0, std::pow(10.0F, level_db / 20)};
    for (std::size_t i = 0; i < samples_in(seconds); ++i) samples_.push_back(gauss(random_));
    return *this;
  }

  /// A 500 Hz tone with the four beats a second of syllables, over noise.
  Recording& speech(double seconds, float level_db, float noise_db) {
    const std::size_t first = samples_.size();
    noise(seconds, noise_db);
    const float amplitude = std::pow(10.0F, level_db / 20) * std::numbers::sqrt2_v<float>;
    for (std::size_t i = first; i < samples_.size(); ++i) {
      const float t = static_cast<float>(i - first) / kSampleRate;
      const float beat = 0.52F - 0.48F * std::cos(2 * std::numbers::pi_v<float> * 4 * t);
      samples_[i] += amplitude * beat * std::sin(2 * std::numbers::pi_v<float> * 500 * t);
    }
    return *this;
  }

  Recording& silence(double seconds) {
    samples_.resize(samples_.size() + samples_in(seconds));
    return *this;
  }

  const std::vector<float>& samples() const { return samples_; }

 private:
  static std::size_t samples_in(double seconds) { return static_cast<std::size_t>(seconds * kSampleRate); }

  std::vector<float> samples_;
  std::mt19937 random_{7};
};

std::vector<SpeechRegion> detect(std::span<const float> samples, std::size_t block = 4096,
                                 const EnergyVoiceDetector::Options& options = {}) {
  EnergyVoiceDetector detector{options};
  std::vector<SpeechRegion> regions;
  const auto take = [&] {
    while (const auto region = detector.pop()) regions.push_back(*region);
  };
  for (std::size_t at = 0; at < samples.size(); at += block) {
    detector.push(samples.subspan(at, std::min(block, samples.size() - at)));
    take();
  }
  detector.finish();
  take();
  return regions;
}

double seconds(std::int64_t samples) { return static_cast<double>(samples) / kSampleRate; }

TEST(EnergyVoiceDetector, FindsNothingInSilenceOrSteadyNoise) {
  EXPECT_THAT(detect({}), testing::IsEmpty());
  EXPECT_THAT(detect(Recording{}.silence(20).samples()), testing::IsEmpty());
  EXPECT_THAT(detect(Recording{}.noise(20, -70).samples()), testing::IsEmpty());
  EXPECT_THAT(detect(Recording{}.noise(20, -30).samples()), testing::IsEmpty());
}

TEST(EnergyVoiceDetector, FindsBurstsInNoiseWithPadding) {
  const auto recording = Recording{}.noise(3, -50).speech(1, -20, -50).noise(2, -50).speech(2, -26, -50).noise(3, -50);
  const auto regions = detect(recording.samples());
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_NEAR(seconds(regions[0].begin), 3 - 0.2, 0.06);
  EXPECT_NEAR(seconds(regions[0].end), 4 + 0.2, 0.06);
  EXPECT_NEAR(seconds(regions[1].begin), 6 - 0.2, 0.06);
  EXPECT_NEAR(seconds(regions[1].end), 8 + 0.2, 0.06);
}

TEST(EnergyVoiceDetector, FindsSpeechThatStartsWithTheFirstSample) {
  const auto regions = detect(Recording{}.speech(1, -20, -50).noise(1.5, -50).samples());
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_EQ(regions[0].begin, 0);
  EXPECT_NEAR(seconds(regions[0].end), 1.2, 0.06);
}

TEST(EnergyVoiceDetector, FindsSpeechInLoudNoise) {
  const auto regions = detect(Recording{}.noise(5, -32).speech(1, -20, -32).noise(5, -32).samples());
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_NEAR(seconds(regions[0].begin), 5 - 0.2, 0.1);
  EXPECT_NEAR(seconds(regions[0].end), 6 + 0.2, 0.1);
}

TEST(EnergyVoiceDetector, FollowsANoiseFloorThatRises) {
  const auto recording = Recording{}.noise(10, -65).noise(20, -42).speech(1, -18, -42).noise(3, -42);
  const auto regions = detect(recording.samples());
  ASSERT_FALSE(regions.empty());
  EXPECT_NEAR(seconds(regions.back().begin), 30 - 0.2, 0.06);
  EXPECT_NEAR(seconds(regions.back().end), 31 + 0.2, 0.06);
}

TEST(EnergyVoiceDetector, KeepsShortPausesInsideARegionAndDropsClicks) {
  const auto recording = Recording{}
                             .noise(3, -60)
                             .speech(1, -20, -60)
                             .noise(0.3, -60)
                             .speech(1, -20, -60)
                             .noise(2, -60)
                             .speech(0.04, -20, -60)
                             .noise(2, -60);
  const auto regions = detect(recording.samples());
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_NEAR(seconds(regions[0].end - regions[0].begin), 2.3 + 0.4, 0.1);
}

TEST(EnergyVoiceDetector, CutsLongSpeechAtTheQuietestPlace) {
  const auto recording =
      Recording{}.noise(1, -60).speech(8, -20, -60).noise(0.2, -60).speech(12, -20, -60).noise(1, -60);
  const auto regions = detect(recording.samples());
  ASSERT_GE(regions.size(), 2U);
  EXPECT_NEAR(seconds(regions[0].end), 9.1, 0.1) << "inside the short pause";
  for (std::size_t i = 0; i < regions.size(); ++i) {
    EXPECT_LE(seconds(regions[i].end - regions[i].begin), 12.4);
    if (i > 0) {
      EXPECT_EQ(regions[i].begin, regions[i - 1].end) << "no speech is lost between the parts";
    }
  }
  EXPECT_NEAR(seconds(regions.back().end), 21.2 + 0.2, 0.06);
}

TEST(EnergyVoiceDetector, RegionsDoNotDependOnTheBlocks) {
  const auto recording =
      Recording{}.speech(2, -30, -55).noise(1, -55).speech(15, -18, -55).noise(0.7, -55).speech(0.3, -20, -55);
  auto samples = recording.samples();
  samples.resize(samples.size() + 77);  // not whole frames
  const auto whole = detect(samples, samples.size());
  ASSERT_GE(whole.size(), 3U);
  for (const std::size_t block : {1U, 7U, 160U, 1000U, 16384U}) EXPECT_EQ(detect(samples, block), whole) << block;
}

TEST(EnergyVoiceDetector, RegionsAreOrderedAndInsideTheAudio) {
  Recording recording;
  for (int i = 0; i < 40; ++i)
    recording.noise(0.1 + 0.05 * (i % 11), -55).speech(0.1 + 0.13 * (i % 7), static_cast<float>(-20 - i % 13), -55);
  const auto regions = detect(recording.samples());
  ASSERT_FALSE(regions.empty());
  std::int64_t last = 0;
  for (const SpeechRegion& region : regions) {
    EXPECT_GE(region.begin, last);
    EXPECT_GT(region.end, region.begin);
    last = region.end;
  }
  EXPECT_LE(last, static_cast<std::int64_t>(recording.samples().size()));
}

TEST(EnergyVoiceDetector, HandlesLessThanOneFrame) {
  const std::vector<float> samples(100, 0.5F);
  EXPECT_THAT(detect(samples), testing::IsEmpty());
}

TEST(EnergyVoiceDetector, RefusesOptionsThatContradict) {
  EnergyVoiceDetector::Options options;
  options.min_silence = milliseconds{300};
  options.padding = milliseconds{200};
  try {
    const EnergyVoiceDetector detector{options};
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
  }
}

}  // namespace
}  // namespace voxlate::vad
