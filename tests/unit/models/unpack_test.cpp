#include "models/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "tests/unit/models/zip_writer.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using ::testing::HasSubstr;

std::string noise(std::size_t count) {
  std::mt19937 random(7);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class Unpack : public ::testing::Test {
 protected:
  void run(std::string_view zip) {
    std::ofstream(archive_, std::ios::binary) << zip;
    unpack(archive_, target_, options_, stop_.get_token());
  }

  /// The failure; whatever it is, nothing may be left.
  Error failure(std::string_view zip) {
    try {
      run(zip);
    } catch (const Error& error) {
      EXPECT_FALSE(std::filesystem::exists(target_)) << error.what();
      EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1) << "only the archive";
      return error;
    }
    ADD_FAILURE() << "no error";
    std::filesystem::remove_all(target_);
    return {ErrorCode::kInternal, "no error"};
  }

  void expect_failure(const std::vector<ZipItem>& items, ErrorCode code, const std::string& text) {
    const Error error = failure(zip_of(items));
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(text));
  }

  std::string content(const std::string& name) const { return read_file(target_ / name, 1 << 30); }

  TemporaryFolder folder_;
  const std::filesystem::path archive_ = folder_ / "package.zip";
  const std::filesystem::path target_ = folder_ / "package";
  UnpackOptions options_{.keep_free_bytes = 0};
  std::stop_source stop_;
};

TEST_F(Unpack, WritesFilesAndFolders) {
  const std::string model = noise(300'000);
  run(zip_of({{.name = "top/", .mode = 040755},
              {.name = "top/metadata.json", .content = "{}"},
              {.name = "top/model/model.bin", .content = model},
              {.name = "top/model/stored.txt", .content = "as it is", .deflate = false},
              {.name = "top/ไทย", .content = std::string(5'000, 'a')},
              {.name = "top/empty"}}));
  EXPECT_EQ(content("top/metadata.json"), "{}");
  EXPECT_EQ(content("top/model/model.bin"), model);
  EXPECT_EQ(content("top/model/stored.txt"), "as it is");
  EXPECT_EQ(content("top/ไทย"), std::string(5'000, 'a'));
  EXPECT_EQ(content("top/empty"), "");
}

TEST_F(Unpack, LeavesOutWhatIsNotWanted) {
  options_.is_wanted = [](std::string_view name) { return name.find("/stanza/") == std::string_view::npos; };
  run(zip_of({{.name = "top/stanza/pickle.pt", .content = "x"},
              {.name = "top/stanza/link", .mode = 0120777},
              {.name = "top/README.md", .content = "y"}}));
  EXPECT_FALSE(std::filesystem::exists(target_ / "top/stanza"));
  EXPECT_EQ(content("top/README.md"), "y");
}

TEST_F(Unpack, NamesNeverLeaveTheFolder) {
  for (const char* name : {"../evil", "top/../../evil", "/etc/evil", "//evil", "top//evil", "./evil", "top/./evil",
                           "..", "top/..", "/", "", "..\\evil", "top\\evil", "line\nbreak", "bell\a", "\xC3("}) {
    const Error error = failure(zip_of({{.name = "good", .content = "x"}, {.name = name, .content = "y"}}));
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << name;
    EXPECT_THAT(error.what(), HasSubstr("its name")) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path().parent_path() / "evil"));
}

TEST_F(Unpack, EvenWhatIsLeftOutHasToHaveASoundName) {
  options_.is_wanted = [](std::string_view) { return false; };
  expect_failure({{.name = "../evil"}}, ErrorCode::kCorrupt, "\"../evil\" in the package");
}

TEST_F(Unpack, AMessageIsOneShortLine) {
  const Error error = failure(zip_of({{.name = "a\nb\x1b[31m" + std::string(3000, 'c')}}));
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  EXPECT_LT(std::string(error.what()).size(), 300U);
  EXPECT_THAT(error.what(), HasSubstr("a?b?[31mccc"));
}

TEST_F(Unpack, LinksDevicesAndTwinsAreRefused) {
  expect_failure({{.name = "link", .content = "/etc/passwd", .mode = 0120777}}, ErrorCode::kCorrupt, "\"link\"");
  expect_failure({{.name = "pipe", .mode = 0010644}}, ErrorCode::kCorrupt, "a link or device");
  expect_failure({{.name = "disk", .mode = 0060644}}, ErrorCode::kCorrupt, "a link or device");
  expect_failure({{.name = "a", .content = "1"}, {.name = "a", .content = "2"}}, ErrorCode::kCorrupt, "got it twice");
  expect_failure({{.name = "a", .content = "1"}, {.name = "a/"}}, ErrorCode::kCorrupt, "got it twice");
  expect_failure({{.name = "a", .content = "1"}, {.name = "a/b", .content = "2"}}, ErrorCode::kCorrupt, "\"a/b\"");
  expect_failure({{.name = "a/b", .content = "1"}, {.name = "a", .content = "2"}}, ErrorCode::kCorrupt, "a folder too");
}

TEST_F(Unpack, OtherCompressionAndEncryptionAreRefused) {
  expect_failure({{.name = "lzma", .content = "x", .method = 14}}, ErrorCode::kUnsupported, "stored or deflated");
  expect_failure({{.name = "bzip2", .content = "x", .method = 12}}, ErrorCode::kUnsupported, "stored or deflated");
  expect_failure({{.name = "secret", .content = "x", .flags = 1}}, ErrorCode::kUnsupported, "not encrypted");
}

TEST_F(Unpack, SizesAreLimited) {
  options_.max_file_bytes = 1000;
  options_.max_total_bytes = 1500;
  options_.max_entries = 3;
  options_.max_depth = 2;
  expect_failure({{.name = "a", .content = std::string(1001, 'a')}}, ErrorCode::kTooLarge,
                 "at most 1000 bytes, got 1001");
  expect_failure({{.name = "a", .content = std::string(900, 'a')}, {.name = "b", .content = std::string(900, 'a')}},
                 ErrorCode::kTooLarge, "at most 1500 bytes, got 1800");
  expect_failure({{.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}}, ErrorCode::kTooLarge, "3 entries");
  expect_failure({{.name = "a/b/c"}}, ErrorCode::kTooLarge, "2 folders deep, got 3");
}

TEST_F(Unpack, ABombIsNotUnpacked) {
  const std::string zeros(64 << 20, '\0');
  expect_failure({{.name = "bomb", .content = zeros}}, ErrorCode::kTooLarge, "unpacks to at most");
  std::vector<ZipItem> many;
  for (int i = 0; i < 200; ++i) {
    many.push_back({.name = std::to_string(i), .content = "x", .claimed_size = 1U << 31U});
  }
  expect_failure(many, ErrorCode::kTooLarge, "unpacks to at most");
}

TEST_F(Unpack, AnEntryThatLiesAboutItsSizeIsCutOff) {
  const std::string zeros(8 << 20, '\0');
  expect_failure({{.name = "more", .content = zeros, .claimed_size = 10}}, ErrorCode::kCorrupt, "\"more\"");
  expect_failure({{.name = "less", .content = "0123456789", .claimed_size = 11}}, ErrorCode::kCorrupt, "\"less\"");
  expect_failure({{.name = "other", .content = "0123456789", .claimed_crc = 1}}, ErrorCode::kCorrupt, "\"other\"");
}

TEST_F(Unpack, ADirectoryThatClaimsTooMuchTakesNoMemory) {
  std::string zip = zip_of({{.name = "a", .content = "x"}});
  for (const std::size_t field : {10U, 12U}) {  // entries, bytes
    std::string lying = zip;
    lying.replace(lying.size() - 22 + field, 2, "\xFF\xFF");
    if (field == 12) lying.replace(lying.size() - 22 + field + 2, 2, "\xFF\xFF");
    EXPECT_EQ(failure(lying).code(), ErrorCode::kTooLarge);
  }
  // The same through the 64-bit end, which claims 2^40 entries.
  const std::string end = zip.substr(zip.size() - 22);
  std::string end64 = "PK\6\6";
  for (const auto& [value, bytes] : {std::pair<std::uint64_t, int>{44, 8},
                                     {45, 2},
                                     {45, 2},
                                     {0, 4},
                                     {0, 4},
                                     {std::uint64_t{1} << 40U, 8},
                                     {std::uint64_t{1} << 40U, 8},
                                     {47, 8},
                                     {0, 8}}) {
    for (int i = 0; i < bytes; ++i) end64 += static_cast<char>(value >> (8 * i) & 0xFFU);
  }
  std::string locator = "PK\6\7";
  zip_writing::put(locator, 0, 4);
  zip_writing::put(locator, static_cast<std::uint32_t>(zip.size() - 22), 4);
  zip_writing::put(locator, 0, 4);
  zip_writing::put(locator, 1, 4);
  EXPECT_EQ(failure(zip.substr(0, zip.size() - 22) + end64 + locator + end).code(), ErrorCode::kTooLarge);
  EXPECT_EQ(failure(zip + end).code(), ErrorCode::kCorrupt) << "two ends";
}

TEST_F(Unpack, ACutArchiveIsRefusedWhereverItIsCut) {
  const std::string zip =
      zip_of({{.name = "top/metadata.json", .content = "{}"}, {.name = "top/model.bin", .content = noise(200'000)}});
  for (std::size_t size = 0; size < zip.size(); size += 4096) {
    const Error error = failure(std::string_view(zip).substr(0, size));
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << size;
    EXPECT_THAT(error.what(), HasSubstr("not a whole zip file")) << size;
  }
}

TEST_F(Unpack, NothingOfADamagedArchiveIsLeft) {
  std::string zip = zip_of({{.name = "good", .content = "x"}, {.name = "model.bin", .content = noise(200'000)}});
  zip[100'000] ^= 1;
  EXPECT_THAT(failure(zip).what(), HasSubstr("\"model.bin\""));
}

TEST_F(Unpack, AFullDiskIsSaidBeforehand) {
  options_.keep_free_bytes = std::uint64_t{1} << 60U;
  expect_failure({{.name = "a", .content = "x"}}, ErrorCode::kStorageFull, "MiB of free disk space");
}

TEST_F(Unpack, AStopLeavesNothing) {
  stop_.request_stop();
  expect_failure({{.name = "a", .content = "x"}}, ErrorCode::kCancelled, "stopped");
}

TEST_F(Unpack, AFolderThatIsThereIsNotTouched) {
  std::filesystem::create_directory(target_);
  std::ofstream(target_ / "mine") << "x";
  EXPECT_THROW(run(zip_of({{.name = "a", .content = "x"}})), Error);
  EXPECT_EQ(content("mine"), "x");
}

}  // namespace
}  // namespace voxlate::models
