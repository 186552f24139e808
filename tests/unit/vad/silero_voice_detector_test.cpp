#include "vad/silero_voice_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>

#include "model_file/silero_file.h"
#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/vad/silero_test_data.h"
#include "voxlate/audio.h"
#include "voxlate/error.h"

namespace voxlate::vad {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::vector<SpeechRegion> detect(const std::shared_ptr<const SileroNetwork>& network, std::span<const float> samples,
                                 std::size_t block = 4096, const SileroVoiceDetector::Options& options = {}) {
  SileroVoiceDetector detector(network, options);
  std::vector<SpeechRegion> regions;
  const std::int64_t max_lateness = (options.max_region.count() + 1000) * kSampleRate / 1000;
  std::size_t at = 0;
  const auto take = [&] {
    while (const auto region = detector.pop()) {
      EXPECT_LE(static_cast<std::int64_t>(at) - region->begin, max_lateness + static_cast<std::int64_t>(block));
      regions.push_back(*region);
    }
  };
  while (at < samples.size()) {
    const auto part = samples.subspan(at, std::min(block, samples.size() - at));
    detector.push(part);
    at += part.size();
    take();
  }
  detector.finish();
  take();
  return regions;
}

void expect_no_matter_how_cut(const std::shared_ptr<const SileroNetwork>& network, std::vector<float> samples) {
  samples.resize(samples.size() / 512 * 512 + 77);  // not whole chunks
  const auto whole = detect(network, samples, samples.size());
  EXPECT_GE(whole.size(), 3U);
  for (const std::size_t block : {1U, 7U, 512U, 1000U, 8192U, 50000U})
    EXPECT_EQ(detect(network, samples, block), whole) << block;
}

class SileroVoiceDetectorTest : public testing::Test {
 protected:
  const std::string bytes_ = made_up_silero();
  nn::Compute compute_{/*threads=*/2};
  const std::shared_ptr<const SileroNetwork> network_ = std::make_shared<const SileroNetwork>(
      *model_file::SileroFile::parse(model_file::as_bytes(bytes_), "vad.safetensors"), compute_);
};

TEST_F(SileroVoiceDetectorTest, RegionsDoNotDependOnTheBlocks) { expect_no_matter_how_cut(network_, beats(20)); }

TEST_F(SileroVoiceDetectorTest, RegionsAreOrderedAndInsideTheAudio) {
  const std::vector<float> samples = beats(40);
  const SileroVoiceDetector::Options options{.max_region = std::chrono::milliseconds{2000}};
  const auto regions = detect(network_, samples, 4096, options);
  ASSERT_GE(regions.size(), 3U);
  std::int64_t last = 0;
  for (const SpeechRegion& region : regions) {
    EXPECT_GE(region.begin, last);
    EXPECT_GT(region.end, region.begin);
    EXPECT_LE(region.end - region.begin, 2 * kSampleRate);
    last = region.end;
  }
  EXPECT_LE(last, static_cast<std::int64_t>(samples.size()));
}

TEST_F(SileroVoiceDetectorTest, HearsNothingInNothing) {
  EXPECT_THAT(detect(network_, {}), IsEmpty());
  EXPECT_THAT(detect(network_, std::vector<float>(100)), IsEmpty());
}

TEST_F(SileroVoiceDetectorTest, HearsWhatIsLessThanAChunkAtTheEnd) {
  const SileroVoiceDetector::Options options{.threshold = 0.3F, .min_speech = std::chrono::milliseconds{0}};
  std::vector<float> samples(16 * SileroNetwork::kChunkSamples);
  EXPECT_THAT(detect(network_, samples, 4096, options), IsEmpty());
  const std::vector<float> sound = beats(1);
  samples.insert(samples.end(), sound.begin(), sound.begin() + 500);
  const auto found = detect(network_, samples, 4096, options);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.front().end, static_cast<std::int64_t>(samples.size()));
}

TEST_F(SileroVoiceDetectorTest, RefusesOptionsOutOfTheirRange) {
  try {
    const SileroVoiceDetector detector(network_, {.threshold = 2});
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
  }
}

/// With the real models, each with weights of its own.
class SileroOnRecordings : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(shared_folder() / "models"))
      GTEST_SKIP() << "../shared is not beside this repository";
    network_ = SileroNetwork::load(shared_models().at(GetParam()), compute_);
  }

  static std::vector<float> recording(const std::string& name) { return read_wav(shared_folder() / "data" / name); }

  nn::Compute compute_{/*threads=*/1};
  std::shared_ptr<const SileroNetwork> network_;
};

std::string model_name(const testing::TestParamInfo<std::size_t>& info) {
  return info.param == 0 ? "ggml" : "safetensors";
}

/// Shares of the reference's speech.
struct DetectionError {
  double missed = 0;
  double false_alarm = 0;
};

std::int64_t length(const std::vector<SpeechRegion>& regions) {
  std::int64_t sum = 0;
  for (const SpeechRegion& region : regions) sum += region.end - region.begin;
  return sum;
}

DetectionError compare(const std::vector<SpeechRegion>& found, const std::vector<SpeechRegion>& reference) {
  std::int64_t common = 0;
  for (const SpeechRegion& a : found) {
    for (const SpeechRegion& b : reference)
      common += std::max<std::int64_t>(0, std::min(a.end, b.end) - std::max(a.begin, b.begin));
  }
  const auto speech = static_cast<double>(length(reference));
  return {.missed = static_cast<double>(length(reference) - common) / speech,
          .false_alarm = static_cast<double>(length(found) - common) / speech};
}

/// What Silero's own `get_speech_timestamps` makes of the same recordings with the same weights; a probability that
/// is next to a threshold may fall on the other side of it, one chunk away.
TEST_P(SileroOnRecordings, FindsWhatThePublishedCodeFinds) {
  struct Case {
    std::string recording;
    std::vector<SpeechRegion> with_ggml;
    std::vector<SpeechRegion> with_safetensors;
  };
  const std::vector<Case> cases = {
      {"speech/en/jfk_16k.wav",
       {{5152, 36320}, {52256, 71136}, {86048, 122848}, {130592, 169952}},
       {{4640, 36832}, {52256, 71136}, {86048, 123360}, {130592, 169952}}},
      {"vad_diar/pyannote_sample.wav",
       {{108064, 115680}, {121888, 286688}, {288800, 345568}, {348704, 480000}},
       {{108064, 115680}, {121888, 345568}, {348704, 480000}}},
      {"vad_diar/whisperkit_VADAudio.wav",
       {{118816, 148448}, {164384, 173024}, {175648, 182752}, {198176, 234464}, {242720, 281056}},
       {{117280, 148448}, {164384, 173536}, {175648, 182752}, {198176, 234464}, {242720, 281056}, {385056, 390624}}},
      {"vad_diar/ami_trn01.wav", {}, {}},
  };
  for (const Case& expected : cases) {
    const auto& reference = GetParam() == 0 ? expected.with_ggml : expected.with_safetensors;
    const auto found = detect(network_, recording(expected.recording));
    ASSERT_THAT(found, SizeIs(reference.size())) << expected.recording;
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(found[i].begin), static_cast<double>(reference[i].begin), 512);
      EXPECT_NEAR(static_cast<double>(found[i].end), static_cast<double>(reference[i].end), 512);
    }
  }
}

TEST_P(SileroOnRecordings, FindsWhatPeopleMarkedAsSpeech) {
  const auto reference = read_rttm(shared_folder() / "data/vad_diar/pyannote_sample.rttm", "sample");
  const DetectionError error = compare(detect(network_, recording("vad_diar/pyannote_sample.wav")), reference);
  RecordProperty("missed", std::to_string(error.missed));
  RecordProperty("false_alarm", std::to_string(error.false_alarm));
  EXPECT_LT(error.missed, 0.03);
  EXPECT_LT(error.false_alarm, 0.04);
}

// The marked 3 s are short answers and laughter far from the microphone, which the network does not take for speech;
// what counts here is that the other 27 s of a meeting room give nothing.
TEST_P(SileroOnRecordings, KeepsQuietInAQuietMeeting) {
  const auto reference = read_rttm(shared_folder() / "data/vad_diar/ami_train.rttm", "trn01");
  ASSERT_GT(length(reference), 3 * kSampleRate);
  EXPECT_LT(compare(detect(network_, recording("vad_diar/ami_trn01.wav")), reference).false_alarm, 0.1);
}

TEST_P(SileroOnRecordings, HearsNothingInSilenceOrWhiteNoise) {
  EXPECT_THAT(detect(network_, std::vector<float>(20 * kSampleRate)), IsEmpty());
  for (const float level_db : {-70.0F, -50.0F, -30.0F, -15.0F})
    EXPECT_THAT(detect(network_, white_noise(20, level_db)), IsEmpty()) << level_db;
}

TEST_P(SileroOnRecordings, FindsTheFirstWordAfterDigitalSilence) {
  constexpr std::int64_t kSilence = 60 * kSampleRate;
  const auto speech = recording("speech/en/jfk_16k.wav");
  auto reference = detect(network_, speech);
  ASSERT_THAT(reference, SizeIs(4));
  for (SpeechRegion& region : reference) region = {.begin = region.begin + kSilence, .end = region.end + kSilence};

  std::vector<float> samples(kSilence);
  samples.insert(samples.end(), speech.begin(), speech.end());
  const auto found = detect(network_, samples);
  ASSERT_FALSE(found.empty());
  EXPECT_NEAR(static_cast<double>(found.front().begin), static_cast<double>(reference.front().begin),
              0.1 * kSampleRate);
  // The network still remembers the silence: a pause more or less.
  const DetectionError error = compare(found, reference);
  EXPECT_LT(error.missed, 0.1);
  EXPECT_LT(error.false_alarm, 0.1);
}

TEST_P(SileroOnRecordings, RegionsDoNotDependOnTheBlocks) {
  expect_no_matter_how_cut(network_, recording("speech/en/jfk_16k.wav"));
}

INSTANTIATE_TEST_SUITE_P(Models, SileroOnRecordings, testing::Values(0U, 1U), model_name);

}  // namespace
}  // namespace voxlate::vad
