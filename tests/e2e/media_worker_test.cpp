// Uploads are read by processes of their own: one that dies costs its job alone, and no file reaches another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <optional>
#include <thread>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr auto kPoll = 20ms;  // between looks at other processes, which cannot signal us
constexpr auto kSoon = 2s;
constexpr auto kWorkerIsOn = 60s;  // for a job to be claimed, its worker made, and a first sentence heard

/// The processes whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code ignored;
  const std::filesystem::path tasks = "/proc/" + std::to_string(parent) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

std::string name_of(pid_t pid) {
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), name);
  return name;
}

/// The one worker that runs now.
std::optional<pid_t> find_worker(pid_t server) {
  for (const pid_t child : children_of(server)) {
    if (name_of(child) != "voxlate-media") continue;
    const std::vector<pid_t> workers = children_of(child);
    if (!workers.empty()) return workers.front();
  }
  return std::nullopt;
}

template <typename Condition>
bool wait_for(const Condition& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

class MediaWorker : public ::testing::Test {
 protected:
  void SetUp() override {
    if (speech_clips().size() != 5) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
  }

  /// A job that its worker is still decoding for: more sound than fits into the pipe, and slow to recognise.
  std::string start_long_job(const ServerProcess& server) {
    make_recording(folder_ / "long.wav", /*pause_s=*/0.5, /*repeats=*/40);
    return submit(server, folder_ / "long.wav", {{"engine", "sphinx"}}).json.at("id");
  }

  TemporaryFolder folder_;
};

TEST_F(MediaWorker, TheServerSaysWhichWallsAreUp) {
  const ServerProcess server(folder_ / "data");
  EXPECT_THAT(server.log(), HasSubstr("media worker ready landlock="));
  EXPECT_EQ(get(server, "/api/system/status").json.at("media_sandbox").at("seccomp"), true);
}

TEST_F(MediaWorker, ACrashFailsItsJobOnceWithAReasonAndFreesTheSlot) {
  const ServerProcess server(folder_ / "data", {"--set", "jobs.max_concurrent=1"});
  const std::string id = start_long_job(server);
  std::optional<pid_t> worker;
  ASSERT_TRUE(wait_for(
      [&] {
        return (worker = find_worker(server.process_id())).has_value() &&
               get(server, "/api/jobs/" + id).json.at("progress").at("fraction") > 0;
      },
      kWorkerIsOn));
  const auto crashed = std::chrono::steady_clock::now();
  ASSERT_EQ(::kill(*worker, SIGSEGV), 0);
  const auto is_over = [&] {
    return get(server, "/api/system/status").json.at("workers").at("active") == 0 &&
           get(server, "/api/jobs/" + id).json.at("status") != "processing";
  };
  EXPECT_TRUE(wait_for(is_over, kSoon));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - crashed;
  std::printf("slot free %.2f s after the crash\n", taken.count());
  const json job = get(server, "/api/jobs/" + id).json;
  EXPECT_EQ(job.at("status"), "failed");
  EXPECT_EQ(job.at("attempt"), 1);
  EXPECT_THAT(job.at("error").at("message").get<std::string>(), HasSubstr("crashed (SIGSEGV) while it read this file"));

  make_recording(folder_ / "next.wav", /*pause_s=*/0.5);
  const std::string next = submit(server, folder_ / "next.wav", {{"engine", "sphinx"}}).json.at("id");
  EXPECT_EQ(wait_until_finished(server, next).at("status"), "completed");
}

TEST_F(MediaWorker, TheServerGoesOnWhenTheMakerOfWorkersIsKilled) {
  const ServerProcess server(folder_ / "data");
  for (const pid_t child : children_of(server.process_id())) {
    if (name_of(child) == "voxlate-media") ::kill(child, SIGKILL);
  }
  make_recording(folder_ / "a.wav", /*pause_s=*/0.5);
  const Response accepted = submit(server, folder_ / "a.wav", {{"engine", "sphinx"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  EXPECT_EQ(wait_until_finished(server, accepted.json.at("id")).at("status"), "completed");
}

TEST_F(MediaWorker, NoProcessOutlivesAKilledServer) {
  ServerProcess server(folder_ / "data");
  start_long_job(server);
  std::optional<pid_t> worker;
  ASSERT_TRUE(wait_for([&] { return (worker = find_worker(server.process_id())).has_value(); }, kWorkerIsOn));
  server.kill_hard();
  EXPECT_TRUE(wait_for([&] { return ::kill(*worker, 0) != 0 || name_of(*worker) != "voxlate-media"; }, kSoon));
}

TEST_F(MediaWorker, PlaylistsInDisguiseReachNoOtherFile) {
  make_recording(folder_ / "canary.wav", /*pause_s=*/0.5);
  const std::string canary = (folder_ / "canary.wav").string();
  const ServerProcess server(folder_ / "data");
  const UniqueFd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  ASSERT_GE(::inotify_add_watch(watch.get(), canary.c_str(), IN_OPEN | IN_ACCESS), 0);
  const std::array<std::string, 3> disguises = {
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5.0,\n" + canary + "\n#EXT-X-ENDLIST\n",
      "ffconcat version 1.0\nfile '" + canary + "'\n",
      "ffconcat version 1.0\nfile ../../canary.wav\n",
  };
  for (const std::string& content : disguises) {
    std::ofstream(folder_ / "film.mp4") << content;
    EXPECT_THAT(submit(server, folder_ / "film.mp4").status, AnyOf(415, 422));
  }
  std::array<char, 4096> events{};
  EXPECT_LT(::read(watch.get(), events.data(), events.size()), 0) << "the other file was opened";
  EXPECT_TRUE(server.is_alive());
}

TEST_F(MediaWorker, CanBeSwitchedOff) {
  const ServerProcess server(folder_ / "data", {"--set", "media.worker=false"});
  make_recording(folder_ / "a.wav", /*pause_s=*/0.5);
  const std::string id = submit(server, folder_ / "a.wav", {{"engine", "sphinx"}}).json.at("id");
  EXPECT_EQ(wait_until_finished(server, id).at("status"), "completed");
  EXPECT_TRUE(get(server, "/api/system/status").json.at("media_sandbox").is_null());
  EXPECT_THAT(server.log(), HasSubstr("media worker off"));
}

TEST_F(MediaWorker, AMissingProgramStopsTheStartWithAWayOut) {
  try {
    const ServerProcess server(folder_ / "data", {"--set", "media.worker_program=/nowhere/voxlate-media"});
    ADD_FAILURE() << "the server started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("media.worker = false"));
  }
}

}  // namespace
}  // namespace voxlate::e2e
