#include "models/model_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <semaphore>

#include "base/file.h"
#include "base/hashing.h"
#include "base/temporary_folder.h"
#include "models/fetch_package.h"
#include "remote/part_file.h"
#include "tests/unit/models/file_server.h"
#include "tests/unit/models/package_server.h"
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
    library_.reset();  // it borrows from what follows
    folder_ = std::make_unique<ModelFolder>(
        ModelFolder::Options{.folder = path_.path(),
                             .require_listed = require_listed_,
                             .unpack = {.keep_free_bytes = 0},
                             .known = known_},
        [](const std::filesystem::path&) { return FileFacts{}; }, inspect_package);
    index_ = std::make_unique<PackageIndex>(
        PackageIndex::Options{
            .address = server_.url("index.json"), .cache = path_ / "index.json", .offline = offline, .download = {}},
        tag_of_code, clock_);
    library_ = std::make_unique<ModelLibrary>(
        ModelSource{.base_url = server_.url(), .offline = offline, .download = {.attempts = 1, .keep_free_bytes = 0}},
        *folder_, *index_, loaded_, wanted_);
  }

  static std::optional<FolderFacts> inspect_package(const std::filesystem::path& folder) {
    if (!std::filesystem::exists(folder / "model/model.bin")) return std::nullopt;
    return FolderFacts{.source = "en",
                       .target = "es",
                       .n_languages = 2,
                       .version = {},
                       .quantisation = "int8",
                       .licence = "CC0",
                       .size_bytes = 10,
                       .missing = {}};
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
  SystemClock clock_;
  bool require_listed_ = false;
  std::unique_ptr<ModelFolder> folder_;
  std::unique_ptr<PackageIndex> index_;
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
  EXPECT_FALSE(std::filesystem::exists(remote::part_path(path_ / "ggml-base.bin")));
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
  EXPECT_EQ(code_of([&] { ModelLibrary({.base_url = "http://mirror.example"}, *folder_, *index_, loaded_); }),
            ErrorCode::kInvalidInput);
}

/// The same with an index of one package, in the version and with the content that a test wants.
class PackagesOfLibrary : public ModelLibraryTest {
 protected:
  PackagesOfLibrary() {
    answer_ = [this](const FileRequest& request, const Connection& connection) {
      if (request.target == "/index.json") return send_file(request, connection, index_text(), "");
      send_package(request, connection);
    };
  }

  std::string index_text() const {
    return index_of({{.id = kId, .version = version_, .link = server_.url("package"), .more = more_}});
  }

  std::size_t count_of(const std::string& target) {
    std::size_t count = 0;
    for (const FileRequest& request : server_.requests()) count += request.target == target ? 1 : 0;
    return count;
  }

  /// A new version is published, and the cached index is a day old.
  void publish(const std::string& version) {
    version_ = version;
    const std::filesystem::path cache = path_ / "index.json";
    std::filesystem::last_write_time(cache, std::filesystem::last_write_time(cache) - std::chrono::hours(25));
  }

  static constexpr const char* kId = "translate-en_es";
  std::string version_ = "1.0";
  std::string more_;
  std::string package_ = package_zip("translate-en_es-1_0", std::string(50'000, 'm'));
  std::function<void(const FileRequest&, const Connection&)> send_package = [this](const FileRequest& request,
                                                                                   const Connection& connection) {
    send_file(request, connection, package_, "\"v1\"");
  };
};

TEST_F(PackagesOfLibrary, AreListedOnlyWhenAsked) {
  open();
  for (const ModelInfo& model : library_->list()) EXPECT_NE(model.id, kId);
  EXPECT_EQ(count_of("/index.json"), 0U) << "nobody asked for it";
  const ModelOffer offer = library_->list_offered({});
  EXPECT_THAT(offer.problem, IsEmpty());
  const ModelInfo& package = offer.models.back();
  EXPECT_EQ(package.id, kId);
  EXPECT_EQ(package.state, ModelState::kAvailable);
  EXPECT_EQ(package.source, "en");
  EXPECT_EQ(package.target, "es");
  EXPECT_TRUE(package.listed);
  EXPECT_EQ(package.size_bytes, 0U) << "the index does not tell";
  EXPECT_EQ(library_->look_up(kId, {}).size_bytes, package_.size());
  EXPECT_EQ(library_->list_offered({}).models.back().size_bytes, package_.size()) << "remembered";
  for (const ModelInfo& model : library_->list()) EXPECT_NE(model.id, kId);
}

TEST_F(PackagesOfLibrary, AreFetchedUnpackedAndRecorded) {
  open();
  EXPECT_EQ(library_->start_download("en-es").id, kId);
  await(kId, ModelState::kInstalled);
  const ModelInfo package = find(kId);
  EXPECT_EQ(package.file, "translate-en_es-1_0");
  EXPECT_EQ(package.licence, "CC0");
  EXPECT_EQ(package.sha256, sha256_hex(package_));
  EXPECT_TRUE(package.usable);
  EXPECT_FALSE(std::filesystem::exists(path_ / "translate-en_es-1_0.argosmodel"));
  EXPECT_EQ(library_->start_download(kId).state, ModelState::kInstalled) << "nothing to do";
  library_->remove(kId);
  EXPECT_FALSE(std::filesystem::exists(path_ / "translate-en_es-1_0"));
  EXPECT_EQ(code_of([&] { library_->remove(kId); }), ErrorCode::kNotFound);
}

TEST_F(PackagesOfLibrary, ABrokenOffDownloadIsResumed) {
  send_package = [this](const FileRequest& request, const Connection& connection) {
    if (request.method == "HEAD") return send_file(request, connection, package_, "\"v1\"");
    send_file(request, connection, package_, "\"v1\"", request.range.empty() ? 1000 : std::string::npos);
    if (request.range.empty()) connection.hold();
  };
  open();
  library_->start_download(kId);
  while (find(kId).downloaded_bytes < 1000) std::this_thread::yield();
  library_.reset();
  open();
  EXPECT_EQ(find(kId).downloaded_bytes, 1000U) << "listed, since some of it is here";
  library_->start_download(kId);
  await(kId, ModelState::kInstalled);
  EXPECT_EQ(server_.requests().back().range, "bytes=1000-");
}

TEST_F(PackagesOfLibrary, TheSameVersionHasToComeWithTheSameContentAgain) {
  open();
  library_->start_download(kId);
  await(kId, ModelState::kInstalled);
  library_->remove(kId);
  package_ = package_zip("translate-en_es-1_0", std::string(50'000, 'n'));
  library_->start_download(kId);
  await(kId, ModelState::kAvailable);
  EXPECT_THAT(find(kId).reason, HasSubstr("expected SHA-256"));
  EXPECT_FALSE(std::filesystem::exists(path_ / "translate-en_es-1_0"));
}

TEST_F(PackagesOfLibrary, AListedChecksumHasToBeRight) {
  more_ = R"(, "sha256": ")" + std::string(64, '0') + R"(", "size": )" + std::to_string(package_.size());
  open();
  library_->start_download(kId);
  await(kId, ModelState::kAvailable);
  EXPECT_THAT(find(kId).reason, HasSubstr("expected SHA-256 0000"));
}

TEST_F(PackagesOfLibrary, WithoutAListedChecksumCanBeRefused) {
  require_listed_ = true;
  open();
  EXPECT_EQ(code_of([&] { library_->start_download(kId); }), ErrorCode::kUnsupported);
  more_ = R"(, "sha256": ")" + sha256_hex(package_) + "\"";
  publish("1.0");
  library_->list_offered({});
  library_->start_download(kId);
  await(kId, ModelState::kInstalled);
  EXPECT_TRUE(find(kId).usable);
}

TEST_F(PackagesOfLibrary, ANewerVersionReplacesTheOneThatWasFetched) {
  open();
  library_->start_download(kId);
  await(kId, ModelState::kInstalled);
  publish("1.10");
  library_->list_offered({});
  EXPECT_EQ(find(kId).version, "1.0");
  EXPECT_EQ(find(kId).newer_version, "1.10");
  EXPECT_EQ(library_->start_download(kId).state, ModelState::kDownloading);
  while (find(kId).version != "1.10") std::this_thread::yield();
  await(kId, ModelState::kInstalled);
  EXPECT_THAT(find(kId).newer_version, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(path_ / "translate-en_es-1_0"));
}

TEST_F(PackagesOfLibrary, WhatIsNoPackageLeavesNothing) {
  package_ = zip_of({{.name = "../evil", .content = "x"}});
  open();
  library_->start_download(kId);
  await(kId, ModelState::kAvailable);
  EXPECT_THAT(find(kId).reason, HasSubstr("leads out of its folder"));
  EXPECT_FALSE(std::filesystem::exists(path_ / "translate-en_es-1_0.argosmodel"));
  EXPECT_FALSE(std::filesystem::exists(path_ / "translate-en_es-1_0"));
}

TEST_F(PackagesOfLibrary, AnArchiveDroppedIntoTheFolderIsUnpackedInTheBackground) {
  open();
  write("translate-en_es-1_0.argosmodel", package_);
  const auto is_unpacked = [&] {
    const std::vector<ModelInfo> models = library_->list();
    return std::any_of(models.begin(), models.end(), [](const ModelInfo& model) { return model.id == kId; });
  };
  while (!is_unpacked()) std::this_thread::yield();
  EXPECT_EQ(find(kId).state, ModelState::kUnlisted);
  EXPECT_TRUE(find(kId).usable);
}

TEST_F(PackagesOfLibrary, AnArchiveIsUnpackedThoughNobodyListsTheModels) {
  open();
  const std::filesystem::path archive = path_ / "translate-en_es-1_0.argosmodel";
  write(archive.filename(), package_);
  library_->look_again();
  // The archive goes last.
  while (std::filesystem::exists(archive)) std::this_thread::yield();
  EXPECT_TRUE(std::filesystem::exists(path_ / "translate-en_es-1_0/model/model.bin"));
}

TEST_F(PackagesOfLibrary, AnArchiveThatIsThereAlreadyIsNotFetchedAgain) {
  open();
  library_->list_offered({});
  library_.reset();
  write("translate-en_es-1_0.argosmodel", package_);
  fetch_package(*index_->find(kId), *folder_, {.base_url = server_.url()}, [](std::uint64_t) {}, {});
  EXPECT_EQ(count_of("/package"), 0U);
  EXPECT_TRUE(std::filesystem::exists(path_ / "translate-en_es-1_0/model/model.bin"));
}

TEST_F(PackagesOfLibrary, OfflineAsksNobody) {
  open(/*offline=*/true);
  EXPECT_THAT(library_->list_offered({}).problem, HasSubstr("models.offline"));
  EXPECT_EQ(code_of([&] { library_->start_download(kId); }), ErrorCode::kNotFound);
  open();
  library_->list_offered({});
  open(/*offline=*/true);
  EXPECT_EQ(library_->look_up(kId, {}).size_bytes, 0U);
  EXPECT_EQ(code_of([&] { library_->start_download(kId); }), ErrorCode::kUnsupported);
  EXPECT_EQ(server_.requests().size(), 1U);
}

}  // namespace
}  // namespace voxlate::models
