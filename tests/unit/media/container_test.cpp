// Files made by the ffmpeg program at test time: containers, tracks, start offsets, gaps, splices.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "media/audio_reader.h"
#include "media/probe.h"
#include "tests/unit/media/generated_media.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMaxFileBytes = 100'000'000;

struct Container {
  std::string_view name;
  std::string_view output;  ///< arguments after the inputs: 0 is video, 1 is 2 s of 440 Hz at 44100 Hz
  std::string_view content_type;
};

constexpr std::array kContainers = {
    Container{"mp4", "-map 0 -map 1 -c:v mpeg4 -c:a aac -f mp4", "video/mp4"},
    Container{"fragmented", "-map 0 -map 1 -c:v mpeg4 -c:a aac -movflags frag_keyframe+empty_moov -f mp4", "video/mp4"},
    Container{"m4a", "-map 1 -c:a alac -f ipod", "audio/mp4"},
    Container{"mov", "-map 0 -map 1 -c:v mpeg4 -c:a pcm_s16be -f mov", "video/quicktime"},
    Container{"mkv", "-map 0 -map 1 -c:v mpeg4 -c:a flac -f matroska", "video/x-matroska"},
    Container{"webm", "-map 1 -c:a libopus -f webm", "audio/webm"},
    Container{"avi", "-map 0 -map 1 -c:v mpeg4 -c:a mp2 -f avi", "video/x-msvideo"},
    Container{"ts", "-map 0 -map 1 -c:v mpeg2video -c:a mp2 -f mpegts", "video/mp2t"},
    Container{"ps", "-map 0 -map 1 -c:v mpeg2video -c:a mp2 -f dvd", "video/mpeg"},
    Container{"flv", "-map 0 -map 1 -c:v flv -c:a adpcm_swf -f flv", "video/x-flv"},
    Container{"wma", "-map 1 -c:a wmav2 -f asf", "audio/x-ms-wma"},
    Container{"mxf", "-map 0 -map 1 -c:v mpeg2video -c:a pcm_s16le -ar 48000 -f mxf", "application/mxf"},
    Container{"ogg", "-map 1 -c:a libvorbis -f ogg", "audio/ogg"},
    Container{"mp3", "-map 1 -c:a libmp3lame -f mp3", "audio/mpeg"},
    Container{"aac", "-map 1 -c:a aac -f adts", "audio/aac"},
    Container{"ac3", "-map 1 -c:a ac3 -f ac3", "audio/ac3"},
    Container{"eac3", "-map 1 -c:a eac3 -f eac3", "audio/eac3"},
    Container{"flac", "-map 1 -c:a flac -f flac", "audio/flac"},
    Container{"w64", "-map 1 -c:a pcm_s24le -f w64", "application/octet-stream"},
    Container{"rf64", "-map 1 -c:a pcm_s16le -rf64 always -f wav", "audio/wav"},
    Container{"aiff", "-map 1 -c:a pcm_s16be -f aiff", "audio/aiff"},
    Container{"au", "-map 1 -c:a pcm_mulaw -f au", "audio/basic"},
    Container{"caf", "-map 1 -c:a pcm_f32le -f caf", "audio/x-caf"},
    Container{"tta", "-map 1 -c:a tta -f tta", "application/octet-stream"},
    Container{"wv", "-map 1 -c:a wavpack -f wv", "application/octet-stream"},
};

/// Skips where there is no ffmpeg program to make files with.
class GeneratedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_ffmpeg()) GTEST_SKIP() << "needs the ffmpeg program";
  }

  std::filesystem::path make(const std::string& arguments) const {
    if (!run_ffmpeg(folder_.path(), arguments + " source")) ADD_FAILURE() << "ffmpeg failed: " << arguments;
    return folder_ / "source";
  }

  TemporaryFolder folder_;
};

class EveryContainer : public GeneratedFile, public ::testing::WithParamInterface<Container> {};

TEST_P(EveryContainer, Decodes) {
  const auto file = make("-f lavfi -i testsrc=d=2:s=352x288:r=25 -f lavfi -i sine=440:d=2 -shortest " +
                         std::string(GetParam().output));
  EXPECT_EQ(probe(file, {}, {}).content_type, GetParam().content_type);
  AudioReader reader(file, std::nullopt, {}, {});
  const std::vector<float> samples = read_all(reader);
  EXPECT_NEAR(static_cast<double>(samples.size()) / 16'000, 2.0, 0.1);
  EXPECT_NEAR(frequency_of(cut(samples, 0.5, 1.5)), 440, 2);
  EXPECT_NEAR(static_cast<double>(reader.start_time().count()), 0, 100);
  EXPECT_EQ(reader.damaged_places(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, EveryContainer, ::testing::ValuesIn(kContainers),
                         [](const auto& entry) { return std::string(entry.param.name); });

constexpr char kTwoLateTracks[] =
    "-f lavfi -i testsrc=d=4:s=64x64 -itsoffset 1.5 -f lavfi -i sine=440:d=2 -itsoffset 1.5 -f lavfi -i sine=880:d=2 "
    "-map 0 -map 1 -map 2 -c:v mpeg4 -metadata:s:a:0 language=ger -metadata:s:a:1 language=eng ";

TEST_F(GeneratedFile, LateAudioKeepsItsOffset) {
  for (const char* const output : {"-c:a flac -f matroska", "-c:a aac -f mp4", "-c:a mp2 -f mpegts"}) {
    const auto file = make(std::string(kTwoLateTracks) + output);
    AudioReader reader(file, std::nullopt, {}, {});
    EXPECT_NEAR(static_cast<double>(reader.start_time().count()), 1500, 30) << output;
    EXPECT_NEAR(static_cast<double>(read_all(reader).size()) / 16'000, 2.0, 0.06) << output;
    ASSERT_TRUE(reader.duration()) << output;
    EXPECT_NEAR(static_cast<double>(reader.duration()->count()), 2000, 600) << output;
  }
}

TEST_F(GeneratedFile, TracksHaveLanguagesAndAreChosenByNumber) {
  const auto file =
      make(std::string(kTwoLateTracks) + "-disposition:a:0 0 -disposition:a:1 default -c:a flac -f matroska");
  const MediaInfo info = probe(file, {}, {});
  ASSERT_EQ(info.audio.size(), 2u);
  EXPECT_EQ(info.audio[0].language, "de");
  EXPECT_EQ(info.audio[1].language, "en");
  EXPECT_EQ(info.description,
            "matroska,webm: video mpeg4 64x64, audio flac 44100 Hz mono de, audio flac 44100 Hz mono en");
  const auto frequency = [&](std::optional<int> track) {
    AudioReader reader(file, track, {}, {});
    return frequency_of(cut(read_all(reader), 0.5, 1.5));
  };
  EXPECT_NEAR(frequency(0), 440, 2);
  EXPECT_NEAR(frequency(1), 880, 2);
  EXPECT_NEAR(frequency(std::nullopt), 880, 2) << "the second is marked as the default";
}

TEST_F(GeneratedFile, CoverPictureIsNotVideo) {
  const auto file = make(
      "-f lavfi -i sine=440:d=1 -f lavfi -i color=red:s=32x32:d=0.04 -map 0 -map 1 -c:v mjpeg -disposition:v "
      "attached_pic -c:a libmp3lame -f mp3");
  const MediaInfo info = probe(file, {}, {});
  EXPECT_TRUE(info.video.empty());
  EXPECT_EQ(info.content_type, "audio/mpeg");
}

TEST_F(GeneratedFile, GapBecomesSilence) {
  const auto file = make("-f lavfi -i sine=440:d=2 -af 'asetpts=PTS+gte(T\\,1)*20/TB' -c:a pcm_s16le -f matroska");
  AudioReader reader(file, std::nullopt, {}, {});
  const std::vector<float> samples = read_all(reader);
  EXPECT_NEAR(static_cast<double>(samples.size()) / 16'000, 22, 0.05);
  EXPECT_GT(rms_of(cut(samples, 0, 0.95)), 0.05);
  EXPECT_EQ(rms_of(cut(samples, 1.1, 20.9)), 0);
  EXPECT_GT(rms_of(cut(samples, 21.1, 22)), 0.05);
}

/// The files `first` and `second`, one after the other.
std::filesystem::path join(const TemporaryFolder& folder, const std::filesystem::path& first,
                           const std::filesystem::path& second) {
  return write_file(folder / "joined", read_file(first, kMaxFileBytes) + read_file(second, kMaxFileBytes));
}

TEST_F(GeneratedFile, OverlapIsDropped) {
  const auto first = folder_ / "first";
  std::filesystem::rename(make("-f lavfi -i sine=440:d=10 -c:a mp2 -f mpegts"), first);
  const auto second = make("-f lavfi -i sine=880:d=10 -c:a mp2 -output_ts_offset 5 -f mpegts");
  AudioReader reader(join(folder_, first, second), std::nullopt, {}, {});
  const std::vector<float> samples = read_all(reader);
  EXPECT_NEAR(static_cast<double>(samples.size()) / 16'000, 15, 0.2);
  EXPECT_NEAR(frequency_of(cut(samples, 8.5, 9.5)), 440, 2);
  EXPECT_NEAR(frequency_of(cut(samples, 10.5, 14.5)), 880, 2);
}

TEST_F(GeneratedFile, SplicedTransportStreamsAreJoined) {
  const auto part = make("-f lavfi -i sine=440:d=30 -c:a mp2 -f mpegts");
  AudioReader reader(join(folder_, part, part), std::nullopt, {}, {});
  EXPECT_NEAR(static_cast<double>(read_all(reader).size()) / 16'000, 60, 0.3);
}

TEST_F(GeneratedFile, FormChangesOnTheWay) {
  const auto first = folder_ / "first";
  std::filesystem::rename(make("-f lavfi -i sine=440:d=2 -ac 2 -ar 44100 -c:a aac -f adts"), first);
  const auto second = make("-f lavfi -i sine=880:d=2 -ac 1 -ar 22050 -c:a aac -f adts");
  AudioReader reader(join(folder_, first, second), std::nullopt, {}, {});
  const std::vector<float> samples = read_all(reader);
  EXPECT_NEAR(static_cast<double>(samples.size()) / 16'000, 4, 0.3);
  EXPECT_NEAR(frequency_of(cut(samples, 0.5, 1.5)), 440, 2);
  EXPECT_NEAR(frequency_of(cut(samples, 2.7, 3.7)), 880, 4);
}

TEST_F(GeneratedFile, DamageIsSteppedOver) {
  const auto file = make("-f lavfi -i sine=440:d=10 -c:a libmp3lame -f mp3");
  std::string bytes = read_file(file, kMaxFileBytes);
  for (std::size_t at = bytes.size() / 2; at < bytes.size() / 2 + 3000; ++at) bytes[at] = static_cast<char>(at * 31);
  AudioReader reader(write_file(folder_ / "damaged", bytes), std::nullopt, {}, {});
  const std::vector<float> samples = read_all(reader);
  EXPECT_NEAR(static_cast<double>(samples.size()) / 16'000, 10, 0.5);
  EXPECT_NEAR(frequency_of(cut(samples, 1, 4)), 440, 2);
}

TEST_F(GeneratedFile, CutOffFileWithoutIndexIsCorrupt) {
  const auto file = make("-f lavfi -i sine=440:d=5 -c:a aac -f mp4");
  const std::string bytes = read_file(file, kMaxFileBytes);
  const auto half = write_file(folder_ / "half", bytes.substr(0, bytes.size() / 2));
  try {
    probe(half, {}, {});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("moov atom not found"));
  }
}

TEST_F(GeneratedFile, VideoOnlyHasNoAudio) {
  const auto file = make("-f lavfi -i testsrc=d=1:s=64x48 -c:v mpeg4 -f mp4");
  try {
    const AudioReader reader(file, std::nullopt, {}, {});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_STREQ(error.what(), "No audio in this file. It has: video mpeg4 64x48.");
  }
}

TEST_F(GeneratedFile, TooManyTracksIsTooLarge) {
  std::string maps;
  for (int track = 0; track < 5; ++track) maps += "-map 0 ";
  const auto file = make("-f lavfi -i sine=440:d=1 " + maps + "-c:a flac -f matroska");
  EXPECT_EQ(probe(file, {.max_streams = 5}, {}).audio.size(), 5u);
  try {
    probe(file, {.max_streams = 4}, {});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTooLarge);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("max_streams"));
  }
}

}  // namespace
}  // namespace voxlate::media
