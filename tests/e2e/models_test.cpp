// `voxlate models` and /api/models with the real program: a mirror on this machine has the voice-activity model.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "tests/unit/models/file_server.h"

namespace voxlate::e2e {
namespace {

using models::Connection;
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
    connection.send(models::answer_head("404 Not Found", 0));
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

}  // namespace
}  // namespace voxlate::e2e
