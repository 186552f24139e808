#include "media/audio_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/temporary_folder.h"
#include "tests/unit/media/generated_media.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using std::chrono::milliseconds;

template <typename Action>
ErrorCode code_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kInternal;
}

std::vector<float> decode(const std::filesystem::path& file) {
  AudioReader reader(file, std::nullopt, {}, {});
  return read_all(reader);
}

TEST(AudioReader, SameRateKeepsEverySample) {
  const TemporaryFolder folder;
  const std::vector<float> samples = decode(write_file(folder / "source", wav({.seconds = 1.25}, {Tone{}})));
  ASSERT_EQ(samples.size(), 20'000u);
  for (std::size_t index = 0; index < samples.size(); ++index) {
    ASSERT_NEAR(samples[index], 0.5 * std::sin(2 * 3.14159265358979 * 440 * static_cast<double>(index) / 16'000), 1e-4);
  }
}

TEST(AudioReader, ResamplesWithoutChangeOfPitchLevelOrLength) {
  const TemporaryFolder folder;
  for (const int rate : {8'000, 11'025, 22'050, 44'100, 48'000, 96'000}) {
    const auto file =
        write_file(folder / "source", wav({.sample_rate_hz = rate, .seconds = 3}, {Tone{.frequency_hz = 1000}}));
    const std::vector<float> samples = decode(file);
    EXPECT_EQ(samples.size(), 48'000u) << rate;
    const std::vector<float> middle = cut(samples, 1, 2);
    EXPECT_NEAR(frequency_of(middle), 1000, 1.5) << rate;
    EXPECT_NEAR(rms_of(middle), 0.5 / std::sqrt(2), 0.004) << rate;
  }
}

TEST(AudioReader, KeepsTheTimeOfAClickWhenResampling) {
  const TemporaryFolder folder;
  std::string bytes = wav({.sample_rate_hz = 44'100, .seconds = 2}, {Tone{.amplitude = 0}});
  bytes[44 + 2 * 44'100 + 1] = 0x40;  // half scale at exactly 1 s
  const std::vector<float> samples = decode(write_file(folder / "source", bytes));
  const auto peak = std::max_element(samples.begin(), samples.end()) - samples.begin();
  EXPECT_NEAR(static_cast<double>(peak), 16'000, 1);
}

TEST(AudioReader, MixesStereoToTheMean) {
  const TemporaryFolder folder;
  const auto loud = write_file(folder / "loud", wav({}, {Tone{.amplitude = 0.99}, Tone{.amplitude = 0.99}}));
  EXPECT_NEAR(rms_of(decode(loud)), 0.99 / std::sqrt(2), 0.002) << "equal channels must neither clip nor fade";
  const auto left = write_file(folder / "left", wav({}, {Tone{.amplitude = 0.8}, Tone{.amplitude = 0}}));
  EXPECT_NEAR(rms_of(decode(left)), 0.4 / std::sqrt(2), 0.002);
}

TEST(AudioReader, MixesChannelsWithoutPlaces) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({}, std::vector<Tone>(3, Tone{.amplitude = 0.9})));
  EXPECT_NEAR(rms_of(decode(file)), 0.9 / std::sqrt(2), 0.002);
}

TEST(AudioReader, BlockSizeDoesNotMatter) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.sample_rate_hz = 44'100}, {Tone{}}));
  const std::vector<float> expected = decode(file);
  AudioReader reader(file, std::nullopt, {}, {});
  std::vector<float> samples(expected.size() + 10, 2.0F);
  EXPECT_EQ(reader.read({samples.data(), 1}), 1u);
  EXPECT_EQ(reader.read({samples.data() + 1, samples.size() - 1}), expected.size() - 1) << "short only at the end";
  EXPECT_EQ(reader.read(samples), 0u);
  EXPECT_TRUE(std::equal(expected.begin() + 1, expected.end(), samples.begin() + 1));
}

TEST(AudioReader, TellsStartAndDuration) {
  const TemporaryFolder folder;
  const AudioReader reader(write_file(folder / "source", wav({.seconds = 1.5}, {Tone{}})), std::nullopt, {}, {});
  EXPECT_EQ(reader.start_time(), milliseconds(0));
  EXPECT_EQ(reader.duration(), milliseconds(1500));
  EXPECT_EQ(reader.track().codec, "pcm_s16le");
}

TEST(AudioReader, TruncatedFileGivesWhatIsThere) {
  const TemporaryFolder folder;
  const std::string whole = wav({.seconds = 4}, {Tone{}});
  const std::vector<float> samples = decode(write_file(folder / "source", whole.substr(0, 44 + 32'000)));
  EXPECT_EQ(samples.size(), 16'000u);
}

TEST(AudioReader, NotANumberBecomesSilence) {
  const TemporaryFolder folder;
  std::string bytes = wav_header(16'000, 1, 4 * 1000);
  bytes[20] = 3;  // IEEE float
  bytes[32] = 4;
  bytes[34] = 32;
  const float values[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 7.0F, -7.0F,
                          0.25F};
  for (int index = 0; index < 1000; ++index) {
    bytes.append(reinterpret_cast<const char*>(&values[index % 5]), sizeof(float));
  }
  const std::vector<float> samples = decode(write_file(folder / "source", bytes));
  ASSERT_EQ(samples.size(), 1000u);
  EXPECT_EQ(samples[0], 0.0F);
  EXPECT_EQ(samples[1], 1.0F);
  EXPECT_EQ(samples[2], 1.0F);
  EXPECT_EQ(samples[3], -1.0F);
  EXPECT_EQ(samples[4], 0.25F);
}

TEST(AudioReader, EmptyTrackIsCorrupt) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav_header(16'000, 1, 0));
  EXPECT_EQ(code_of([&] { AudioReader(file, std::nullopt, {}, {}); }), ErrorCode::kCorrupt);
}

TEST(AudioReader, AbsurdSampleRateIsUnsupported) {
  const TemporaryFolder folder;
  for (const int rate : {1, 999, 768'001, 2'000'000'000}) {
    const auto file = write_file(folder / "source", wav_header(rate, 1, 2000) + std::string(2000, '\1'));
    EXPECT_EQ(code_of([&] { AudioReader(file, std::nullopt, {}, {}); }), ErrorCode::kUnsupported) << rate;
  }
}

TEST(AudioReader, WrongTrackIsInvalidInput) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({}, {Tone{}}));
  EXPECT_EQ(code_of([&] { AudioReader(file, 1, {}, {}); }), ErrorCode::kInvalidInput);
}

TEST(AudioReader, StopWhileReadingIsCancelled) {
  const TemporaryFolder folder;
  std::stop_source stop;
  AudioReader reader(write_file(folder / "source", wav({.seconds = 5}, {Tone{}})), std::nullopt, {}, stop.get_token());
  std::vector<float> block(100);
  EXPECT_EQ(reader.read(block), 100u);
  stop.request_stop();
  EXPECT_EQ(code_of([&] { reader.read(block); }), ErrorCode::kCancelled);
}

TEST(AudioReader, NoProgressInTimeIsATimeout) {
  const TemporaryFolder folder;
  AudioReader reader(write_file(folder / "source", wav({}, {Tone{}})), std::nullopt, {.stall_timeout = milliseconds(0)},
                     {});
  std::vector<float> block(100);
  EXPECT_EQ(code_of([&] { reader.read(block); }), ErrorCode::kTimeout);
}

TEST(AudioReader, LengthIsLimitedAlsoWhereTheHeaderDoesNotTell) {
  const TemporaryFolder folder;
  // Sun audio: magic, header size, data size unknown, 16-bit PCM, 8000 Hz, one channel.
  std::string bytes(".snd\0\0\0\x18\xff\xff\xff\xff\0\0\0\x03\0\0\x1f\x40\0\0\0\x01", 24);
  bytes.append(8000 * 2 * 3, '\1');
  const auto file = write_file(folder / "source", bytes);
  EXPECT_EQ(decode(file).size(), 48'000u);
  AudioReader reader(file, std::nullopt, {.max_duration = milliseconds(2000)}, {});
  EXPECT_EQ(code_of([&] { read_all(reader); }), ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace voxlate::media
