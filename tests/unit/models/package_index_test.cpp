#include "models/package_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"
#include "tests/unit/models/file_server.h"
#include "tests/unit/models/package_server.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kAddress = "https://index.example/index.json";

std::vector<std::string> ids_of(const std::vector<TranslationPackage>& packages) {
  std::vector<std::string> ids;
  for (const TranslationPackage& package : packages) ids.push_back(package.folder());
  return ids;
}

std::vector<std::string> parsed(const std::string& json) {
  return ids_of(parse_package_index(json, kAddress, tag_of_code));
}

TEST(ParsePackageIndex, ReadsArgosEntriesByPair) {
  const auto packages = parse_package_index(R"([
      {"package_version": "1.9", "argos_version": "1.9", "from_code": "en", "from_name": "English", "to_code": "zt",
       "to_name": "Chinese, traditional", "code": "translate-en_zt", "type": "translate", "dependencies": [],
       "links": ["https://argos-net.com/v1/translate-en_zt-1_9.argosmodel", "ipfs://x", "http://plain.example/x"]},
      {"package_version": "1.0", "from_code": "ar", "to_code": "en", "code": "translate-ar_en", "type": "translate",
       "links": ["https://argos-net.com/a"], "size": 123, "sha256": ")" +
                                                std::string(64, 'A') + R"(", "license": "CC-BY-NC 4.0"}])",
                                            kAddress, tag_of_code);
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[0].id, "translate-ar_en");
  EXPECT_EQ(packages[0].size_bytes, 123U);
  EXPECT_EQ(packages[0].sha256, std::string(64, 'a'));
  EXPECT_EQ(packages[0].licence, "CC-BY-NC 4.0");
  EXPECT_TRUE(packages[0].non_commercial);
  EXPECT_EQ(packages[1].folder(), "translate-en_zt-1_9");
  EXPECT_EQ(packages[1].target_tag, "zh-Hant");
  EXPECT_THAT(packages[1].links, ElementsAre("https://argos-net.com/v1/translate-en_zt-1_9.argosmodel"));
  EXPECT_EQ(packages[1].size_bytes, 0U);
  EXPECT_FALSE(packages[1].non_commercial);
}

TEST(ParsePackageIndex, TheNewestVersionOfAPairCounts) {
  const auto entry = [](const std::string& version) {
    return R"({"package_version": ")" + version + R"(", "from_code": "en", "to_code": "es", "links": ["https://a/b"]})";
  };
  EXPECT_THAT(parsed("[" + entry("1.9") + "," + entry("1.10") + "," + entry("1.2") + "]"),
              ElementsAre("translate-en_es-1_10"));
}

TEST(ParsePackageIndex, SkipsWhatItCannotUse) {
  const std::string links = R"(, "links": ["https://a/b"]})";
  const std::string pair = R"("from_code": "en", "to_code": "es")";
  for (const std::string& entry :
       {R"({"type": "sbd", "package_version": "1", )" + pair + links,
        R"({"package_version": "1/../..", )" + pair + links,
        R"({"package_version": "1", "code": "../evil", )" + pair + links,
        R"({"package_version": "1", "code": "-rf", )" + pair + links,
        R"({"package_version": "1", "from_code": "en", "to_code": "../es")" + links,
        R"({"package_version": 1, )" + pair + links, R"({"package_version": "1", )" + pair + R"(, "links": []})",
        R"({"package_version": "1", )" + pair +
            R"(, "links": ["file:///etc/passwd", "ftp://a/b", "http://127.0.0.1/x", 7]})",
        std::string("null"), std::string("[]"), std::string("\"text\"")}) {
    EXPECT_THAT(parsed("[" + entry + "]"), IsEmpty()) << entry;
  }
}

TEST(ParsePackageIndex, RefusesWhatIsNoIndex) {
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("<html>"), std::string("[1, 2"), std::string(1'000'000, '[')}) {
    EXPECT_THROW(parsed(text), Error) << text.substr(0, 20);
  }
  std::string many = "[0";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  EXPECT_THROW(parsed(many + "]"), Error);
}

TEST(IsOlderVersion, ComparesNumbers) {
  EXPECT_TRUE(is_older_version("1.9", "1.10"));
  EXPECT_FALSE(is_older_version("1.10", "1.9"));
  EXPECT_TRUE(is_older_version("1", "1.1"));
  EXPECT_FALSE(is_older_version("1.0", "1"));
  EXPECT_TRUE(is_older_version("", "0.1"));
}

class PackageIndexTest : public ::testing::Test {
 protected:
  PackageIndex open(bool offline = false, const std::string& path = "index.json") {
    return PackageIndex({.address = server_.url(path), .cache = cache_, .offline = offline}, tag_of_code, clock_);
  }

  /// The cache as if it had been written so long ago.
  void age(std::chrono::hours by) const {
    std::filesystem::last_write_time(cache_, std::filesystem::last_write_time(cache_) - by);
  }

  TemporaryFolder folder_;
  const std::filesystem::path cache_ = folder_ / "models/index.json";
  SystemClock clock_;
  std::string answer_ = index_of({{.id = "translate-en_es", .link = "https://a/b"}});
  std::string status_ = "200 OK";
  FileServer server_{[this](const FileRequest&, const Connection& connection) {
    connection.send(answer_head(status_, answer_.size()) + answer_);
  }};
};

TEST_F(PackageIndexTest, IsFetchedWhenAskedForAndKeptForADay) {
  PackageIndex index = open();
  EXPECT_THAT(*index.cached(), IsEmpty());
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(index.refresh({}), "");
  EXPECT_THAT(ids_of(*index.cached()), ElementsAre("translate-en_es-1_0"));
  EXPECT_EQ(index.refresh({}), "");
  PackageIndex later = open();
  EXPECT_EQ(later.refresh({}), "");
  EXPECT_EQ(server_.requests().size(), 1U) << "what is on the disk is young enough";
  age(std::chrono::hours(25));
  answer_ = index_of({{.id = "translate-en_fr", .to = "fr", .link = "https://a/b"}});
  EXPECT_EQ(index.refresh({}), "");
  EXPECT_THAT(ids_of(*index.cached()), ElementsAre("translate-en_fr-1_0"));
  EXPECT_THAT(ids_of(*later.cached()), ElementsAre("translate-en_fr-1_0")) << "another process sees it";
}

TEST_F(PackageIndexTest, AFailureLeavesWhatIsCachedAndIsNotRepeatedAtOnce) {
  PackageIndex index = open();
  index.refresh({});
  age(std::chrono::hours(25));
  status_ = "500 Internal Server Error";
  EXPECT_THAT(index.refresh({}), HasSubstr("500"));
  EXPECT_THAT(index.refresh({}), HasSubstr("500"));
  EXPECT_EQ(server_.requests().size(), 2U);
  EXPECT_THAT(ids_of(*index.cached()), ElementsAre("translate-en_es-1_0"));
}

TEST_F(PackageIndexTest, GarbageDoesNotReplaceTheCache) {
  PackageIndex index = open();
  index.refresh({});
  age(std::chrono::hours(25));
  for (const char* garbage : {"<html>log in</html>", "[]", "{}"}) {
    answer_ = garbage;
    PackageIndex fresh = open();
    EXPECT_THAT(fresh.refresh({}), HasSubstr("expected")) << garbage;
    EXPECT_THAT(ids_of(*fresh.cached()), ElementsAre("translate-en_es-1_0"));
  }
  answer_ = std::string((4 << 20) + 1, ' ');
  PackageIndex fresh = open();
  EXPECT_THAT(fresh.refresh({}), HasSubstr("expected at most"));
}

TEST_F(PackageIndexTest, OfAnotherAddressIsNotTaken) {
  PackageIndex index = open();
  index.refresh({});
  PackageIndex other = open(/*offline=*/false, "other.json");
  EXPECT_THAT(*other.cached(), IsEmpty());
  EXPECT_EQ(other.refresh({}), "");
  EXPECT_EQ(server_.requests().back().target, "/other.json");
}

TEST_F(PackageIndexTest, OfflineOnlyTheCacheCounts) {
  PackageIndex offline = open(/*offline=*/true);
  EXPECT_THAT(offline.refresh({}), HasSubstr("models.offline"));
  EXPECT_TRUE(server_.requests().empty());
  open().refresh({});
  age(std::chrono::hours(1000));
  EXPECT_EQ(offline.refresh({}), "");
  EXPECT_THAT(ids_of(*offline.cached()), ElementsAre("translate-en_es-1_0"));
}

TEST_F(PackageIndexTest, ABrokenCacheIsNone) {
  std::filesystem::create_directories(cache_.parent_path());
  for (const std::string& broken : {std::string("garbage"), std::string("{}"), std::string(1 << 20, '['),
                                    R"({"address": ")" + server_.url("index.json") + R"("})"}) {
    std::ofstream(cache_) << broken;
    PackageIndex index = open();
    EXPECT_THAT(*index.cached(), IsEmpty());
    EXPECT_EQ(index.refresh({}), "");
    EXPECT_THAT(ids_of(*index.cached()), ElementsAre("translate-en_es-1_0"));
  }
}

TEST_F(PackageIndexTest, FindsByIdFolderAndPair) {
  answer_ = index_of({{.id = "translate-en_zt", .to = "zt", .link = "https://a/b"},
                      {.id = "translate-en_pb", .to = "pb", .link = "https://a/b"}});
  PackageIndex index = open();
  index.refresh({});
  for (const char* name : {"translate-en_zt", "translate-en_zt-1_0", "en-zt", "en_zt", "en-zh-Hant"}) {
    ASSERT_TRUE(index.find(name)) << name;
    EXPECT_EQ(index.find(name)->id, "translate-en_zt");
  }
  EXPECT_EQ(index.find("en-pt-BR")->id, "translate-en_pb");
  for (const char* name : {"", "en", "zt-en", "translate-en_zt-2_0"}) EXPECT_FALSE(index.find(name)) << name;
}

TEST_F(PackageIndexTest, AsksForASizeOnce) {
  std::string head;
  FileServer files([&](const FileRequest& request, const Connection& connection) {
    head = request.method;
    connection.send(answer_head("200 OK", 4321));
  });
  answer_ = index_of({{.id = "translate-en_es", .link = files.url("gone")}});
  PackageIndex index = open();
  index.refresh({});
  EXPECT_EQ(index.with_size(*index.find("en-es"), {}).size_bytes, 4321U);
  EXPECT_EQ(head, "HEAD");
  EXPECT_EQ(index.with_size(*index.find("en-es"), {}).size_bytes, 4321U);
  EXPECT_EQ(files.requests().size(), 1U);
}

TEST_F(PackageIndexTest, AsksForTheFirstByteWhereTheSizeIsNotTold) {
  FileServer files([&](const FileRequest& request, const Connection& connection) {
    if (request.method == "HEAD") return connection.send(answer_head("405 Method Not Allowed", 0));
    EXPECT_EQ(request.range, "bytes=0-0");
    connection.send(answer_head("206 Partial Content", 1, "Content-Range: bytes 0-0/777\r\n") + "x");
  });
  EXPECT_EQ(look_up_size(files.url("x"), {}, {}), 777U);
  FileServer absent(
      [&](const FileRequest&, const Connection& connection) { connection.send(answer_head("404 Not Found", 0)); });
  EXPECT_THROW(look_up_size(absent.url("x"), {}, {}), Error);
}

TEST_F(PackageIndexTest, AddressesHaveToBeEncrypted) {
  EXPECT_THROW(PackageIndex({.address = "http://mirror.example/index.json", .cache = cache_}, tag_of_code, clock_),
               Error);
}

}  // namespace
}  // namespace voxlate::models
