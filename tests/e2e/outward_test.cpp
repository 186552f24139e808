// What the real server fetches and sends by itself, to and from servers on this machine, which a setting opens.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/hashing.h"
#include "base/mutex.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"
#include "tests/unit/scripted_server.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;

const std::vector<std::string> kOpen = {"--set", "remote.allowed_addresses=127.0.0.1"};

class Outward : public ::testing::Test {
 protected:
  void SetUp() override {
    if (speech_clips().empty()) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
    media_ = read_file(speech_clips().front(), 10 << 20);
  }

  static Response submit_json(const ServerProcess& server, const json& document) {
    return post_json(server, "/api/jobs", document);
  }

  /// Polls until `done`; fails the test after a minute.
  template <typename Done>
  static void wait_until(const Done& done) {
    for (int i = 0; i < 600; ++i) {
      if (done()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    FAIL() << "it did not happen within a minute";
  }

  std::string media_;
  TemporaryFolder folder_;
};

TEST_F(Outward, AnAddressBecomesAJobAndItsEndIsTold) {
  Mutex mutex;
  std::vector<ScriptedRequest> told;
  ScriptedServer hook([&](const ScriptedRequest& request, const auto& connection) {
    const MutexLock lock(mutex);
    told.push_back(request);
    connection.send(answer_head("200 OK", 0));
  });
  ScriptedServer files([&](const auto&, const auto& connection) {
    connection.send(
        answer_head("200 OK", media_.size(), "Content-Disposition: attachment; filename=\"my talk.wav\"\r\n") + media_);
  });
  const ServerProcess server(folder_ / "data", kOpen);
  const json webhook = post_json(server, "/api/webhooks", {{"url", hook.url("all")}}).json;
  const Response accepted = submit_json(server, {{"url", files.url("x.bin")}, {"webhook_url", hook.url("one")}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const json job = wait_until_finished(server, accepted.json.at("id"));
  EXPECT_EQ(job.at("status"), "completed") << job.dump(1);
  EXPECT_EQ(job.at("name"), "my talk.wav");
  EXPECT_EQ(job.at("size_bytes"), media_.size());
  wait_until([&] {
    const MutexLock lock(mutex);
    return told.size() == 2;
  });
  const MutexLock lock(mutex);
  for (const ScriptedRequest& request : told) {
    EXPECT_EQ(json::parse(request.body).at("type"), "job.completed");
    EXPECT_EQ(json::parse(request.body).at("data").at("id"), job.at("id"));
    const std::string secret = request.target == "/all" ? webhook.at("secret") : accepted.json.at("webhook_secret");
    const std::string text =
        request.field("webhook-id") + "." + request.field("webhook-timestamp") + "." + request.body;
    EXPECT_EQ(request.field("webhook-signature"), "v1," + base64(hmac_sha256(unbase64(secret.substr(6)), text)));
  }
}

TEST_F(Outward, NothingInsideIsReachedUnlessItIsOpened) {
  ScriptedServer inside([](const auto&, const auto& connection) { connection.send(answer_head("200 OK", 0)); });
  const ServerProcess server(folder_ / "data");
  EXPECT_EQ(submit_json(server, {{"url", inside.url()}}).json.at("code"), "url_not_allowed");
  EXPECT_EQ(post_json(server, "/api/webhooks", {{"url", inside.url()}}).json.at("code"), "url_not_allowed");
  EXPECT_TRUE(inside.requests().empty());
}

TEST_F(Outward, ADownloadGoesOnAfterAKill) {
  const std::size_t half = media_.size() / 2;
  Mutex mutex;
  std::string range;
  ScriptedServer files([&](const ScriptedRequest& request, const auto& connection) {
    if (request.field("Range").empty()) {
      connection.send(answer_head("200 OK", media_.size(), "ETag: \"v1\"\r\n") + media_.substr(0, half));
      connection.hold();
      return;
    }
    const std::size_t begin = std::stoul(request.field("Range").substr(std::string("bytes=").size()));
    {
      const MutexLock lock(mutex);
      range = request.field("Range");
    }
    connection.send("HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes " + std::to_string(begin) +
                    "-" + std::to_string(media_.size() - 1) + "/" + std::to_string(media_.size()) +
                    "\r\nContent-Length: " + std::to_string(media_.size() - begin) + "\r\n\r\n" + media_.substr(begin));
  });
  std::string id;
  {
    ServerProcess server(folder_ / "data", kOpen);
    id = submit_json(server, {{"url", files.url("talk.wav")}}).json.at("id");
    wait_until([&] {
      const json waiting = get(server, "/api/jobs/" + id).json.at("waiting_for");
      return waiting.at("reason") == "download" && waiting.value("downloaded_bytes", 0U) == half;
    });
    server.kill_hard();
  }
  const ServerProcess server(folder_ / "data", kOpen);
  EXPECT_EQ(wait_until_finished(server, id).at("status"), "completed");
  const MutexLock lock(mutex);
  EXPECT_EQ(range, "bytes=" + std::to_string(half) + "-");
}

TEST_F(Outward, EveryEndIsToldAtLeastOnceAcrossKills) {
  constexpr int kRounds = 8;
  Mutex mutex;
  std::map<std::string, std::set<std::string>> told;  // jobs and the ids of their messages
  ScriptedServer hook([&](const ScriptedRequest& request, const auto& connection) {
    {
      const MutexLock lock(mutex);
      told[json::parse(request.body).at("data").at("id")].insert(request.field("webhook-id"));
    }
    connection.send(answer_head("200 OK", 0));
  });
  std::set<std::string> ended;
  for (int round = 0; round < kRounds; ++round) {
    ServerProcess server(folder_ / "data", kOpen);
    if (round == 0) post_json(server, "/api/webhooks", {{"url", hook.url()}});
    for (int i = 0; i < 5; ++i) {
      const Response accepted = submit(server, speech_clips().front(), {{"priority", "low"}});
      const std::string id = accepted.json.at("id");
      if (post(server, "/api/jobs/" + id + "/cancel").status == 200) ended.insert(id);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10 * round));
    server.kill_hard();
  }
  const ServerProcess server(folder_ / "data", kOpen);
  wait_until([&] {
    const MutexLock lock(mutex);
    return std::ranges::all_of(ended, [&](const std::string& id) { return told.contains(id); });
  });
  const MutexLock lock(mutex);
  for (const auto& [id, messages] : told) EXPECT_EQ(messages.size(), 1U) << "repetitions carry the same id";
}

TEST_F(Outward, AWatchedFolderGetsItsSubtitles) {
  std::filesystem::create_directories(folder_ / "in");
  const ServerProcess server(folder_ / "data",
                             {"--watch", (folder_ / "in").string(), "--set", "watch.settle_seconds=1"});
  std::ofstream(folder_ / "in" / "talk.wav", std::ios::binary) << media_;
  wait_until([&] { return std::filesystem::exists(folder_ / "in" / "talk.en.srt"); });
  EXPECT_GT(std::filesystem::file_size(folder_ / "in" / "talk.en.srt"), 0U);
}

}  // namespace
}  // namespace voxlate::e2e
