#include "models/package_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <fstream>

#include "base/file.h"
#include "base/hashing.h"
#include "base/temporary_folder.h"
#include "models/model_folder.h"
#include "remote/part_file.h"
#include "tests/unit/models/package_server.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void write(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

class PackageFolderTest : public ::testing::Test {
 protected:
  PackageFolderTest() { std::filesystem::create_directories(own_); }

  ModelFolder open(bool require_listed = false) {
    return ModelFolder(
        {.folder = own_,
         .extra_folder = extra_,
         .require_listed = require_listed,
         .unpack = {.keep_free_bytes = 0},
         .known = {}},
        [](const std::filesystem::path&) -> FileFacts { throw Error(ErrorCode::kCorrupt, "no model"); },
        [this](const std::filesystem::path& folder) { return inspect(folder); });
  }

  /// A folder with model/model.bin is a model from what stands in it to "xx"; "bad" is a broken one, "none" lacks its
  /// pair.
  std::optional<FolderFacts> inspect(const std::filesystem::path& folder) {
    ++inspections_;
    if (!std::filesystem::exists(folder / "model/model.bin")) return std::nullopt;
    const std::string model = read_file(folder / "model/model.bin", 1000);
    if (model == "bad") throw Error(ErrorCode::kCorrupt, "model.bin is broken");
    return FolderFacts{.source = model == "none" ? "" : model,
                       .target = model == "none" ? "" : "xx",
                       .n_languages = 2,
                       .version = {},
                       .quantisation = "int8",
                       .licence = "CC0",
                       .size_bytes = 10,
                       .missing = model == "none" ? "it lacks its pair" : ""};
  }

  static std::vector<std::string> ids(ModelFolder& folder) {
    std::vector<std::string> ids;
    for (const ModelFile& model : folder.scan()) ids.push_back(model.info.id);
    return ids;
  }

  static ModelFile find(ModelFolder& folder, std::string_view id) {
    for (ModelFile& model : folder.scan()) {
      if (model.info.id == id) return std::move(model);
    }
    ADD_FAILURE() << "not listed: " << id;
    return {};
  }

  /// Everything in the own folder, hidden or not, but for the record.
  std::vector<std::string> content() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(own_)) {
      if (entry.path().filename() != ".packages") names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryFolder folder_;
  const std::filesystem::path own_ = folder_ / "data/models";
  const std::filesystem::path extra_ = folder_ / "mine";
  int inspections_ = 0;
};

TEST_F(PackageFolderTest, FoldersPlacedByHandAreRecognised) {
  write(own_ / "translate-en_es-1_0/model/model.bin", "en");
  write(extra_ / "opus-mt-th-en/model/model.bin", "th");
  write(extra_ / "unknown/model/model.bin", "none");
  write(extra_ / "broken/model/model.bin", "bad");
  write(extra_ / "holiday/photo.jpg", "x");
  ModelFolder folder = open();
  EXPECT_THAT(ids(folder), ElementsAre("broken", "opus-mt-th-en", "translate-en_es", "unknown"));
  const ModelFile package = find(folder, "translate-en_es");
  EXPECT_EQ(package.info.kind, ModelKind::kTranslation);
  EXPECT_EQ(package.info.file, "translate-en_es-1_0");
  EXPECT_EQ(package.info.version, "1.0");
  EXPECT_EQ(package.info.source, "en");
  EXPECT_EQ(package.info.target, "xx");
  EXPECT_EQ(package.info.licence, "CC0");
  EXPECT_EQ(package.info.state, ModelState::kUnlisted);
  EXPECT_TRUE(package.info.usable);
  EXPECT_EQ(folder.path_of("translate-en_es"), own_ / "translate-en_es-1_0");
  EXPECT_EQ(folder.path_of("opus-mt-th-en"), extra_ / "opus-mt-th-en");
  EXPECT_FALSE(find(folder, "unknown").info.usable);
  EXPECT_EQ(find(folder, "unknown").info.reason, "it lacks its pair");
  EXPECT_EQ(find(folder, "broken").info.state, ModelState::kDamaged);
  EXPECT_EQ(find(folder, "broken").info.reason, "model.bin is broken");
}

TEST_F(PackageFolderTest, AFolderIsInspectedOnceForEachContent) {
  write(own_ / "a/model/model.bin", "en");
  ModelFolder folder = open();
  folder.scan();
  folder.scan();
  EXPECT_EQ(inspections_, 1);
  write(own_ / "a/model/model.bin", "bad");
  EXPECT_EQ(find(folder, "a").info.state, ModelState::kDamaged);
  EXPECT_EQ(inspections_, 2);
}

TEST_F(PackageFolderTest, OfTwoVersionsTheNewerHasTheIdOfThePackage) {
  write(own_ / "translate-en_es-1_9/model/model.bin", "en");
  write(extra_ / "translate-en_es-1_10/model/model.bin", "en");
  ModelFolder folder = open();
  EXPECT_THAT(ids(folder), ElementsAre("translate-en_es", "translate-en_es-1_9"));
  EXPECT_EQ(find(folder, "translate-en_es").info.version, "1.10");
  EXPECT_TRUE(find(folder, "translate-en_es-1_9").info.usable);
}

TEST_F(PackageFolderTest, AnArchivePlacedByHandIsUnpacked) {
  const std::string zip = package_zip("translate-en_es-1_0", "en");
  write(own_ / "translate-en_es-1_0.argosmodel", zip);
  ModelFolder folder = open();
  const ModelFile archive = find(folder, "translate-en_es-1_0.argosmodel");
  EXPECT_FALSE(archive.info.usable);
  EXPECT_THAT(archive.info.reason, HasSubstr("being unpacked"));
  EXPECT_TRUE(archive.checksum_pending);
  folder.verify({});
  EXPECT_THAT(content(), ElementsAre("translate-en_es-1_0"));
  EXPECT_FALSE(std::filesystem::exists(own_ / "translate-en_es-1_0/stanza"));
  EXPECT_EQ(find(folder, "translate-en_es").info.state, ModelState::kUnlisted);
  EXPECT_EQ(find(folder, "translate-en_es").info.sha256, sha256_hex(zip));
}

TEST_F(PackageFolderTest, AnArchiveWithoutAFolderInItIsOneToo) {
  write(own_ / "mine.argosmodel", zip_of({{.name = "model/model.bin", .content = "en"}, {.name = "README.md"}}));
  ModelFolder folder = open();
  folder.verify({});
  EXPECT_EQ(folder.path_of("mine"), own_ / "mine");
}

TEST_F(PackageFolderTest, ABrokenArchiveIsShownWithItsReasonAndTriedAgainWhenItChanges) {
  const std::string zip = package_zip("translate-en_es-1_0", "en");
  for (const auto& [content, reason] : {std::pair<std::string, std::string>{zip.substr(0, 100), "not a whole zip file"},
                                        {zip_of({{.name = "../evil", .content = "x"}}), "leads out of its folder"},
                                        {zip_of({{.name = "readme", .content = "x"}}), "no translation model"},
                                        {package_zip("a", "bad"), "model.bin is broken"}}) {
    write(own_ / "a.argosmodel", content);
    ModelFolder folder = open();
    folder.verify({});
    EXPECT_EQ(find(folder, "a.argosmodel").info.state, ModelState::kDamaged) << reason;
    EXPECT_THAT(find(folder, "a.argosmodel").info.reason, HasSubstr(reason));
    EXPECT_FALSE(find(folder, "a.argosmodel").checksum_pending);
    EXPECT_THAT(this->content(), ElementsAre("a.argosmodel")) << "nothing half";
    write(own_ / "a.argosmodel", zip + "");
    EXPECT_TRUE(find(folder, "a.argosmodel").checksum_pending) << "it changed";
  }
  ModelFolder folder = open();
  folder.verify({});
  EXPECT_TRUE(find(folder, "a").info.usable);
}

TEST_F(PackageFolderTest, AnArchiveCutAnywhereIsNeverHalfInstalled) {
  const std::string zip = package_zip("a", std::string(50'000, 'm'));
  for (std::size_t size = 0; size < zip.size(); size += 4096) {
    write(own_ / "a.argosmodel", zip.substr(0, size));
    ModelFolder folder = open();
    folder.verify({});
    ASSERT_THAT(content(), ElementsAre("a.argosmodel")) << size;
    EXPECT_THAT(find(folder, "a.argosmodel").info.reason, HasSubstr("not a whole zip file")) << size;
  }
}

TEST_F(PackageFolderTest, ArchivesOfTheUserAreNotTouched) {
  write(extra_ / "a.argosmodel", package_zip("a", "en"));
  ModelFolder folder = open();
  folder.verify({});
  EXPECT_TRUE(std::filesystem::exists(extra_ / "a.argosmodel"));
  EXPECT_THAT(find(folder, "a.argosmodel").info.reason, HasSubstr("put it into the models folder"));
}

TEST_F(PackageFolderTest, AnArchiveBesideAnotherFolderOfItsNameIsKept) {
  write(own_ / "a/model/model.bin", "de");
  write(own_ / "a.argosmodel", package_zip("a", "en"));
  ModelFolder folder = open();
  folder.verify({});
  EXPECT_THAT(content(), ElementsAre("a", "a.argosmodel"));
  EXPECT_EQ(find(folder, "a").info.source, "de");
  EXPECT_THAT(find(folder, "a.argosmodel").info.reason, HasSubstr("a folder of its name"));
}

TEST_F(PackageFolderTest, WhatAKilledProcessLeftIsSweptAway) {
  const std::string zip = package_zip("a", "en");
  // Killed while it unpacked: the archive is still there.
  write(own_ / "a.argosmodel", zip);
  write(own_ / ".a.unpacking/a/model/model.bin", "half");
  // Killed with nothing to go on with, and while it deleted.
  write(own_ / ".b.unpacking/b/model/model.bin", "half");
  write(own_ / ".c.removed/model/model.bin", "half");
  ModelFolder folder = open();
  EXPECT_THAT(ids(folder), ElementsAre("a.argosmodel"));
  folder.verify({});
  EXPECT_THAT(content(), ElementsAre("a"));
  // Killed between the rename and the deletion of the archive.
  write(own_ / "a.argosmodel", zip);
  folder.verify({});
  EXPECT_THAT(content(), ElementsAre("a"));
  EXPECT_EQ(read_file(own_ / "a/model/model.bin", 100), "en");
}

TEST_F(PackageFolderTest, AnArchiveThatAnotherProcessUnpacksIsLeftToIt) {
  write(own_ / "a.argosmodel", package_zip("a", "en"));
  const UniqueFd other = open_for_reading(own_ / "a.argosmodel");
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  ModelFolder folder = open();
  folder.verify({});
  EXPECT_THAT(content(), ElementsAre("a.argosmodel"));
  EXPECT_TRUE(find(folder, "a.argosmodel").checksum_pending);
}

TEST_F(PackageFolderTest, AStopLeavesTheArchive) {
  write(own_ / "a.argosmodel", package_zip("a", "en"));
  ModelFolder folder = open();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(folder.verify(stop.get_token()), Error);
  EXPECT_THAT(content(), ElementsAre("a.argosmodel"));
}

TEST_F(PackageFolderTest, RemoveDeletesFoldersOfOursOnly) {
  write(own_ / "translate-en_es-1_0/model/model.bin", "en");
  write(remote::part_path(own_ / "translate-en_es-1_0.argosmodel"), "part");
  write(own_ / "broken.argosmodel", "x");
  write(extra_ / "a/model/model.bin", "en");
  std::filesystem::create_directory_symlink(extra_ / "a", own_ / "link");
  ModelFolder folder = open();
  EXPECT_TRUE(folder.remove("translate-en_es"));
  EXPECT_FALSE(folder.remove("translate-en_es"));
  EXPECT_TRUE(folder.remove("broken.argosmodel"));
  EXPECT_TRUE(folder.remove("link"));
  EXPECT_THAT(content(), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(extra_ / "a/model/model.bin")) << "only the link is gone";
  EXPECT_THROW(folder.remove("a"), Error);
  EXPECT_TRUE(std::filesystem::exists(extra_ / "a/model/model.bin"));
}

TEST_F(PackageFolderTest, UnlistedPackagesCanBeRefused) {
  write(own_ / "a/model/model.bin", "en");
  write(own_ / "b/model/model.bin", "en");
  ModelFolder folder = open(/*require_listed=*/true);
  folder.packages().remember("b", {.sha256 = std::string(64, '0'), .origin = PackageOrigin::kListed});
  EXPECT_THAT(find(folder, "a").info.reason, HasSubstr("models.require_listed"));
  EXPECT_FALSE(find(folder, "a").info.usable);
  EXPECT_EQ(find(folder, "b").info.state, ModelState::kInstalled);
  EXPECT_TRUE(find(folder, "b").info.usable);
}

TEST_F(PackageFolderTest, RecordsOutliveGarbage) {
  ModelFolder folder = open();
  const std::string digest(64, 'a');
  folder.packages().remember("a b", {.sha256 = digest, .origin = PackageOrigin::kFirstUse});
  std::ofstream(own_ / ".packages", std::ios::app) << "garbage\n"
                                                   << digest << " nonsense x\n"
                                                   << digest << " first \n\n";
  folder.packages().remember("c", {.sha256 = digest, .origin = PackageOrigin::kByHand});
  ModelFolder other = open();
  ASSERT_TRUE(other.packages().record_of("a b"));
  EXPECT_EQ(other.packages().record_of("a b")->sha256, digest);
  EXPECT_EQ(other.packages().record_of("a b")->origin, PackageOrigin::kFirstUse);
  EXPECT_TRUE(other.packages().record_of("c"));
  EXPECT_FALSE(other.packages().record_of("x"));
}

TEST(SplitPackageName, TakesTheVersionOff) {
  EXPECT_EQ(split_package_name("translate-en_es-1_10").id, "translate-en_es");
  EXPECT_EQ(split_package_name("translate-en_es-1_10").version, "1.10");
  EXPECT_EQ(split_package_name("opus-mt-en-de").id, "opus-mt-en-de");
  EXPECT_EQ(split_package_name("en_es").version, "");
  EXPECT_EQ(split_package_name("-1_0").id, "-1_0");
  EXPECT_EQ(split_package_name("a-").id, "a-");
}

}  // namespace
}  // namespace voxlate::models
