// Media that is read while it is still coming in.

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "media/front_reading.h"
#include "media/isolated_media_reader.h"
#include "tests/unit/media/generated_media.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using std::chrono::milliseconds;

/// Lets a file come in by steps, one at each wait for more.
class SlowFile {
 public:
  SlowFile(std::string content, std::uint64_t step) : content_(std::move(content)), step_(step) {}

  WaitForBytes waiter() {
    return [this](std::uint64_t beyond, milliseconds) {
      while (bytes_ <= beyond && bytes_ < content_.size() && steps_left_-- > 0) bytes_ += step_;
      bytes_ = std::min<std::uint64_t>(bytes_, content_.size());
      most_asked_ = std::max(most_asked_, beyond);
      return Arrival{.bytes = bytes_, .expected_bytes = content_.size(), .whole = bytes_ == content_.size()};
    };
  }

  std::string content_;
  const std::uint64_t step_;
  std::uint64_t bytes_ = 0;
  std::int64_t steps_left_ = 1'000'000;
  std::uint64_t most_asked_ = 0;
};

std::string content_of(const std::filesystem::path& file) { return read_file(file, 1 << 28); }

TEST(ArrivingFile, GivesTheSameSamples) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 20}, {Tone{}}));
  AudioReader whole(file, std::nullopt, {}, {});
  SlowFile slow(content_of(file), 10'000);
  AudioReader arriving(file, std::nullopt, {}, {}, slow.waiter());
  EXPECT_LT(slow.bytes_, slow.content_.size());
  EXPECT_EQ(read_all(arriving), read_all(whole));
  EXPECT_EQ(slow.bytes_, slow.content_.size());
}

TEST(ArrivingFile, ContainersThatReadFromTheFrontNeverLookBehindWhatIsThere) {
  if (!has_ffmpeg()) GTEST_SKIP() << "the program ffmpeg is not installed";
  const TemporaryFolder folder;
  const std::string input = "-f lavfi -i sine=frequency=440:duration=30 -ac 1 ";
  for (const std::string output :
       {"-f matroska m.mkv", "-c:a libopus -f webm m.webm", "-f mpegts m.ts", "-f flac m.flac",
        "-c:a libopus -f ogg m.ogg", "-c:a libmp3lame -f mp3 m.mp3", "-f adts m.aac",
        "-movflags +faststart -f mp4 m.mp4", "-movflags +frag_keyframe+empty_moov -f mp4 f.mp4", "-f wav m.wav"}) {
    SCOPED_TRACE(output);
    if (!run_ffmpeg(folder.path(), input + output)) continue;  // an encoder that is not installed
    const auto file = folder / output.substr(output.rfind(' ') + 1);
    const std::uint64_t size = std::filesystem::file_size(file);
    EXPECT_EQ(front_reading(file, size), FrontReading::kYes);
    SlowFile slow(content_of(file), 3'000);
    AudioReader arriving(file, std::nullopt, {}, {}, slow.waiter());
    EXPECT_LT(slow.bytes_, size) << "opening it took the whole file";
    AudioReader whole(file, std::nullopt, {}, {});
    const auto expected = read_all(whole);
    const auto got = read_all(arriving);
    EXPECT_NEAR(static_cast<double>(got.size()), static_cast<double>(expected.size()), 16'000 * 0.1);
    EXPECT_NEAR(frequency_of(got), 440, 2);
  }
}

TEST(ArrivingFile, AnIndexAtTheEndHasToBeAwaited) {
  if (!has_ffmpeg()) GTEST_SKIP() << "the program ffmpeg is not installed";
  const TemporaryFolder folder;
  ASSERT_TRUE(run_ffmpeg(folder.path(), "-f lavfi -i sine=frequency=440:duration=5 -f mp4 m.mp4"));
  const auto file = folder / "m.mp4";
  EXPECT_EQ(front_reading(file, std::filesystem::file_size(file)), FrontReading::kNo);
  EXPECT_EQ(front_reading(file, 100), FrontReading::kNeedsMore);
  EXPECT_EQ(front_reading(write_file(folder / "text", std::string(5000, 'x')), 5000), FrontReading::kNo);
}

TEST(ArrivingFile, StandingStillIsUnavailable) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 20}, {Tone{}}));
  SlowFile slow(content_of(file), 100'000);
  slow.steps_left_ = 2;
  AudioReader reader(file, std::nullopt, {.arrival_timeout = milliseconds(50)}, {}, slow.waiter());
  try {
    read_all(reader);
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  }
}

TEST(ArrivingFile, WaitingDoesNotCountAsAStall) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 2}, {Tone{}}));
  SlowFile slow(content_of(file), 4'000);
  const WaitForBytes fast = slow.waiter();
  const WaitForBytes wait = [&](std::uint64_t beyond, milliseconds patience) {
    std::this_thread::sleep_until(std::chrono::steady_clock::now() + milliseconds(20));  // the slow line itself
    return fast(beyond, patience);
  };
  AudioReader reader(file, std::nullopt, {.open_timeout = milliseconds(200), .stall_timeout = milliseconds(200)}, {},
                     wait);
  EXPECT_EQ(read_all(reader).size(), 32'000U);
}

TEST(ArrivingFile, GivenUpOrStoppedEndsIt) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 20}, {Tone{}}));
  SlowFile slow(content_of(file), 100'000);
  const WaitForBytes fast = slow.waiter();
  std::stop_source stop;
  bool gone = true;
  const WaitForBytes wait = [&](std::uint64_t beyond, milliseconds patience) {
    if (beyond < 200'000) return fast(beyond, patience);
    if (gone) throw Error(ErrorCode::kNotFound, "given up");
    stop.request_stop();
    return Arrival{.bytes = slow.bytes_};
  };
  const auto code_of_reading = [&] {
    try {
      AudioReader reader(file, std::nullopt, {}, stop.get_token(), wait);
      read_all(reader);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of_reading(), ErrorCode::kNotFound);
  gone = false;
  slow.bytes_ = 0;
  EXPECT_EQ(code_of_reading(), ErrorCode::kCancelled);
}

TEST(ArrivingFile, AWorkerReadsNoFurtherThanItIsTold) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 20}, {Tone{}}));
  const IsolatedMediaReader reader({.program = VOXLATE_MEDIA_WORKER, .limits = {}});
  SlowFile slow(content_of(file), 10'000);
  std::filesystem::resize_file(file, 0);  // what was not said to be there is not
  const WaitForBytes fast = slow.waiter();
  const WaitForBytes wait = [&](std::uint64_t beyond, milliseconds patience) {
    const Arrival arrival = fast(beyond, patience);
    write_file(file, slow.content_.substr(0, arrival.bytes));
    return arrival;
  };
  const auto track = reader.open_audio(file, std::nullopt, {}, wait);
  EXPECT_LT(slow.bytes_, slow.content_.size());
  const std::vector<float> got = read_all(*track);
  EXPECT_EQ(slow.bytes_, slow.content_.size());
  AudioReader whole(file, std::nullopt, {}, {});
  EXPECT_EQ(got, read_all(whole));
}

TEST(ArrivingFile, AWorkerThatWaitsEndsAsOneReadHere) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 20}, {Tone{}}));
  const IsolatedMediaReader reader({.program = VOXLATE_MEDIA_WORKER, .limits = {.arrival_timeout = milliseconds(50)}});
  std::stop_source stop;
  SlowFile slow(content_of(file), 100'000);
  const WaitForBytes fast = slow.waiter();
  const auto code_of_reading = [&](const std::function<void()>& at_end_of_steps) {
    slow.bytes_ = 0;
    const WaitForBytes wait = [&](std::uint64_t beyond, milliseconds patience) {
      if (beyond < 200'000) return fast(beyond, patience);
      at_end_of_steps();
      return Arrival{.bytes = slow.bytes_, .expected_bytes = slow.content_.size()};
    };
    try {
      read_all(*reader.open_audio(file, std::nullopt, stop.get_token(), wait));
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of_reading([] { throw Error(ErrorCode::kNotFound, "given up"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of_reading([] {}), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of_reading([&] { stop.request_stop(); }), ErrorCode::kCancelled);
}

TEST(ArrivingFile, AWorkerThatIsKilledWhileItWaitsIsNoticedSoon) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 20}, {Tone{}}));
  const IsolatedMediaReader isolated({.program = VOXLATE_MEDIA_WORKER, .limits = {}});
  SlowFile slow(content_of(file), 100'000);
  const WaitForBytes fast = slow.waiter();
  std::unique_ptr<TrackReader> track;
  std::optional<std::chrono::steady_clock::time_point> killed;
  const WaitForBytes wait = [&](std::uint64_t beyond, milliseconds patience) {
    if (beyond < 200'000) return fast(beyond, patience);
    if (!killed) {
      killed = std::chrono::steady_clock::now();
      ::kill(dynamic_cast<const IsolatedTrackReader&>(*track).process_id(), SIGKILL);
    }
    if (std::chrono::steady_clock::now() - *killed > std::chrono::seconds(2))
      throw Error(ErrorCode::kInternal, "expected the end of the wait");
    return Arrival{.bytes = slow.bytes_};
  };
  track = isolated.open_audio(file, std::nullopt, {}, wait);
  try {
    read_all(*track);
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory) << error.what();
  }
}

TEST(ArrivingFile, AWorkerGetsTimeForWaitingToo) {
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav({.seconds = 2}, {Tone{}}));
  const IsolatedMediaReader reader({.program = VOXLATE_MEDIA_WORKER,
                                    .limits = {.open_timeout = milliseconds(300), .stall_timeout = milliseconds(300)}});
  SlowFile slow(content_of(file), 4'000);
  const WaitForBytes fast = slow.waiter();
  const WaitForBytes wait = [&](std::uint64_t beyond, milliseconds patience) {
    std::this_thread::sleep_until(std::chrono::steady_clock::now() + milliseconds(100));  // the slow line itself
    return fast(beyond, patience);
  };
  EXPECT_EQ(read_all(*reader.open_audio(file, std::nullopt, {}, wait)).size(), 32'000U);
}

}  // namespace
}  // namespace voxlate::media
