// kill -9 in the middle of a job: it completes after the restart, once, and repeats no finished window.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <regex>
#include <set>
#include <thread>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;

class Durability : public ::testing::Test {
 protected:
  void SetUp() override {
    if (speech_clips().size() != 5) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
  }

  void expect_no_leftovers() {
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "data" / "uploads"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "data" / "jobs")) {
      EXPECT_FALSE(entry.path().filename().string().starts_with(".tmp-")) << entry.path();
    }
  }

  TemporaryFolder folder_;
};

/// Six, or as many as the environment says: the long suite has twenty.
int rounds_of_kills() {
  const char* wanted = std::getenv("VOXLATE_KILLS");
  return wanted != nullptr ? std::stoi(wanted) : 6;
}

TEST_F(Durability, KillsEndInOneCompletedJobEach) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.5);
  const std::uint32_t seed = 20261121;
  std::mt19937 random(seed);
  std::string expected;
  {
    const ServerProcess server(folder_ / "data");
    const json job =
        wait_until_finished(server, submit(server, folder_ / "talk.wav", {{"targets", "es"}}).json.at("id"));
    expected = get(server, job.at("links").at("transcript")).body;
  }
  for (int round = 0; round < rounds_of_kills(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::string id;
    {
      ServerProcess server(folder_ / "data");
      id = submit(server, folder_ / "talk.wav", {{"targets", "es"}, {"cache", "false"}}).json.at("id");
      std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 6000)(random)));
      server.kill_hard();
    }
    const ServerProcess server(folder_ / "data");
    const json job = wait_until_finished(server, id);
    EXPECT_EQ(job.at("status"), "completed") << job.dump(1);
    EXPECT_EQ(get(server, job.at("links").at("transcript")).body, expected);
    expect_no_leftovers();
  }
}

TEST_F(Durability, FinishedWindowsAreNotRecognisedAgain) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/1.5, /*repeats=*/4);
  std::string id;
  {
    ServerProcess server(folder_ / "data");
    id = submit(server, folder_ / "talk.wav").json.at("id");
    while (get(server, "/api/jobs/" + id + "/transcript").json.at("segments").size() < 6) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    server.kill_hard();
  }
  const ServerProcess server(folder_ / "data", {"--log-level", "debug"});
  wait_until_finished(server, id);
  std::smatch match;
  const std::string log = server.log();
  ASSERT_TRUE(std::regex_search(log, match, std::regex(R"(transcribed .*windows=(\d+) resumed=(\d+))"))) << log;
  EXPECT_GE(std::stoi(match[2]), 3) << match[0];
  EXPECT_LT(std::stoi(match[2]), std::stoi(match[1])) << match[0];
}

TEST_F(Durability, TerminateGivesRunningJobsBackAndExitsCleanly) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.5, /*repeats=*/6);
  std::string id;
  {
    ServerProcess server(folder_ / "data");
    id = submit(server, folder_ / "talk.wav").json.at("id");
    while (get(server, "/api/jobs/" + id).json.at("status") != "processing") {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(server.terminate(), 0);
  }
  const ServerProcess server(folder_ / "data");
  const json job = wait_until_finished(server, id);
  EXPECT_EQ(job.at("status"), "completed");
  EXPECT_EQ(job.at("attempt"), 1) << "a shutdown must not be charged";
}

TEST_F(Durability, SameIdempotencyKeyIsOneJobAlsoAcrossAKill) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.5);
  const std::vector<std::pair<std::string, std::string>> key{{"Idempotency-Key", "\"0123456789abcdef-key\""}};
  std::string id;
  {
    ServerProcess server(folder_ / "data");
    id = submit(server, folder_ / "talk.wav", {}, key).json.at("id");
    server.kill_hard();
  }
  const ServerProcess server(folder_ / "data");
  EXPECT_EQ(submit(server, folder_ / "talk.wav", {}, key).json.at("id"), id);
  EXPECT_EQ(get(server, "/api/jobs").json.at("jobs").size(), 1U);
}

TEST_F(Durability, SecondServerOnTheSameDataIsRefused) {
  const ServerProcess server(folder_ / "data");
  EXPECT_THROW(const ServerProcess second(folder_ / "data"), std::runtime_error);
}

}  // namespace
}  // namespace voxlate::e2e
