#include "media/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/unit/media/generated_media.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Error error_of(const std::filesystem::path& file, const Limits& limits = {}) {
  try {
    probe(file, limits, {});
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "nothing was thrown"};
}

TEST(Probe, TellsTheTracksOfAWav) {
  const TemporaryFolder folder;
  const MediaInfo info =
      probe(write_file(folder / "source", wav({.sample_rate_hz = 44'100, .seconds = 2}, {Tone{}, Tone{}})), {}, {});
  EXPECT_EQ(info.container, "wav");
  EXPECT_EQ(info.content_type, "audio/wav");
  EXPECT_EQ(info.description, "wav: audio pcm_s16le 44100 Hz stereo");
  EXPECT_EQ(info.duration, milliseconds(2000));
  EXPECT_FALSE(info.duration_is_estimate);
  ASSERT_EQ(info.audio.size(), 1u);
  EXPECT_EQ(info.audio[0].channels, 2);
  EXPECT_TRUE(info.video.empty());
}

TEST(Probe, EmptyFileIsUnsupported) {
  const TemporaryFolder folder;
  const Error error = error_of(write_file(folder / "source", ""));
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("got an empty file"));
}

TEST(Probe, TextIsUnsupported) {
  const TemporaryFolder folder;
  std::string text;
  for (int line = 0; line < 500; ++line) text += "Dear reader, this is line " + std::to_string(line) + ".\n";
  const Error error = error_of(write_file(folder / "source", text));
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), StartsWith("Expected a video or audio file"));
}

TEST(Probe, PictureIsUnsupported) {
  const TemporaryFolder folder;
  const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0\x1f\x15\xc4\x89", 33);
  EXPECT_EQ(error_of(write_file(folder / "source", png)).code(), ErrorCode::kUnsupported);
}

TEST(Probe, HeaderWithoutSoundIsCorrupt) {
  const TemporaryFolder folder;
  const Error error = error_of(write_file(folder / "source", wav_header(16'000, 1, 32'000).substr(0, 36)));
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("no 'data' tag found"));
}

TEST(Probe, MissingFileIsNotFound) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of(folder / "source").code(), ErrorCode::kNotFound);
}

TEST(Probe, FolderIsInvalidInput) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of(folder.path()).code(), ErrorCode::kInvalidInput);
}

TEST(Probe, TooLongIsTooLarge) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 2}, {Tone{}}));
  EXPECT_EQ(error_of(file, {.max_duration = milliseconds(1999)}).code(), ErrorCode::kTooLarge);
  EXPECT_NO_THROW(probe(file, {.max_duration = milliseconds(2000)}, {}));
}

TEST(Probe, NoTimeIsATimeout) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({}, {Tone{}}));
  EXPECT_EQ(error_of(file, {.open_timeout = milliseconds(0)}).code(), ErrorCode::kTimeout);
}

TEST(Probe, StopIsCancelled) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({}, {Tone{}}));
  std::stop_source stop;
  stop.request_stop();
  try {
    probe(file, {}, stop.get_token());
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST(Probe, MessageHoldsNoPath) {
  const TemporaryFolder folder;
  const Error error = error_of(write_file(folder / "source", "RIFF\x10\0\0\0WAVEfmt "));
  EXPECT_THAT(error.what(), ::testing::Not(HasSubstr(folder.path().string())));
}

/// What `require_audio` threw for `info`.
Error refusal(const MediaInfo& info, std::optional<int> track) {
  try {
    require_audio(info, track);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "nothing was thrown"};
}

MediaInfo two_tracks() {
  MediaInfo info;
  info.audio = {{.index = 0, .codec = "aac", .sample_rate_hz = 48'000, .layout = "stereo", .language = "en"},
                {.index = 1, .codec = "ac3", .sample_rate_hz = 48'000, .layout = "5.1", .language = "es"}};
  return info;
}

TEST(RequireAudio, SaysWhatThereIsInstead) {
  MediaInfo info;
  info.video = {{.codec = "h264", .width = 1920, .height = 1080}};
  const Error error = refusal(info, std::nullopt);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_STREQ(error.what(), "No audio in this file. It has: video h264 1920x1080.");
}

TEST(RequireAudio, ListsTracksForAWrongNumber) {
  for (const int number : {-1, 2}) {
    const Error error = refusal(two_tracks(), number);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(error.what(), HasSubstr("0: aac 48000 Hz stereo en, 1: ac3 48000 Hz 5.1 es"));
  }
}

TEST(RequireAudio, TakesTheNumberedTrack) { EXPECT_EQ(require_audio(two_tracks(), 1).codec, "ac3"); }

TEST(RequireAudio, TakesTheDefaultElseTheFirst) {
  MediaInfo info = two_tracks();
  EXPECT_EQ(require_audio(info, std::nullopt).index, 0);
  info.audio[1].is_default = true;
  EXPECT_EQ(require_audio(info, std::nullopt).index, 1);
}

TEST(RequireAudio, PrefersATrackThatCanBeDecoded) {
  MediaInfo info = two_tracks();
  info.audio[0].is_default = true;
  info.audio[0].is_decodable = false;
  EXPECT_EQ(require_audio(info, std::nullopt).index, 1);
  EXPECT_EQ(refusal(info, 0).code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace voxlate::media
