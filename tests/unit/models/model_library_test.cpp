#include "models/model_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <semaphore>

#include "base/file.h"
#include "base/hashing.h"
#include "base/temporary_folder.h"
#include "models/part_file.h"
#include "tests/unit/models/file_server.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class FakeLoadedModels final : public LoadedModels {
 public:
  std::vector<LoadedModel> loaded() const override { return models; }
  void unload(std::string_view model) override {
    std::erase_if(models, [&](const LoadedModel& form) { return form.key.model == model; });
  }
  std::vector<LoadedModel> models;
};

/// A library over a server that has the files of two known models.
class ModelLibraryTest : public ::testing::Test {
 protected:
  ModelLibraryTest() {
    for (const char* id : {"tiny", "base"}) {
      known_.push_back({.id = id,
                        .file = std::string("ggml-") + id + ".bin",
                        .path = std::string("repository/resolve/main/ggml-") + id + ".bin",
                        .kind = ModelKind::kWhisper,
                        .quantisation = "f16",
                        .n_languages = 99,
                        .size_bytes = content_.size(),
                        .sha256 = sha256_hex(content_)});
    }
  }

  void open(bool offline = false) {
    folder_ = std::make_unique<ModelFolder>(ModelFolder::Options{.folder = path_.path(), .known = known_},
                                            [](const std::filesystem::path&) { return FileFacts{}; });
    library_ = std::make_unique<ModelLibrary>(
        ModelSource{.base_url = server_.url(), .offline = offline, .download = {.attempts = 1, .keep_free_bytes = 0}},
        *folder_, loaded_, wanted_);
  }

  void await(std::string_view id, ModelState state) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (find(id).state != state && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    ASSERT_EQ(find(id).state, state) << id;
  }
  void wait_for_request() { ASSERT_TRUE(asked_.try_acquire_for(std::chrono::seconds(30))); }

  ModelInfo find(std::string_view id) {
    for (ModelInfo& model : library_->list()) {
      if (model.id == id) return std::move(model);
    }
    ADD_FAILURE() << "not listed: " << id;
    return {};
  }

  template <typename Call>
  static ErrorCode code_of(Call call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::kInternal;
  }

  void write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
  }

  const std::string content_ = std::string(100'000, 'm');
  TemporaryFolder path_;
  std::vector<KnownModel> known_;
  std::counting_semaphore<100> asked_{0};
  std::vector<std::string> wanted_;
  std::function<void(const FileRequest&, const Connection&)> answer_ =
      [this](const auto& request, const auto& connection) { send_file(request, connection, content_, "\"v1\""); };
  FileServer server_{[this](const FileRequest& request, const Connection& connection) {
    asked_.release();
    answer_(request, connection);
  }};
  FakeLoadedModels loaded_;
  std::unique_ptr<ModelFolder> folder_;
  std::unique_ptr<ModelLibrary> library_;
};

TEST_F(ModelLibraryTest, DownloadsAModelInTheBackground) {
  open();
  EXPECT_EQ(library_->start_download("base").state, ModelState::kDownloading);
  await("base", ModelState::kInstalled);
  EXPECT_EQ(server_.requests().front().target, "/repository/resolve/main/ggml-base.bin");
  EXPECT_EQ(library_->start_download("base").state, ModelState::kInstalled) << "nothing to do";
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(ModelLibraryTest, DownloadsOneAfterAnotherAndJoinsRequests) {
  std::binary_semaphore go(0);
  answer_ = [&](const auto& request, const auto& connection) {
    go.acquire();
    send_file(request, connection, content_, "");
  };
  open();
  library_->start_download("base");
  library_->start_download("tiny");
  library_->start_download("tiny");
  library_->start_download("base");
  wait_for_request();
  EXPECT_EQ(find("base").state, ModelState::kDownloading);
  EXPECT_EQ(find("tiny").state, ModelState::kDownloading);
  EXPECT_THAT(library_->awaited(), UnorderedElementsAre("base", "tiny"));
  go.release();
  await("base", ModelState::kInstalled);
  EXPECT_EQ(find("tiny").state, ModelState::kDownloading);
  EXPECT_THAT(library_->awaited(), ElementsAre("tiny"));
  go.release();
  await("tiny", ModelState::kInstalled);
  EXPECT_THAT(library_->awaited(), IsEmpty());
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(ModelLibraryTest, AFailureIsShownUntilTheNextTry) {
  answer_ = [](const auto&, const auto& connection) { connection.send(answer_head("404 Not Found", 0)); };
  open();
  library_->start_download("base");
  await("base", ModelState::kAvailable);
  EXPECT_THAT(find("base").reason, HasSubstr("404"));
  EXPECT_THAT(find("tiny").reason, IsEmpty());
  EXPECT_THAT(library_->start_download("base").reason, IsEmpty());
}

TEST_F(ModelLibraryTest, BeginsWithWhatIsWanted) {
  wanted_ = {"nonsense", "tiny"};
  open();
  await("tiny", ModelState::kInstalled);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(ModelLibraryTest, RemoveCancelsARunningDownloadAndDeletesItsPart) {
  answer_ = [this](const auto& request, const auto& connection) {
    send_file(request, connection, content_, "\"v1\"", 1000);
    connection.hold();
  };
  open();
  library_->start_download("base");
  library_->start_download("tiny");
  wait_for_request();
  library_->remove("tiny");
  library_->remove("base");
  EXPECT_EQ(find("base").state, ModelState::kAvailable);
  EXPECT_THAT(find("base").reason, IsEmpty());
  EXPECT_EQ(find("tiny").state, ModelState::kAvailable);
  EXPECT_FALSE(std::filesystem::exists(part_path(path_ / "ggml-base.bin")));
  EXPECT_EQ(code_of([&] { library_->remove("base"); }), ErrorCode::kNotFound);
}

TEST_F(ModelLibraryTest, ItsEndStopsADownloadThatIsResumedLater) {
  answer_ = [this](const auto& request, const auto& connection) {
    send_file(request, connection, content_, "\"v1\"", request.range.empty() ? 1000 : std::string::npos);
    if (request.range.empty()) connection.hold();
  };
  open();
  library_->start_download("base");
  wait_for_request();
  while (find("base").downloaded_bytes < 1000) std::this_thread::yield();
  library_.reset();
  open();
  EXPECT_EQ(find("base").downloaded_bytes, 1000U);
  library_->start_download("base");
  await("base", ModelState::kInstalled);
  EXPECT_EQ(server_.requests().back().range, "bytes=1000-");
}

TEST_F(ModelLibraryTest, OfflineAsksNobody) {
  open(/*offline=*/true);
  EXPECT_EQ(code_of([&] { library_->start_download("base"); }), ErrorCode::kUnsupported);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ModelLibraryTest, KnowsOnlyItsModels) {
  write("mine.bin", "model");
  open();
  EXPECT_EQ(find("mine").state, ModelState::kUnlisted);
  EXPECT_EQ(code_of([&] { library_->start_download("nonsense"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { library_->start_download("mine"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { library_->unload("nonsense"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { library_->remove("nonsense"); }), ErrorCode::kNotFound);
  library_->remove("mine");
  EXPECT_FALSE(std::filesystem::exists(path_ / "mine.bin"));
}

TEST_F(ModelLibraryTest, AFilePlacedByHandIsNotReplaced) {
  write("ggml-base.bin", "a model of another size");
  open();
  EXPECT_EQ(code_of([&] { library_->start_download("base"); }), ErrorCode::kConflict);
}

TEST_F(ModelLibraryTest, ADamagedFileIsReplaced) {
  write("ggml-base.bin", std::string(content_.size(), 'x'));
  open();
  await("base", ModelState::kDamaged);
  library_->start_download("base");
  await("base", ModelState::kInstalled);
}

TEST_F(ModelLibraryTest, ReadsTheChecksumOfAFileThatAppears) {
  open();
  await("base", ModelState::kAvailable);
  write("ggml-base.bin", content_);
  await("base", ModelState::kInstalled);
}

TEST_F(ModelLibraryTest, WhatIsInMemoryIsShownAndFreed) {
  write("ggml-base.bin", content_);
  loaded_.models = {{.key = {.model = "base"}, .size_bytes = 1, .last_use = {}, .in_use = true}};
  open();
  EXPECT_EQ(find("base").state, ModelState::kLoaded);
  EXPECT_EQ(code_of([&] { library_->remove("base"); }), ErrorCode::kConflict);
  EXPECT_TRUE(std::filesystem::exists(path_ / "ggml-base.bin"));
  loaded_.models.front().in_use = false;
  while (!find("base").reason.empty()) std::this_thread::yield();  // its checksum is being read
  EXPECT_EQ(library_->unload("base").state, ModelState::kInstalled);
  loaded_.models = {{.key = {.model = "base"}, .size_bytes = 1, .last_use = {}, .in_use = false}};
  library_->remove("base");
  EXPECT_TRUE(loaded_.models.empty());
}

TEST_F(ModelLibraryTest, RefusesABaseUrlWithoutEncryption) {
  open();
  EXPECT_EQ(code_of([&] { ModelLibrary({.base_url = "http://mirror.example"}, *folder_, loaded_); }),
            ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace voxlate::models
