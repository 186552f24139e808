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
#include "tests/unit/models/package_server.h"
#include "tests/unit/translation/package_writer.h"

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
    arguments.insert(arguments.end(), {"--data-dir", data_.string(), "--set", "models.base_url=" + mirror_.url(),
                                       "--set", "models.translation_index=" + mirror_.url("index.json")});
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

/// A publisher of one translation package.
class Packages : public ::testing::Test {
 protected:
  int voxlate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), VOXLATE_BINARY);
    arguments.insert(arguments.end(), {"--data-dir", data_.string()});
    arguments.insert(arguments.end(), settings_.begin(), settings_.end());
    return run_program(arguments);
  }

  static std::string package(std::uint32_t tokens) {
    using translation::metadata;
    using translation::translator_file;
    const std::string top = "translate-en_es-1_0/";
    return models::zip_of({{.name = top + "metadata.json", .content = metadata("en", "es")},
                           {.name = top + "README.md", .content = "License: CC0"},
                           {.name = top + "sentencepiece.model", .content = "spm"},
                           {.name = top + "model/model.bin", .content = translator_file(tokens, tokens)},
                           {.name = top + "model/shared_vocabulary.json", .content = R"(["<unk>", "a", "b"])"},
                           {.name = top + "stanza/en.pt", .content = "a pickle"}});
  }

  json find(const ServerProcess& server, const std::string& address) const {
    const json models = get(server, address).json.at("models");
    for (const json& model : models) {
      if (model.at("id") == "translate-en_es") return model;
    }
    return nullptr;
  }

  std::string content_ = package(3);
  TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_ / "data";
  const std::filesystem::path installed_ = data_ / "models/translate-en_es-1_0";
  FileServer publisher_{[this](const FileRequest& request, const Connection& connection) {
    const std::string index =
        models::index_of({{.id = "translate-en_es", .link = publisher_.url("translate-en_es-1_0.argosmodel")}});
    const bool is_index = request.target == "/index.json";
    send_file(request, connection, is_index ? index : content_, "\"v1\"");
  }};
  const std::vector<std::string> settings_{"--set", "models.translation_index=" + publisher_.url("index.json")};
};

TEST_F(Packages, AreFetchedListedAndDeletedFromTheCommandLine) {
  EXPECT_EQ(voxlate({"models", "list"}), 0);
  EXPECT_TRUE(publisher_.requests().empty()) << "nobody asked for packages";
  EXPECT_EQ(voxlate({"models", "list", "--available"}), 0);
  EXPECT_EQ(voxlate({"models", "get", "en-fr"}), 2);
  EXPECT_EQ(voxlate({"models", "get", "en-es", "--offline"}), 1);
  EXPECT_EQ(voxlate({"models", "get", "en-es"}), 0);
  EXPECT_TRUE(std::filesystem::exists(installed_ / "model/model.bin"));
  EXPECT_FALSE(std::filesystem::exists(installed_ / "stanza"));
  const std::size_t requests = publisher_.requests().size();
  EXPECT_EQ(voxlate({"models", "get", "translate-en_es"}), 0);
  EXPECT_EQ(publisher_.requests().size(), requests) << "an installed one is not fetched again";
  EXPECT_EQ(voxlate({"models", "rm", "en-es"}), 0);
  EXPECT_FALSE(std::filesystem::exists(installed_));
  EXPECT_EQ(voxlate({"models", "rm", "en-es"}), 1);
}

TEST_F(Packages, WithAWrongVocabularyAreRefused) {
  content_ = package(4);
  EXPECT_EQ(voxlate({"models", "get", "en-es"}), 1);
  EXPECT_FALSE(std::filesystem::exists(installed_));
}

TEST_F(Packages, AreFetchedAndDeletedThroughTheApi) {
  const ServerProcess server(data_, settings_);
  EXPECT_EQ(find(server, "/api/models"), nullptr);
  EXPECT_EQ(find(server, "/api/models?available=true").at("state"), "available");
  EXPECT_EQ(get(server, "/api/models/translate-en_es").json.at("size_bytes"), content_.size());
  EXPECT_EQ(post(server, "/api/models/en-es/download").status, 202);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  json model = find(server, "/api/models");
  while (model.at("state") == "downloading" && std::chrono::steady_clock::now() < deadline) {
    model = find(server, "/api/models");
  }
  EXPECT_EQ(model.at("state"), "installed");
  EXPECT_EQ(model.at("licence"), "CC0");
  EXPECT_EQ(model.at("source"), "en");
  EXPECT_EQ(model.at("target"), "es");
  EXPECT_EQ(model.at("quantisation"), "int8");
  EXPECT_EQ(remove(server, "/api/models/translate-en_es").status, 204);
  EXPECT_EQ(find(server, "/api/models"), nullptr);
}

TEST_F(Packages, DroppedIntoTheFolderAreUnpackedByTheServer) {
  std::filesystem::create_directories(data_ / "models");
  write_file_atomically(data_ / "models/mine.argosmodel", content_);
  const ServerProcess server(data_, settings_);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  // The archive goes last.
  while (std::filesystem::exists(data_ / "models/mine.argosmodel") && std::chrono::steady_clock::now() < deadline) {
  }
  const json model = get(server, "/api/models/mine").json;
  EXPECT_EQ(model.value("usable", false), true);
  EXPECT_EQ(model.value("state", ""), "unlisted");
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
