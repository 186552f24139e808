// The Whisper engine on the real server, with a complete real model where the shared test data are.

#include <gtest/gtest.h>

#include <filesystem>

#include "base/temporary_folder.h"
#include "server_process.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;

constexpr const char* kModel = "tiny.en-relearned";
constexpr const char* kSaid =
    "And so my fellow Americans ask not what your country can do for you ask what you can do for your country";

class Whisper : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path shared = std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared";
    const std::filesystem::path model = shared / "models/whisper_tiny_en_relearned/ggml-tiny.en-relearned.bin";
    if (!std::filesystem::exists(model)) GTEST_SKIP() << "needs ../shared/models/whisper_tiny_en_relearned";
    speech_ = shared / "reference/jfk.wav";
    std::filesystem::create_directories(data_ / "models");
    std::filesystem::create_symlink(std::filesystem::absolute(model), data_ / "models" / model.filename());
  }

  static std::string text_of(const json& transcript) {
    std::string text;
    for (const json& segment : transcript.at("segments")) text += segment.at("text").get<std::string>() + " ";
    return text;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_ / "data";
  std::filesystem::path speech_;
};

TEST_F(Whisper, IsChosenWhereAModelIsInstalledAndSaysEveryWord) {
  const ServerProcess server(data_);
  const json capabilities = get(server, "/api/capabilities").json;
  EXPECT_EQ(capabilities.at("engines").at(0).at("id"), "whisper");
  EXPECT_EQ(capabilities.at("engines").at(0).at("models").at(0).at("id"), kModel);

  const json job =
      wait_until_finished(server, submit(server, speech_, {{"targets", "es"}, {"formats", "srt"}}).json.at("id"));
  ASSERT_EQ(job.at("status"), "completed") << job.dump(1);
  EXPECT_EQ(job.at("engine"), "whisper");
  EXPECT_EQ(job.at("model"), kModel);
  const json transcript = get(server, job.at("links").at("transcript")).json;
  EXPECT_EQ(word_error_rate(kSaid, text_of(transcript)), 0) << text_of(transcript);
  double at = 0;
  for (const json& word : transcript.at("segments").at(0).at("words")) {
    EXPECT_GE(word.at("start").get<double>(), at);
    EXPECT_GT(word.at("end").get<double>(), word.at("start").get<double>());
    at = word.at("end");
  }
  EXPECT_EQ(job.at("files").size(), 4U) << "subtitles and WebVTT in both languages";
}

TEST_F(Whisper, BothEnginesServeSideBySide) {
  const ServerProcess server(data_);
  const std::string with_whisper = submit(server, speech_, {{"engine", "whisper"}}).json.at("id");
  const std::string with_sphinx = submit(server, speech_, {{"engine", "sphinx"}}).json.at("id");
  EXPECT_EQ(wait_until_finished(server, with_whisper).at("status"), "completed");
  EXPECT_EQ(wait_until_finished(server, with_sphinx).at("engine"), "sphinx");
}

TEST_F(Whisper, WhatTheModelCannotDoIsRefusedAtOnce) {
  const ServerProcess server(data_);
  EXPECT_EQ(submit(server, speech_, {{"language", "es"}}).status, 422);
  EXPECT_EQ(submit(server, speech_, {{"task", "translate"}}).status, 422);
  EXPECT_EQ(submit(server, speech_, {{"model", "no-such-model"}}).status, 422);
}

TEST_F(Whisper, AModelInUseIsLoadedAndCanBeUnloaded) {
  const ServerProcess server(data_);
  wait_until_finished(server, submit(server, speech_).json.at("id"));
  const auto state = [&] {
    const json models = get(server, "/api/models").json.at("models");
    for (const json& model : models) {
      if (model.at("id") == kModel) return model.at("state").get<std::string>();
    }
    return std::string("not listed");
  };
  EXPECT_EQ(state(), "loaded");
  const auto in_memory = [&] { return get(server, "/api/system/status").json.at("models"); };
  ASSERT_EQ(in_memory().size(), 1U);
  EXPECT_EQ(in_memory().at(0).at("id"), kModel);
  EXPECT_GT(in_memory().at(0).at("size_bytes"), 70'000'000);
  EXPECT_EQ(post(server, std::string("/api/models/") + kModel + "/unload").status, 200);
  EXPECT_EQ(state(), "unlisted");
  EXPECT_TRUE(in_memory().empty());
}

}  // namespace
}  // namespace voxlate::e2e
