#include "media/worker_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "media/worker_request.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

MediaInfo film() {
  MediaInfo info;
  info.container = "matroska,webm";
  info.duration = milliseconds(91'000);
  info.start_time = milliseconds(-20);
  info.audio = {{.index = 0,
                 .stream = 1,
                 .codec = "aac",
                 .sample_rate_hz = 48'000,
                 .channels = 6,
                 .layout = "5.1",
                 .language = "de",
                 .is_default = true,
                 .start_time = milliseconds(12)},
                {.index = 1, .stream = 2, .codec = "opus", .is_decodable = false}};
  info.video = {{.codec = "h264", .width = 1280, .height = 720}};
  info.subtitles = {{.index = 0, .codec = "subrip", .language = "zh-Hant"}};
  info.content_type = "video/webm";
  info.description = "matroska,webm: video h264 1280x720";
  return info;
}

template <typename Message>
Message read_one(const std::string& bytes) {
  WorkerMessageParser parser;
  parser.append(bytes);
  std::optional<WorkerMessage> message = parser.next();
  EXPECT_TRUE(message.has_value());
  EXPECT_FALSE(parser.is_within_message());
  return std::get<Message>(std::move(*message));
}

/// What `bytes` are refused with.
std::string refusal_of(const std::string& bytes) {
  WorkerMessageParser parser;
  parser.append(bytes);
  try {
    const bool is_message = parser.next().has_value();
    return is_message ? "taken" : "waits for more";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    return error.what();
  }
}

std::string message_of(char kind, const std::string& body) {
  const auto size = static_cast<std::uint32_t>(body.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + kind + body;
}

TEST(WorkerMessages, WhatAFileHoldsComesBackWhole) {
  const MediaInfo sent = film();
  const MediaInfo got = read_one<MediaFound>(encode(MediaFound{sent})).info;
  EXPECT_EQ(got.container, sent.container);
  EXPECT_EQ(got.duration, sent.duration);
  EXPECT_EQ(got.duration_is_estimate, sent.duration_is_estimate);
  EXPECT_EQ(got.start_time, sent.start_time);
  EXPECT_EQ(got.content_type, sent.content_type);
  EXPECT_EQ(got.description, sent.description);
  EXPECT_EQ(describe_tracks(got), describe_tracks(sent));
  ASSERT_EQ(got.audio.size(), 2U);
  EXPECT_EQ(got.audio[0].stream, 1);
  EXPECT_EQ(got.audio[0].channels, 6);
  EXPECT_EQ(got.audio[0].start_time, milliseconds(12));
  EXPECT_TRUE(got.audio[0].is_default && got.audio[0].is_decodable);
  EXPECT_EQ(got.audio[1].index, 1);
  EXPECT_FALSE(got.audio[1].is_default || got.audio[1].is_decodable);
}

TEST(WorkerMessages, SoundKeepsEveryBit) {
  const std::vector<float> samples{0.0F, -1.0F, 1.0F, 1e-40F, -0.0F, 0.333333343F};
  const SoundDecoded sound = read_one<SoundDecoded>(encode_sound(3, samples));
  EXPECT_EQ(sound.samples, samples);
  EXPECT_TRUE(std::signbit(sound.samples[4]));
  EXPECT_EQ(sound.damaged_places, 3);
}

TEST(WorkerMessages, TheRestComesBackToo) {
  const auto opened = read_one<TrackOpened>(encode(TrackOpened{milliseconds(-5), std::nullopt}));
  EXPECT_EQ(opened.start_time, milliseconds(-5));
  EXPECT_EQ(opened.duration, std::nullopt);
  EXPECT_EQ(read_one<TrackFinished>(encode(TrackFinished{7})).damaged_places, 7);
  EXPECT_EQ(read_one<BytesAwaited>(encode(BytesAwaited{1U << 30U})).beyond, 1U << 30U);
  const auto failed = read_one<ReadingFailed>(encode(ReadingFailed{ErrorCode::kUnsupported, "no sound"}));
  EXPECT_EQ(failed.code, ErrorCode::kUnsupported);
  EXPECT_EQ(failed.message, "no sound");
}

TEST(WorkerMessages, BytesMayComeInAnyPortions) {
  const std::string bytes =
      encode(MediaFound{film()}) + encode_sound(0, std::vector<float>{0.5F}) + encode(TrackFinished{1});
  WorkerMessageParser parser;
  std::vector<std::size_t> kinds;
  for (const char byte : bytes) {
    parser.append({&byte, 1});
    while (auto message = parser.next()) kinds.push_back(message->index());
  }
  EXPECT_THAT(kinds, ElementsAre(0U, 2U, 3U));
  EXPECT_FALSE(parser.is_within_message());
}

TEST(WorkerMessages, EveryTruncationWaitsOrIsRefused) {
  const std::string whole = encode(MediaFound{film()});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(refusal_of(whole.substr(0, size)), "waits for more");
    if (size < 5) continue;
    EXPECT_THAT(refusal_of(message_of(1, whole.substr(5, size - 5))), HasSubstr("expected"));
  }
}

TEST(WorkerMessages, RefusesWhatNoWorkerSays) {
  EXPECT_THAT(refusal_of(message_of(0, "")), HasSubstr("kind 0"));
  EXPECT_THAT(refusal_of(message_of(99, "")), HasSubstr("kind 99"));
  EXPECT_THAT(refusal_of(std::string("\xff\xff\xff\xff\x03", 5)), HasSubstr("to 262144"));
  EXPECT_THAT(refusal_of(message_of(3, std::string(4, '\0'))), HasSubstr("got 0 bytes"));
  EXPECT_THAT(refusal_of(message_of(3, std::string(7, '\0'))), HasSubstr("got 3 bytes"));
  EXPECT_THAT(refusal_of(message_of(3, std::string(4 + 4 * (kMaxSoundSamples + 1), '\0'))), HasSubstr("samples"));
  EXPECT_THAT(refusal_of(message_of(3, std::string("\xff\xff\xff\xff\0\0\0\0", 8))), HasSubstr("got -1"));
  EXPECT_THAT(refusal_of(message_of(4, std::string(5, '\0'))), HasSubstr("expected the end"));
  EXPECT_THAT(refusal_of(message_of(1, std::string(4, '\xff'))), HasSubstr("got 4294967295"));
}

TEST(WorkerMessages, RefusesSamplesThatAreNone) {
  for (const float sample : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1.001F,
                             -std::numeric_limits<float>::max()}) {
    EXPECT_THAT(refusal_of(encode_sound(0, std::vector<float>{0.0F, sample})), HasSubstr("from -1 to 1"));
  }
}

TEST(WorkerMessages, OnlyTheServerCancels) {
  EXPECT_THAT(refusal_of(encode(ReadingFailed{ErrorCode::kCancelled, "stop"})), HasSubstr("cancel"));
  EXPECT_THAT(refusal_of(encode(ReadingFailed{ErrorCode::kCorrupt, ""})), HasSubstr("got none"));
  EXPECT_THAT(refusal_of(message_of(5, std::string("\x0c\1\0\0\0x", 6))), HasSubstr("from 0 to 11"));
}

TEST(WorkerMessages, TextIsMadeOneLineOfUtf8) {
  const auto failed = read_one<ReadingFailed>(encode(ReadingFailed{ErrorCode::kCorrupt, "a\nb\x1b[31m\xff"}));
  EXPECT_EQ(failed.message, "a b [31m\xEF\xBF\xBD");
}

TEST(WorkerRequest, ComesBackWhole) {
  WorkerRequest sent{.task = WorkerTask::kDecode, .audio_track = -3, .limits = {}};
  sent.limits.max_duration = std::chrono::hours(3);
  sent.limits.stall_timeout = milliseconds(77);
  sent.limits.max_pixels = 123'456'789'012;
  const WorkerRequest got = read_request(encode(sent));
  EXPECT_EQ(got.task, WorkerTask::kDecode);
  EXPECT_EQ(got.audio_track, -3);
  EXPECT_EQ(got.limits.max_duration, std::chrono::hours(3));
  EXPECT_EQ(got.limits.stall_timeout, milliseconds(77));
  EXPECT_EQ(got.limits.max_pixels, 123'456'789'012);
  EXPECT_EQ(got.limits.max_streams, sent.limits.max_streams);
  EXPECT_EQ(read_request(encode(WorkerRequest{})).audio_track, std::nullopt);
}

TEST(WorkerRequest, RefusesOtherPackets) {
  EXPECT_THROW(read_request(encode(Sandbox{})), Error);
  EXPECT_THROW(read_ended(encode(WorkerStarted{5})), Error);
  EXPECT_THROW(read_sandbox(""), Error);
  EXPECT_THROW(read_request(encode(WorkerRequest{}) + "x"), Error);
  EXPECT_EQ(read_sandbox(encode(Sandbox{.landlock_abi = 7, .seccomp = true, .namespaces = false})),
            (Sandbox{.landlock_abi = 7, .seccomp = true, .namespaces = false}));
}

TEST(Sandbox, IsNamedForPeople) {
  EXPECT_EQ(to_string(Sandbox{.landlock_abi = 7, .seccomp = true, .namespaces = false}),
            "landlock=7 seccomp=on namespaces=off");
  EXPECT_EQ(to_string(Sandbox{}), "landlock=off seccomp=off namespaces=off");
}

}  // namespace
}  // namespace voxlate::media
