#include "pipeline/clipped_audio.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "pipeline/timed_audio.h"
#include "voxlate/error.h"

namespace voxlate::pipeline {
namespace {

using std::chrono::milliseconds;

/// Seconds whose samples have the number of the second.
class Counting final : public AudioSource {
 public:
  explicit Counting(int seconds) : samples_(static_cast<std::int64_t>(seconds) * kSampleRate) {}

  std::size_t read(std::span<float> out) override {
    const std::size_t count = std::min(out.size(), static_cast<std::size_t>(samples_ - at_));
    for (std::size_t i = 0; i < count; ++i)
      out[i] = static_cast<float>((at_ + static_cast<std::int64_t>(i)) / kSampleRate);
    at_ += static_cast<std::int64_t>(count);
    return count;
  }
  void check() override {
    if (broken_) throw Error(ErrorCode::kCorrupt, "broken");
  }
  milliseconds start_time() const override { return milliseconds(100); }
  std::optional<milliseconds> duration() const override { return length_of(samples_); }

  void break_off() { broken_ = true; }

 private:
  const std::int64_t samples_;
  std::int64_t at_ = 0;
  bool broken_ = false;
};

std::vector<float> all_of(AudioSource& audio) {
  std::vector<float> all;
  std::vector<float> block(1000);
  while (const std::size_t got = audio.read(block))
    all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  EXPECT_EQ(audio.read(block), 0U) << "the end stays the end";
  return all;
}

TEST(ClippedAudio, IsTheStretchWithTheTimesOfTheWhole) {
  Counting whole(10);
  ClippedAudio audio(whole, milliseconds(2000), milliseconds(3000));
  EXPECT_EQ(audio.start_time(), milliseconds(2100));
  EXPECT_EQ(audio.duration(), milliseconds(3000));
  const std::vector<float> samples = all_of(audio);
  ASSERT_EQ(samples.size(), 3U * kSampleRate);
  EXPECT_EQ(samples.front(), 2);
  EXPECT_EQ(samples.back(), 4);
}

TEST(ClippedAudio, GoesToTheEndWithoutALength) {
  Counting whole(4);
  ClippedAudio audio(whole, milliseconds(1000), milliseconds(0));
  EXPECT_EQ(audio.duration(), milliseconds(3000));
  EXPECT_EQ(all_of(audio).size(), 3U * kSampleRate);
}

TEST(ClippedAudio, IsEmptyBehindTheEnd) {
  Counting whole(2);
  ClippedAudio audio(whole, milliseconds(5000), milliseconds(1000));
  EXPECT_EQ(audio.duration(), milliseconds(0));
  EXPECT_TRUE(all_of(audio).empty());
}

TEST(ClippedAudio, IsBrokenWithTheWholeUntilItsEnd) {
  Counting whole(4);
  ClippedAudio audio(whole, milliseconds(0), milliseconds(2000));
  EXPECT_NO_THROW(audio.check());
  whole.break_off();
  EXPECT_THROW(audio.check(), Error);
  all_of(audio);
  EXPECT_NO_THROW(audio.check());
}

TEST(TimedAudio, IsTheSourceBehindItInAllElse) {
  Counting whole(2);
  TimedAudio audio(whole);
  EXPECT_EQ(audio.start_time(), whole.start_time());
  EXPECT_EQ(audio.duration(), whole.duration());
  EXPECT_EQ(all_of(audio).size(), 2U * kSampleRate);
  EXPECT_NO_THROW(audio.check());
  whole.break_off();
  EXPECT_THROW(audio.check(), Error);
}

}  // namespace
}  // namespace voxlate::pipeline
