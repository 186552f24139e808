// Jobs on uploads that are still coming in, on the real server.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"
#include "tests/unit/http/client.h"

namespace voxlate::e2e {
namespace {

using http::Answer;
using http::Client;
using nlohmann::json;

const std::string kTus = "Host: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\n";

class ArrivingUpload : public ::testing::Test {
 protected:
  void SetUp() override {
    if (speech_clips().size() != 5) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
    if (!has_program("ffmpeg")) GTEST_SKIP() << "needs ffmpeg";
    make_recording(folder_ / "talk.wav", /*pause_s=*/1.0, /*repeats=*/2);
    content_ = read_file(folder_ / "talk.wav", 1 << 28);
    ASSERT_GT(content_.size(), 1'000'000U);
  }

  static Answer ask(const ServerProcess& server, const std::string& head, const std::string& body = {}) {
    Client client(server.port());
    client.send(head + kTus + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_answer();
  }

  std::string create(const ServerProcess& server) const {
    const Answer answer =
        ask(server, "POST /api/uploads HTTP/1.1\r\nUpload-Length: " + std::to_string(content_.size()) +
                        "\r\nUpload-Metadata: filename dGFsay53YXY=\r\n");
    EXPECT_EQ(answer.status, 201);
    return answer.header("location");
  }

  void send(const ServerProcess& server, const std::string& upload, std::size_t begin, std::size_t end) const {
    const Answer answer = ask(server,
                              "PATCH " + upload + " HTTP/1.1\r\nContent-Type: application/offset+octet-stream\r\n" +
                                  "Upload-Offset: " + std::to_string(begin) + "\r\n",
                              content_.substr(begin, end - begin));
    EXPECT_EQ(answer.status, 204) << answer.body;
  }

  static std::string make_job(const ServerProcess& server, const std::string& upload) {
    const Answer answer = ask(server, "POST /api/jobs HTTP/1.1\r\nContent-Type: application/json\r\n",
                              json({{"upload", upload.substr(upload.rfind('/') + 1)}}).dump());
    EXPECT_EQ(answer.status, 202) << answer.body;
    return json::parse(answer.body).at("id");
  }

  /// Polls until `reached`; fails the test after two minutes.
  static void wait_until(const std::function<bool()>& reached) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!reached()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  static json texts_of(const json& transcript) {
    json texts = json::array();
    for (const json& segment : transcript.at("segments")) texts.push_back(segment.at("text"));
    return texts;
  }

  TemporaryFolder folder_;
  std::string content_;
};

TEST_F(ArrivingUpload, IsTranscribedAsFarAsItHasCome) {
  const ServerProcess server(folder_ / "data");
  const json whole = wait_until_finished(server, submit(server, folder_ / "talk.wav").json.at("id"));
  const json expected = get(server, whole.at("links").at("transcript")).json;

  const std::string upload = create(server);
  const std::string id = make_job(server, upload);
  EXPECT_EQ(get(server, "/api/jobs/" + id).json.at("waiting_for").at("reason"), "upload");
  send(server, upload, 0, content_.size() * 3 / 4);
  wait_until([&] { return !get(server, "/api/jobs/" + id + "/transcript").json.at("segments").empty(); });
  const json half = get(server, "/api/jobs/" + id).json;
  EXPECT_EQ(half.at("status"), "processing");

  send(server, upload, content_.size() * 3 / 4, content_.size());
  const json job = wait_until_finished(server, id);
  EXPECT_EQ(job.at("status"), "completed") << job.dump(1);
  EXPECT_EQ(job.at("name"), "talk.wav");
  EXPECT_EQ(job.at("size_bytes"), content_.size());
  EXPECT_EQ(job.at("duration_s"), whole.at("duration_s"));
  EXPECT_EQ(texts_of(get(server, job.at("links").at("transcript")).json), texts_of(expected));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "data" / "uploads"));
}

TEST_F(ArrivingUpload, AJobGoesOnAfterAKill) {
  std::string upload;
  std::string id;
  {
    ServerProcess server(folder_ / "data");
    upload = create(server);
    id = make_job(server, upload);
    send(server, upload, 0, content_.size() * 3 / 4);
    wait_until([&] { return !get(server, "/api/jobs/" + id + "/transcript").json.at("segments").empty(); });
    server.kill_hard();
  }
  const ServerProcess server(folder_ / "data");
  send(server, upload, content_.size() * 3 / 4, content_.size());
  EXPECT_EQ(wait_until_finished(server, id).at("status"), "completed");
}

TEST_F(ArrivingUpload, AJobFailsWhenItsUploadIsGivenUp) {
  const ServerProcess server(folder_ / "data");
  for (const std::size_t sent : {std::size_t{0}, content_.size() * 3 / 4}) {
    const std::string upload = create(server);
    const std::string id = make_job(server, upload);
    send(server, upload, 0, sent);
    if (sent > 0) {
      wait_until([&] { return get(server, "/api/jobs/" + id).json.at("status") == "processing"; });
    }
    EXPECT_EQ(ask(server, "DELETE " + upload + " HTTP/1.1\r\n").status, 204);
    const json job = wait_until_finished(server, id);
    EXPECT_EQ(job.at("status"), "failed");
    EXPECT_EQ(job.at("error").at("code"), "not_found");
    EXPECT_NE(job.at("error").at("message").get<std::string>().find("upload"), std::string::npos);
  }
}

}  // namespace
}  // namespace voxlate::e2e
