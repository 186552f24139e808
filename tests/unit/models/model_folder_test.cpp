#include "models/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "base/file.h"
#include "base/hashing.h"
#include "base/temporary_folder.h"
#include "remote/part_file.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelFolderTest : public ::testing::Test {
 protected:
  ModelFolderTest() {
    for (const char* id : {"tiny", "base"}) {
      known_.push_back({.id = id,
                        .file = std::string("ggml-") + id + ".bin",
                        .path = {},
                        .kind = ModelKind::kWhisper,
                        .quantisation = "f16",
                        .n_languages = 99,
                        .size_bytes = content_.size(),
                        .sha256 = sha256_hex(content_)});
    }
  }

  ModelFolder open(bool require_listed = false) {
    return ModelFolder({.folder = own_, .extra_folder = extra_, .require_listed = require_listed, .known = known_},
                       [this](const std::filesystem::path& path) { return inspect(path); });
  }

  /// A sound model starts with "model".
  FileFacts inspect(const std::filesystem::path& path) {
    ++inspections_;
    if (!read_file(path, 1 << 20).starts_with("model")) throw Error(ErrorCode::kCorrupt, "no model");
    return {.kind = ModelKind::kVoiceActivity, .quantisation = "q4_0", .n_languages = 0};
  }

  static void write(const std::filesystem::path& path, std::string_view content) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }

  static ModelFile find(ModelFolder& folder, std::string_view id) {
    for (ModelFile& file : folder.scan()) {
      if (file.info.id == id) return std::move(file);
    }
    ADD_FAILURE() << "not listed: " << id;
    return {};
  }

  static ErrorCode code_of(ModelFolder& folder, std::string_view id) {
    try {
      folder.path_of(id);
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "has a path: " << id;
    return ErrorCode::kInternal;
  }

  const std::string content_ = "model with the published content";
  TemporaryFolder folder_;
  const std::filesystem::path own_ = folder_ / "data/models";
  const std::filesystem::path extra_ = folder_ / "mine";
  std::vector<KnownModel> known_;
  int inspections_ = 0;
};

TEST_F(ModelFolderTest, AnEmptyOneHasTheKnownModelsToOffer) {
  ModelFolder folder = open();
  const auto models = folder.scan();
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].info.id, "tiny");
  EXPECT_EQ(models[0].info.state, ModelState::kAvailable);
  EXPECT_TRUE(models[0].info.listed);
  EXPECT_FALSE(models[0].info.usable);
  EXPECT_EQ(code_of(folder, "tiny"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(folder, "nonsense"), ErrorCode::kNotFound);
}

TEST_F(ModelFolderTest, AKnownFileIsInstalledOnceItsChecksumWasRead) {
  write(own_ / "ggml-base.bin", content_);
  ModelFolder folder = open();
  ModelFile file = find(folder, "base");
  EXPECT_EQ(file.info.state, ModelState::kUnlisted);
  EXPECT_TRUE(file.checksum_pending);
  EXPECT_TRUE(file.info.usable) << "its structure is sound";
  folder.verify({});
  file = find(folder, "base");
  EXPECT_EQ(file.info.state, ModelState::kInstalled);
  EXPECT_THAT(file.info.reason, IsEmpty());
  EXPECT_EQ(file.info.quantisation, "f16");
  EXPECT_EQ(folder.path_of("base"), own_ / "ggml-base.bin");
}

TEST_F(ModelFolderTest, AChecksumIsReadOnceForEachContent) {
  write(own_ / "ggml-base.bin", content_);
  open().verify({});
  ModelFolder folder = open();
  EXPECT_FALSE(find(folder, "base").checksum_pending) << "remembered over restarts";
  std::filesystem::last_write_time(own_ / "ggml-base.bin",
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_TRUE(find(folder, "base").checksum_pending) << "it may have changed";
  std::ofstream(own_ / ".verified") << "garbage\n1 2 3\n";
  ModelFolder other = open();
  EXPECT_TRUE(find(other, "base").checksum_pending);
}

TEST_F(ModelFolderTest, AKnownFileWithAnotherChecksumIsDamaged) {
  std::string rotten = content_;
  rotten.back() ^= 1;
  write(own_ / "ggml-base.bin", rotten);
  ModelFolder folder = open();
  folder.verify({});
  const ModelFile file = find(folder, "base");
  EXPECT_EQ(file.info.state, ModelState::kDamaged);
  EXPECT_THAT(file.info.reason, HasSubstr(sha256_hex(content_)));
  EXPECT_THAT(file.info.reason, HasSubstr(sha256_hex(rotten)));
  EXPECT_EQ(code_of(folder, "base"), ErrorCode::kCorrupt);
}

TEST_F(ModelFolderTest, ACutFileIsDamagedAndSaysHowMuchIsThere) {
  write(own_ / "ggml-base.bin", "mod");
  ModelFolder folder = open();
  const ModelFile file = find(folder, "base");
  EXPECT_EQ(file.info.state, ModelState::kDamaged);
  EXPECT_THAT(file.info.reason, HasSubstr("bytes, got 3; no model"));
  EXPECT_FALSE(file.checksum_pending);
}

TEST_F(ModelFolderTest, ASoundFileOfAnotherSizeUnderAKnownNameIsUnlisted) {
  write(own_ / "ggml-base.bin", content_ + ", trained further");
  ModelFolder folder = open();
  const ModelFile file = find(folder, "base");
  EXPECT_EQ(file.info.state, ModelState::kUnlisted);
  EXPECT_FALSE(file.info.listed);
  EXPECT_TRUE(file.info.usable);
  EXPECT_THAT(file.info.sha256, IsEmpty());
  EXPECT_EQ(file.info.size_bytes, content_.size() + 17);
}

TEST_F(ModelFolderTest, FilesPlacedByHandAreUnlistedWhenTheirStructureIsSound) {
  write(own_ / "ggml-my model.bin", "model of mine");
  write(extra_ / "silero.safetensors", "model too");
  write(extra_ / "broken.bin", "something else");
  ModelFolder folder = open();
  EXPECT_EQ(find(folder, "my model").info.state, ModelState::kUnlisted);
  const ModelFile extra = find(folder, "silero");
  EXPECT_EQ(extra.info.kind, ModelKind::kVoiceActivity);
  EXPECT_EQ(extra.info.quantisation, "q4_0");
  EXPECT_EQ(folder.path_of("silero"), extra_ / "silero.safetensors");
  const ModelFile broken = find(folder, "broken");
  EXPECT_EQ(broken.info.state, ModelState::kDamaged);
  EXPECT_EQ(broken.info.reason, "no model");
  EXPECT_EQ(code_of(folder, "broken"), ErrorCode::kCorrupt);
}

TEST_F(ModelFolderTest, UnlistedFilesCanBeRefused) {
  write(own_ / "mine.bin", "model of mine");
  write(own_ / "ggml-base.bin", content_);
  ModelFolder folder = open(/*require_listed=*/true);
  EXPECT_EQ(find(folder, "mine").info.state, ModelState::kUnlisted);
  EXPECT_EQ(code_of(folder, "mine"), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of(folder, "base"), ErrorCode::kUnsupported) << "not before its checksum was read";
  folder.verify({});
  EXPECT_EQ(folder.path_of("base"), own_ / "ggml-base.bin");
}

TEST_F(ModelFolderTest, IdsAreUnique) {
  write(own_ / "base.bin", "model that is not the published base");
  write(own_ / "mine.bin", "model");
  write(own_ / "ggml-mine.bin", "model");
  write(extra_ / "mine.bin", "model hidden by the one in the own folder");
  ModelFolder folder = open();
  std::set<std::string> ids;
  for (const ModelFile& file : folder.scan()) EXPECT_TRUE(ids.insert(file.info.id).second) << file.info.id;
  EXPECT_EQ(ids, (std::set<std::string>{"tiny", "base", "base.bin", "mine", "mine.bin"}));
  EXPECT_EQ(find(folder, "base").info.state, ModelState::kAvailable);
}

TEST_F(ModelFolderTest, OnlyModelFilesAreLookedAt) {
  write(own_ / "readme.txt", "model");
  write(own_ / "ggml-base.bin.part", "mode");
  write(own_ / ".hidden.bin", "model");
  write(own_ / "line\nbreak.bin", "model");
  std::filesystem::create_directories(own_ / "folder.bin");
  std::filesystem::create_symlink("nowhere", own_ / "dangling.bin");
  ASSERT_EQ(::mkfifo((own_ / "pipe.bin").c_str(), 0600), 0);
  ModelFolder folder = open();
  EXPECT_EQ(folder.scan().size(), 2U);
  EXPECT_EQ(find(folder, "base").info.downloaded_bytes, 4U);
  EXPECT_EQ(inspections_, 0);
}

TEST_F(ModelFolderTest, AFileIsInspectedOnceForEachContent) {
  write(own_ / "mine.bin", "model");
  ModelFolder folder = open();
  folder.scan();
  folder.scan();
  EXPECT_EQ(inspections_, 1);
  write(own_ / "mine.bin", "no longer one");
  EXPECT_EQ(find(folder, "mine").info.state, ModelState::kDamaged);
  EXPECT_EQ(inspections_, 2);
}

TEST_F(ModelFolderTest, RemoveDeletesFileAndPart) {
  write(own_ / "ggml-base.bin", content_);
  write(remote::part_path(own_ / "ggml-base.bin"), "mode");
  write(remote::etag_path(own_ / "ggml-base.bin"), "\"v1\"");
  write(extra_ / "mine.bin", "model");
  ModelFolder folder = open();
  EXPECT_TRUE(folder.remove("base"));
  EXPECT_TRUE(folder.remove("mine"));
  EXPECT_FALSE(folder.remove("base"));
  EXPECT_FALSE(folder.remove("../../etc/passwd"));
  EXPECT_TRUE(std::filesystem::is_empty(own_));
  EXPECT_TRUE(std::filesystem::is_empty(extra_));
}

TEST_F(ModelFolderTest, AStopEndsTheReadingOfChecksums) {
  write(own_ / "ggml-base.bin", content_);
  ModelFolder folder = open();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(folder.verify(stop.get_token()), Error);
  EXPECT_TRUE(find(folder, "base").checksum_pending);
}

TEST_F(ModelFolderTest, WhatIsRememberedHoldsForRelativePathsToo) {
  write(own_ / "ggml-base.bin", content_);
  open().verify({});
  ModelFolder folder({.folder = std::filesystem::relative(own_), .known = known_},
                     [this](const std::filesystem::path& path) { return inspect(path); });
  EXPECT_EQ(find(folder, "base").info.state, ModelState::kInstalled);
}

TEST_F(ModelFolderTest, AFolderThatCannotBeMadeIsSaid) {
  write(folder_ / "data", "a file in the way");
  EXPECT_THROW(open().create(), Error);
}

}  // namespace
}  // namespace voxlate::models
