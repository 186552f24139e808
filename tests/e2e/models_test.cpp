// `voxlate models` and /api/models with the real program: a mirror on this machine has the voice-activity model.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"
#include "tests/unit/models/file_server.h"

namespace voxlate::e2e {
namespace {

using models::FileRequest;
using models::FileServer;
using nlohmann::json;

constexpr const char* kFile = "ggml-silero-v6.2.0.bin";

class Models : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path file =
        std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared/models/silero_vad" / kFile;
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "needs ../shared/models/silero_vad";
    content_ = read_file(file, 1 << 24);
  }

  int voxlate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), VOXLATE_BINARY);
    arguments.insert(arguments.end(), {"--data-dir", data_.string(), "--set", "models.base_url=" + mirror_.url()});
    return run_program(arguments);
  }

  std::string content_;
  TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_ / "data";
  FileServer mirror_{[this](const FileRequest& request, const Connection& connection) {
    if (request.target.ends_with(kFile)) return send_file(request, connection, content_, "\"v1\"");
    connection.send(answer_head("404 Not Found", 0));
  }};
};

TEST_F(Models, AreFetchedListedAndDeletedFromTheCommandLine) {
  EXPECT_EQ(voxlate({"models", "list"}), 0);
  EXPECT_EQ(voxlate({"models", "get", "silero-vad", "--offline"}), 1);
  EXPECT_EQ(voxlate({"models", "get", "silero-vad"}), 0);
  EXPECT_EQ(read_file(data_ / "models" / kFile, 1 << 24), content_);
  EXPECT_EQ(voxlate({"models", "get", "silero-vad"}), 0);
  EXPECT_EQ(mirror_.requests().size(), 1U) << "an installed one is not fetched again";
  EXPECT_EQ(voxlate({"models", "get", "tiny"}), 1) << "the mirror does not have it";
  EXPECT_EQ(voxlate({"models", "list", "--json"}), 0);
  EXPECT_EQ(voxlate({"models", "rm", "silero-vad"}), 0);
  EXPECT_FALSE(std::filesystem::exists(data_ / "models" / kFile));
  EXPECT_EQ(voxlate({"models", "rm", "silero-vad"}), 1);
}

TEST_F(Models, WrongUsageIsStatusTwo) {
  EXPECT_EQ(voxlate({"models"}), 2);
  EXPECT_EQ(voxlate({"models", "get"}), 2);
  EXPECT_EQ(voxlate({"models", "get", "silero-vad", "nonsense"}), 2);
  EXPECT_FALSE(std::filesystem::exists(data_ / "models" / kFile)) << "nothing is done before names are known";
  EXPECT_EQ(voxlate({"models", "list", "--set", "models.idle_seconds=-1"}), 2);
}

TEST_F(Models, AreFetchedAndDeletedThroughTheApi) {
  const ServerProcess server(data_, {"--set", "models.base_url=" + mirror_.url()});
  const auto state = [&] {
    const json models = get(server, "/api/models").json.at("models");
    for (const json& model : models) {
      if (model.at("id") == "silero-vad") return model.at("state").get<std::string>();
    }
    return std::string("not listed");
  };
  EXPECT_EQ(state(), "available");
  EXPECT_EQ(post(server, "/api/models/nonsense/download").status, 404);
  EXPECT_EQ(post(server, "/api/models/silero-vad/download").status, 202);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (state() == "downloading" && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(state(), "installed");
  EXPECT_EQ(post(server, "/api/models/silero-vad/unload").status, 200);
  EXPECT_EQ(voxlate({"models", "get", "silero-vad"}), 0) << "the command line works beside a server";
  EXPECT_EQ(remove(server, "/api/models/silero-vad").status, 204);
  EXPECT_EQ(remove(server, "/api/models/silero-vad").status, 404);
  EXPECT_EQ(state(), "available");
}

/// A mirror that stops in the middle of `base-q8_0`, which is what a new server fetches.
class FirstDownload : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  FileServer mirror_{[](const FileRequest&, const Connection& connection) {
    connection.send(answer_head("200 OK", 81'768'585) + std::string(100'000, 'x'));
    connection.hold();
  }};
};

TEST_F(FirstDownload, JobsThatOnlyItsModelCanDoWaitForIt) {
  const ServerProcess server(folder_ / "data",
                             {"--set", "models.default=auto", "--set", "models.base_url=" + mirror_.url()});
  const std::filesystem::path speech = folder_ / "talk.wav";
  make_recording(speech, 0.5);
  const auto submit_in = [&](const std::string& language) {
    const Response answer = submit(server, speech, {{"language", language}});
    EXPECT_EQ(answer.status, 202) << answer.body;
    return answer.json.value("id", "");
  };
  const std::string thai = submit_in("th");
  EXPECT_EQ(wait_until_finished(server, submit_in("en")).at("engine"), "sphinx") << "it does not wait";
  const json waiting = get(server, "/api/jobs/" + thai).json;
  EXPECT_EQ(waiting.at("engine"), "whisper");
  EXPECT_EQ(waiting.at("status"), "queued");
  EXPECT_EQ(waiting.at("waiting_for"), json({{"reason", "model"}, {"model", "base-q8_0"}}));
  remove(server, "/api/models/base-q8_0");
  const json failed = wait_until_finished(server, thai);
  EXPECT_EQ(failed.at("status"), "failed");
  EXPECT_EQ(failed.at("error").at("message"), "the model base-q8_0 is not installed");
}

}  // namespace
}  // namespace voxlate::e2e
