#include "media/isolated_media_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <string>
#include <thread>

#include "base/child_process.h"
#include "base/packet_socket.h"
#include "base/temporary_folder.h"
#include "media/direct_media_reader.h"
#include "tests/unit/media/fake_media_worker.h"
#include "tests/unit/media/generated_media.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::chrono::milliseconds kSoon{2000};  // the promise: so long until the slot is free
constexpr std::uint32_t kHourBytes = 3600U * 16'000 * 2;

const std::filesystem::path kProgram = VOXLATE_MEDIA_WORKER;
const std::filesystem::path kFakeProgram = VOXLATE_FAKE_MEDIA_WORKER;

Limits impatient() {
  Limits limits;
  limits.open_timeout = 300ms;
  limits.stall_timeout = 300ms;
  return limits;
}

/// A file of an hour, so that a worker is busy as long as a test wants it to.
std::filesystem::path write_hour(const TemporaryFolder& folder) {
  auto file = write_file(folder / "hour", wav_header(16'000, 1, kHourBytes));
  std::filesystem::resize_file(file, 44 + kHourBytes);
  return file;
}

struct Failure {
  std::optional<ErrorCode> code;
  std::string message;
  std::chrono::milliseconds taken{};
};

template <typename Work>
Failure failure_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  Failure failure;
  try {
    work();
  } catch (const Error& error) {
    failure.code = error.code();
    failure.message = error.what();
  }
  failure.taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return failure;
}

Failure failure_of_rest(AudioSource& audio) {
  return failure_of([&] {
    std::vector<float> block(16'000);
    while (audio.read(block) > 0) {
    }
  });
}

/// Asks again and again, for as long as the promise is.
Failure failure_of_check(AudioSource& audio) {
  return failure_of([&] {
    const auto end = std::chrono::steady_clock::now() + kSoon;
    while (std::chrono::steady_clock::now() < end) {
      audio.check();
      std::this_thread::yield();
    }
  });
}

/// A line of /proc/PID/`file`, without its name and blanks.
std::string proc_value(pid_t pid, const std::string& file, const std::string& name) {
  std::ifstream lines("/proc/" + std::to_string(pid) + "/" + file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t begin = line.find_first_not_of(" \t:", name.size());
    return line.substr(begin, line.find_first_of(" \t", begin) - begin);
  }
  return "absent";
}

UniqueFd handle_of(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

class IsolatedMediaReaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<TrackReader> open(const MediaReader& reader, const std::filesystem::path& file) {
    return reader.open_audio(file, std::nullopt, stop_.get_token(), {});
  }
  static pid_t worker_of(const TrackReader& track) {
    return dynamic_cast<const IsolatedTrackReader&>(track).process_id();
  }

  const TemporaryFolder folder_;
  std::stop_source stop_;
};

TEST_F(IsolatedMediaReaderTest, GivesWhatReadingInThisProcessGives) {
  const auto file = write_file(folder_ / "a", wav({.sample_rate_hz = 44'100, .seconds = 3}, {Tone{}, {880, 0.9}}));
  const IsolatedMediaReader isolated({.program = kProgram, .limits = {}});
  const DirectMediaReader direct{Limits{}};
  EXPECT_EQ(isolated.probe(file, {}).description, direct.probe(file, {}).description);
  EXPECT_EQ(isolated.probe(file, {}).duration, 3000ms);
  const auto track = open(isolated, file);
  EXPECT_EQ(track->duration(), 3000ms);
  EXPECT_EQ(track->start_time(), 0ms);
  EXPECT_EQ(read_all(*track), read_all(*open(direct, file)));
  EXPECT_EQ(track->damaged_places(), 0);
  std::vector<float> more(10);
  EXPECT_EQ(track->read(more), 0U);
}

TEST_F(IsolatedMediaReaderTest, GivesTheSameErrors) {
  const IsolatedMediaReader isolated({.program = kProgram, .limits = {}});
  const DirectMediaReader direct{Limits{}};
  const auto good = write_file(folder_ / "good", wav({}, {Tone{}}));
  const auto empty = write_file(folder_ / "empty", "");
  const auto text = write_file(folder_ / "text", std::string(5000, 'x'));
  const auto same = [](const Failure& a, const Failure& b) {
    EXPECT_TRUE(a.code.has_value());
    EXPECT_EQ(a.code, b.code);
    EXPECT_EQ(a.message, b.message);
  };
  for (const auto& file : {empty, text, folder_ / "absent", folder_.path()}) {
    same(failure_of([&] { isolated.probe(file, {}); }), failure_of([&] { direct.probe(file, {}); }));
    same(failure_of([&] { open(isolated, file); }), failure_of([&] { open(direct, file); }));
  }
  same(failure_of([&] { isolated.open_audio(good, 5, {}, {}); }),
       failure_of([&] { direct.open_audio(good, 5, {}, {}); }));
}

TEST_F(IsolatedMediaReaderTest, SaysWhichWallsAreUp) {
  const IsolatedMediaReader reader({.program = kProgram, .limits = {}});
  const std::optional<Sandbox> sandbox = reader.sandbox();
  ASSERT_TRUE(sandbox.has_value());
  EXPECT_TRUE(sandbox->seccomp);
  EXPECT_EQ(DirectMediaReader{Limits{}}.sandbox(), std::nullopt);
}

TEST_F(IsolatedMediaReaderTest, TheWorkerIsWalledIn) {
  const IsolatedMediaReader reader({.program = kProgram, .limits = {}});
  const auto track = open(reader, write_hour(folder_));
  const pid_t worker = worker_of(*track);
  EXPECT_EQ(proc_value(worker, "status", "Seccomp:"), "2");
  EXPECT_EQ(proc_value(worker, "status", "NoNewPrivs:"), "1");
  EXPECT_EQ(proc_value(worker, "status", "CapEff:"), "0000000000000000");
  EXPECT_EQ(proc_value(worker, "status", "Threads:"), "1");
  EXPECT_EQ(proc_value(worker, "limits", "Max core file size"), "0");
  EXPECT_EQ(proc_value(worker, "limits", "Max open files"), "32");
  EXPECT_EQ(proc_value(worker, "limits", "Max processes"), "0");
  EXPECT_EQ(proc_value(worker, "limits", "Max cpu time"), "7260");  // twice the hour and a minute
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_EQ(proc_value(worker, "limits", "Max address space"), "2147483648");
  EXPECT_EQ(proc_value(worker, "limits", "Max file size"), "0");
#endif
  EXPECT_EQ(proc_value(worker, "oom_score_adj", ""), "800");
  EXPECT_NE(::getpgid(worker), ::getpgrp());
}

TEST_F(IsolatedMediaReaderTest, TheSandboxDeniesWhatItMust) {
  ProcessPipeline check(std::array{Command{.program = kProgram, .arguments = {"--check-sandbox"}}});
  check.close_input();
  std::string report;
  std::array<char, 4096> buffer{};
  while (check.wait(/*or_writable=*/false, 20s)) {
    const ProcessPipeline::ReadResult got = check.read_some(buffer);
    if (got.ended) break;
    report.append(buffer.data(), got.size_bytes);
  }
  EXPECT_THAT(report, HasSubstr("worker: make a socket: denied, killed (SYS)"));
  EXPECT_THAT(report, HasSubstr("worker: run a program: denied, killed (SYS)"));
  EXPECT_THAT(report, HasSubstr("worker: read a file by its path: denied, Permission denied"));
  EXPECT_THAT(report, testing::Not(HasSubstr("NOT DENIED"))) << report;
}

class KilledWorker : public IsolatedMediaReaderTest,
                     public ::testing::WithParamInterface<std::tuple<int, ErrorCode, const char*>> {};

TEST_P(KilledWorker, IsAnErrorSoonAndOthersGoOn) {
  const auto [signal, code, reason] = GetParam();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (signal == SIGSEGV) GTEST_SKIP() << "sanitizers take this signal themselves";
#endif
  const IsolatedMediaReader reader({.program = kProgram, .limits = {}});
  const auto file = write_hour(folder_);
  const auto other = open(reader, file);
  const auto track = open(reader, file);
  ASSERT_EQ(::kill(worker_of(*track), signal), 0);
  EXPECT_NO_THROW(other->check());
  const Failure noticed = failure_of_check(*track);
  EXPECT_EQ(noticed.code, code) << "nobody reads";
  EXPECT_LT(noticed.taken, kSoon);
  const Failure failure = failure_of_rest(*track);
  EXPECT_EQ(failure.code, code);
  EXPECT_THAT(failure.message, HasSubstr(reason));
  EXPECT_LT(failure.taken, kSoon);
  std::vector<float> minute(60 * 16'000);
  EXPECT_EQ(other->read(minute), minute.size());
  EXPECT_EQ(reader.probe(file, {}).duration, 1h);
}

INSTANTIATE_TEST_SUITE_P(All, KilledWorker,
                         ::testing::Values(std::tuple(SIGSEGV, ErrorCode::kCorrupt,
                                                      "crashed (SIGSEGV) while it read this file"),
                                           std::tuple(SIGABRT, ErrorCode::kCorrupt, "crashed (SIGABRT)"),
                                           std::tuple(SIGSYS, ErrorCode::kCorrupt, "stopped by its sandbox (SIGSYS)"),
                                           std::tuple(SIGKILL, ErrorCode::kOutOfMemory, "killed (SIGKILL)"),
                                           std::tuple(SIGXCPU, ErrorCode::kTimeout, "more processor time"),
                                           std::tuple(SIGTERM, ErrorCode::kUnavailable, "ended (SIGTERM)")),
                         [](const auto& entry) { return std::string(::sigabbrev_np(std::get<0>(entry.param))); });

TEST_F(IsolatedMediaReaderTest, AWorkerThatHangsIsGivenUp) {
  const IsolatedMediaReader reader({.program = kProgram, .limits = impatient()});
  auto track = open(reader, write_hour(folder_));
  const UniqueFd worker = handle_of(worker_of(*track));
  ASSERT_EQ(::kill(worker_of(*track), SIGSTOP), 0);
  const Failure failure = failure_of_rest(*track);
  EXPECT_EQ(failure.code, ErrorCode::kTimeout);
  EXPECT_THAT(failure.message, HasSubstr("made no progress"));
  EXPECT_LT(failure.taken, kSoon);
  track.reset();
  EXPECT_TRUE(wait_readable(worker.get(), kSoon)) << "the worker is still there";
}

TEST_F(IsolatedMediaReaderTest, AStopReachesAWorkerThatHangs) {
  const IsolatedMediaReader reader({.program = kProgram, .limits = {}});
  const auto track = open(reader, write_hour(folder_));
  ASSERT_EQ(::kill(worker_of(*track), SIGSTOP), 0);
  auto reading = std::async(std::launch::async, [&] { return failure_of_rest(*track); });
  stop_.request_stop();
  const Failure failure = reading.get();
  EXPECT_EQ(failure.code, ErrorCode::kCancelled);
  EXPECT_LT(failure.taken, kSoon);
}

TEST_F(IsolatedMediaReaderTest, AWorkerEndsWithItsReader) {
  const IsolatedMediaReader reader({.program = kProgram, .limits = {}});
  auto track = open(reader, write_hour(folder_));
  const UniqueFd worker = handle_of(worker_of(*track));
  ASSERT_TRUE(worker);
  track.reset();
  EXPECT_TRUE(wait_readable(worker.get(), kSoon));
}

TEST_F(IsolatedMediaReaderTest, AllWorkersEndWithTheirMakerWhichIsMadeAnew) {
  const IsolatedMediaReader reader({.program = kProgram, .limits = {}});
  const auto file = write_hour(folder_);
  const auto track = open(reader, file);
  const UniqueFd worker = handle_of(worker_of(*track));
  ASSERT_EQ(::kill(reader.process_id(), SIGKILL), 0);
  EXPECT_TRUE(wait_readable(worker.get(), kSoon));
  EXPECT_EQ(failure_of_rest(*track).code, ErrorCode::kUnavailable);
  EXPECT_EQ(reader.probe(file, {}).duration, 1h);
}

TEST_F(IsolatedMediaReaderTest, ManyFilesAreReadAtOnce) {
  const IsolatedMediaReader reader({.program = kProgram, .limits = {}});
  const auto file = write_file(folder_ / "a", wav({.seconds = 20}, {Tone{}}));
  const std::vector<float> expected = read_all(*open(DirectMediaReader{Limits{}}, file));
  std::vector<std::future<bool>> readers;
  for (int i = 0; i < 16; ++i) {
    readers.push_back(std::async(std::launch::async, [&] { return read_all(*open(reader, file)) == expected; }));
  }
  for (auto& same : readers) EXPECT_TRUE(same.get());
}

TEST(IsolatedMediaReader, AProgramThatIsNotThereIsAnError) {
  const Failure failure = failure_of([] { IsolatedMediaReader({.program = "/nowhere/voxlate-media", .limits = {}}); });
  EXPECT_EQ(failure.code, ErrorCode::kUnavailable);
  EXPECT_THAT(failure.message, HasSubstr("voxlate-media"));
}

TEST(IsolatedMediaReader, AnotherProgramIsNoWorker) {
  const IsolatedMediaReader reader({.program = "/bin/true", .limits = {}});
  const Failure failure = failure_of([&] { reader.sandbox(); });
  EXPECT_EQ(failure.code, ErrorCode::kUnavailable);
  EXPECT_THAT(failure.message, HasSubstr("does not start"));
}

/// A worker that a file has taken over may say anything.
class FakeWorker : public IsolatedMediaReaderTest, public ::testing::WithParamInterface<FakeAnswer> {};

TEST_P(FakeWorker, NonsenseIsAnErrorSoon) {
  Limits limits = impatient();
  limits.max_duration = 1min;
  const IsolatedMediaReader reader({.program = kFakeProgram, .limits = limits});
  const auto file = write_file(folder_ / "a", "x");
  const Failure failure = failure_of([&] {
    const auto track = reader.open_audio(file, static_cast<int>(GetParam()), {}, {});
    read_all(*track);
  });
  EXPECT_EQ(failure.code, GetParam() == FakeAnswer::kSilence ? ErrorCode::kTimeout : ErrorCode::kCorrupt);
  EXPECT_THAT(failure.message, HasSubstr("expected"));
  EXPECT_LT(failure.taken, kSoon);
}

INSTANTIATE_TEST_SUITE_P(All, FakeWorker,
                         ::testing::Values(FakeAnswer::kNoise, FakeAnswer::kHugeSize, FakeAnswer::kHalfMessage,
                                           FakeAnswer::kNothing, FakeAnswer::kSoundFirst, FakeAnswer::kOpenedTwice,
                                           FakeAnswer::kAsksForWhatIsThere, FakeAnswer::kEndlessSound,
                                           FakeAnswer::kSilence));

/// Everything that a reader says about a file.
struct Reading {
  std::string description;
  std::vector<float> samples;
  int damaged_places = 0;
  std::chrono::milliseconds start_time{};
  std::optional<std::chrono::milliseconds> duration;
  Failure failure;
};

Reading read_file_with(const MediaReader& reader, const std::filesystem::path& file) {
  Reading reading;
  reading.failure = failure_of([&] {
    reading.description = reader.probe(file, {}).description;
    const auto track = reader.open_audio(file, std::nullopt, {}, {});
    reading.start_time = track->start_time();
    reading.duration = track->duration();
    reading.samples = read_all(*track);
    reading.damaged_places = track->damaged_places();
  });
  return reading;
}

/// Compares bit for bit, which == on floats does not (-0).
void expect_same(const Reading& a, const Reading& b) {
  EXPECT_EQ(a.description, b.description);
  EXPECT_EQ(a.failure.code, b.failure.code) << a.failure.message << "\n" << b.failure.message;
  EXPECT_EQ(a.failure.message, b.failure.message);
  EXPECT_EQ(a.start_time, b.start_time);
  EXPECT_EQ(a.duration, b.duration);
  EXPECT_EQ(a.damaged_places, b.damaged_places);
  ASSERT_EQ(a.samples.size(), b.samples.size());
  if (a.samples.empty()) return;
  EXPECT_EQ(std::memcmp(a.samples.data(), b.samples.data(), a.samples.size() * sizeof(float)), 0);
}

/// Also the proof that no decoder needs a system call that the sandbox does not allow.
class IsolatedCorpus : public ::testing::TestWithParam<std::string> {};

TEST_P(IsolatedCorpus, EveryFileIsReadAsInThisProcess) {
  if (!std::filesystem::is_directory(GetParam())) GTEST_SKIP() << "../shared/data is not beside this repository";
  const IsolatedMediaReader isolated({.program = kProgram, .limits = {}});
  const DirectMediaReader direct{Limits{}};
  int compared = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(GetParam())) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path().filename().string());
    expect_same(read_file_with(isolated, entry.path()), read_file_with(direct, entry.path()));
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

INSTANTIATE_TEST_SUITE_P(All, IsolatedCorpus,
                         ::testing::Values(VOXLATE_SOURCE_DIR "/../shared/data/media",
                                           VOXLATE_SOURCE_DIR "/tests/fuzz/corpus/media_probe"),
                         [](const auto& entry) { return std::filesystem::path(entry.param).filename().string(); });

}  // namespace
}  // namespace voxlate::media
