#include "vad/speech_regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

#include "voxlate/audio.h"
#include "voxlate/error.h"

namespace voxlate::vad {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kChunk = 512;  // 32 ms
constexpr std::int64_t kPadding = 480;

/// Probabilities put together stretch by stretch.
class Probabilities {
 public:
  Probabilities& at(float probability, std::size_t chunks) {
    values_.resize(values_.size() + chunks, probability);
    return *this;
  }
  Probabilities& speech(std::size_t chunks) { return at(0.9F, chunks); }
  Probabilities& silence(std::size_t chunks) { return at(0.05F, chunks); }

  const std::vector<float>& values() const { return values_; }

 private:
  std::vector<float> values_;
};

std::vector<SpeechRegion> regions_of(const std::vector<float>& probabilities, const SpeechRegions::Options& options,
                                     std::int64_t missing = 0) {
  SpeechRegions regions(options, kChunk);
  for (const float probability : probabilities) regions.push(probability);
  regions.finish(static_cast<std::int64_t>(probabilities.size()) * kChunk - missing);
  std::vector<SpeechRegion> found;
  while (const auto region = regions.pop()) found.push_back(*region);
  return found;
}

std::vector<SpeechRegion> regions_of(const Probabilities& probabilities) {
  return regions_of(probabilities.values(), SpeechRegions::Options{});
}

SpeechRegion chunks(std::int64_t begin, std::int64_t end) {
  return {.begin = begin * kChunk - kPadding, .end = end * kChunk + kPadding};
}

TEST(SpeechRegions, FindsNothingBelowTheThreshold) {
  EXPECT_THAT(regions_of(Probabilities{}), IsEmpty());
  EXPECT_THAT(regions_of(Probabilities{}.silence(1000)), IsEmpty());
  EXPECT_THAT(regions_of(Probabilities{}.at(0.49F, 1000)), IsEmpty());
}

TEST(SpeechRegions, PadsWhatItFinds) {
  EXPECT_THAT(regions_of(Probabilities{}.silence(10).speech(20).silence(10)), ElementsAre(chunks(10, 30)));
}

TEST(SpeechRegions, StaysInsideTheStream) {
  EXPECT_THAT(regions_of(Probabilities{}.speech(20).values(), {}, /*missing=*/100),
              ElementsAre(SpeechRegion{0, 20 * kChunk - 100}));
  // One quiet chunk at the end: too short a silence to end the region, but where it ends all the same.
  EXPECT_THAT(regions_of(Probabilities{}.speech(20).silence(1).values(), {}, /*missing=*/100),
              ElementsAre(SpeechRegion{0, 21 * kChunk - 100}));
  EXPECT_THAT(regions_of(Probabilities{}.speech(20).silence(3)), ElementsAre(SpeechRegion{0, 20 * kChunk + kPadding}));
}

TEST(SpeechRegions, DropsShortBursts) {
  EXPECT_THAT(regions_of(Probabilities{}.silence(10).speech(7).silence(10)), IsEmpty()) << "224 ms";
  EXPECT_THAT(regions_of(Probabilities{}.silence(10).speech(8).silence(10)), ElementsAre(chunks(10, 18))) << "256 ms";
}

TEST(SpeechRegions, KeepsShortPausesInside) {
  EXPECT_THAT(regions_of(Probabilities{}.speech(20).silence(4).speech(20)), ElementsAre(SpeechRegion{0, 44 * kChunk}));
  EXPECT_THAT(regions_of(Probabilities{}.speech(20).silence(5).speech(20)),
              ElementsAre(SpeechRegion{0, 20 * kChunk + kPadding}, SpeechRegion{25 * kChunk - kPadding, 45 * kChunk}));
}

TEST(SpeechRegions, NeedsALowerProbabilityToEndThanToBegin) {
  EXPECT_THAT(regions_of(Probabilities{}.speech(10).at(0.4F, 50).silence(10)),
              ElementsAre(SpeechRegion{0, 60 * kChunk + kPadding}));
  EXPECT_THAT(regions_of(Probabilities{}.speech(10).at(0.34F, 50)),
              ElementsAre(SpeechRegion{0, 10 * kChunk + kPadding}));
  // Once it was that low, a little more does not bring it back.
  EXPECT_THAT(regions_of(Probabilities{}.speech(10).silence(1).at(0.4F, 2).silence(2).speech(10)),
              ElementsAre(SpeechRegion{0, 10 * kChunk + kPadding}, SpeechRegion{15 * kChunk - kPadding, 25 * kChunk}));
}

TEST(SpeechRegions, CutsAtTheLongestPauseAndOfEqualOnesAtTheLast) {
  const SpeechRegions::Options options{.min_silence = milliseconds{500}, .max_region = milliseconds{4000}};
  const auto first =
      regions_of(Probabilities{}.speech(30).silence(12).speech(30).silence(6).speech(60).silence(20).values(), options);
  EXPECT_THAT(first, ElementsAre(SpeechRegion{0, 30 * kChunk + kPadding}, chunks(42, 138)));
  const auto last =
      regions_of(Probabilities{}.speech(30).silence(8).speech(30).silence(8).speech(60).silence(20).values(), options);
  EXPECT_THAT(last, ElementsAre(SpeechRegion{0, 68 * kChunk + kPadding}, chunks(76, 136)));
}

TEST(SpeechRegions, CutsAtThePauseThatItIsIn) {
  const SpeechRegions::Options options{.min_silence = milliseconds{2000}, .max_region = milliseconds{4000}};
  EXPECT_THAT(
      regions_of(Probabilities{}.speech(30).silence(6).speech(60).silence(45).speech(20).values(), options),
      ElementsAre(SpeechRegion{0, 96 * kChunk + kPadding}, SpeechRegion{141 * kChunk - kPadding, 161 * kChunk}));
}

TEST(SpeechRegions, CutsHardWithoutAPauseAndLosesNothing) {
  const SpeechRegions::Options options{.max_region = milliseconds{4000}};
  constexpr std::int64_t kAll = 250;
  const auto found = regions_of(Probabilities{}.speech(kAll).values(), options);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.front().begin, 0);
  EXPECT_EQ(found.back().end, kAll * kChunk);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_LE(found[i].end - found[i].begin, 4 * kSampleRate);
    if (i > 0) {
      EXPECT_EQ(found[i].begin, found[i - 1].end);
    }
  }
  // What is left behind the cut counts however short it is, but not when it is nothing.
  const std::int64_t cut = found.front().end;
  const auto rest =
      regions_of(Probabilities{}.speech(static_cast<std::size_t>(cut / kChunk) + 2).silence(10).values(), options);
  EXPECT_THAT(rest, ElementsAre(SpeechRegion{0, cut}, SpeechRegion{cut, cut + 2 * kChunk + kPadding}));
  EXPECT_THAT(regions_of(Probabilities{}.speech(static_cast<std::size_t>(cut / kChunk)).silence(10).values(), options),
              testing::SizeIs(1));
}

TEST(SpeechRegions, SharesAPauseThatIsShorterThanThePadding) {
  const SpeechRegions::Options options{.min_silence = milliseconds{64}, .padding = milliseconds{200}};
  EXPECT_THAT(regions_of(Probabilities{}.speech(20).silence(4).speech(20).silence(20).values(), options),
              ElementsAre(SpeechRegion{0, 21 * kChunk}, SpeechRegion{21 * kChunk, 45 * kChunk}));
}

TEST(SpeechRegions, HoldsItsPromisesWhateverComes) {
  std::mt19937 random{5};
  std::uniform_real_distribution<float> step{-0.35F, 0.35F};
  for (const milliseconds min_silence : {milliseconds{0}, milliseconds{100}, milliseconds{1500}}) {
    const SpeechRegions::Options options{.min_silence = min_silence, .max_region = milliseconds{3000}};
    SpeechRegions regions(options, kChunk);
    float probability = 0;
    std::int64_t last_end = 0;
    std::size_t count = 0;
    constexpr std::int64_t kChunks = 20'000;
    const auto take = [&](std::int64_t heard) {
      while (const auto region = regions.pop()) {
        ++count;
        EXPECT_GE(region->begin, last_end);
        EXPECT_GT(region->end, region->begin);
        EXPECT_LE(region->end, heard);
        EXPECT_LE(region->end - region->begin, 3 * kSampleRate);
        EXPECT_LE(heard - region->begin, 3 * kSampleRate) << "reported too late";
        last_end = region->end;
      }
    };
    for (std::int64_t i = 1; i <= kChunks; ++i) {
      probability = std::clamp(probability + step(random), 0.0F, 1.0F);
      regions.push(probability);
      take(i * kChunk);
    }
    regions.finish(kChunks * kChunk);
    take(kChunks * kChunk);
    EXPECT_GT(count, 100U);
  }
}

TEST(SpeechRegions, RefusesOptionsOutOfTheirRange) {
  const auto code_of = [](const SpeechRegions::Options& options) {
    try {
      SpeechRegions(options, kChunk);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of({.threshold = 0}), ErrorCode::kInvalidInput);
  EXPECT_EQ(code_of({.threshold = 1}), ErrorCode::kInvalidInput);
  EXPECT_EQ(code_of({.min_speech = milliseconds{-1}}), ErrorCode::kInvalidInput);
  EXPECT_EQ(code_of({.min_silence = milliseconds{-1}}), ErrorCode::kInvalidInput);
  EXPECT_EQ(code_of({.padding = milliseconds{-1}}), ErrorCode::kInvalidInput);
  EXPECT_EQ(code_of({.padding = milliseconds{100}, .max_region = milliseconds{1199}}), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace voxlate::vad
