// What becomes of a cache in files when the files or the disk are not as they should be.

#include "cache/file_cache.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/temporary_folder.h"
#include "tests/unit/cache/movable_clock.h"

namespace voxlate::cache {
namespace {

class FileCacheTest : public testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    cache_.reset();
    cache_ = std::make_unique<FileCache>(options_, clock_);
  }

  std::vector<std::filesystem::path> files() const {
    return {std::filesystem::directory_iterator(options_.folder), std::filesystem::directory_iterator()};
  }
  /// Of the only entry.
  std::filesystem::path file() const {
    EXPECT_EQ(files().size(), 1U);
    return files().front();
  }
  static std::string content(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  /// As a broken disk would: the time stays.
  static void overwrite(const std::filesystem::path& path, const std::string& bytes) {
    const auto time = std::filesystem::last_write_time(path);
    std::ofstream(path, std::ios::binary) << bytes;
    std::filesystem::last_write_time(path, time);
  }

  const TemporaryFolder folder_;
  FileCache::Options options_{.folder = folder_ / "cache" / "results"};
  MovableClock clock_;
  std::unique_ptr<FileCache> cache_;
};

TEST_F(FileCacheTest, SurvivesARestart) {
  cache_->put("a", "1");
  cache_->put("b", std::string(10'000, 'x'));
  cache_->put("short", "2", std::chrono::seconds(10));
  const CacheStats before = cache_->stats();
  open();
  EXPECT_EQ(cache_->stats().entries, before.entries);
  EXPECT_EQ(cache_->stats().bytes, before.bytes);
  EXPECT_EQ(cache_->get("a"), "1");
  EXPECT_EQ(cache_->get("b"), std::string(10'000, 'x'));
  clock_.advance(std::chrono::seconds(10));
  EXPECT_EQ(cache_->get("short"), std::nullopt);
  open();
  EXPECT_EQ(cache_->stats().entries, 2U);
  clock_.advance(std::chrono::hours(2));
  open();
  EXPECT_EQ(cache_->stats().entries, 0U);
  EXPECT_TRUE(files().empty());
}

TEST_F(FileCacheTest, AStartKeepsToSmallerLimits) {
  for (int i = 0; i < 10; ++i) {
    cache_->put(std::to_string(i), "x");
    clock_.advance(std::chrono::milliseconds(10));
  }
  options_.max_bytes = 3 * FileCache::kBlockBytes;
  open();
  EXPECT_EQ(cache_->stats().entries, 3U);
  EXPECT_EQ(files().size(), 3U);
  EXPECT_EQ(cache_->get("9"), "x") << "the latest stay";
  EXPECT_EQ(cache_->get("0"), std::nullopt);
}

TEST_F(FileCacheTest, EveryDamageIsAMissAndTheFileGoes) {
  cache_->put("key", "one two three");
  const std::string whole = content(file());
  cache_->erase("key");
  std::uint64_t errors = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    for (const std::string& bytes : {damaged, whole.substr(0, i)}) {
      cache_->put("key", "one two three");
      overwrite(file(), bytes);
      EXPECT_EQ(cache_->get("key"), std::nullopt) << "byte " << i;
      EXPECT_EQ(cache_->stats().errors, ++errors);
      EXPECT_EQ(cache_->stats().entries, 0U);
      EXPECT_TRUE(files().empty());
    }
  }
}

TEST_F(FileCacheTest, AFileOfAnotherKeyUnderTheNameIsAMiss) {
  cache_->put("one", "1");
  const std::string of_one = content(file());
  cache_->erase("one");
  cache_->put("two", "2");
  overwrite(file(), of_one);
  EXPECT_EQ(cache_->get("two"), std::nullopt);
}

TEST_F(FileCacheTest, ForeignThingsInTheFolderDoNotHarm) {
  std::ofstream(options_.folder / "README") << "not ours";
  std::ofstream(options_.folder / ".tmp-7") << "left by a kill";
  std::filesystem::create_directory(options_.folder / std::string(32, 'a'));
  std::ofstream(options_.folder / std::string(32, 'b')) << "foreign";
  std::filesystem::create_symlink("/etc/hostname", options_.folder / std::string(32, 'c'));
  open();
  EXPECT_FALSE(std::filesystem::exists(options_.folder / ".tmp-7"));
  EXPECT_TRUE(std::filesystem::exists(options_.folder / "README"));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(options_.folder / std::string(32, 'c'))));
  EXPECT_EQ(cache_->get("key"), std::nullopt);
  cache_->put("key", "value");
  EXPECT_EQ(cache_->get("key"), "value");
  cache_->clear();
  EXPECT_TRUE(std::filesystem::exists(options_.folder / "README"));
}

TEST_F(FileCacheTest, AFileThatSomebodyDeletedIsAMiss) {
  cache_->put("key", "value");
  std::filesystem::remove(file());
  EXPECT_EQ(cache_->get("key"), std::nullopt);
  EXPECT_EQ(cache_->stats().entries, 0U);
}

TEST_F(FileCacheTest, ClearAndEraseLeaveNothingOnTheDisk) {
  for (const char* key : {"a", "b", "c"}) cache_->put(key, "first");
  for (const char* key : {"a", "b", "c"}) cache_->put(key, "second");
  EXPECT_GE(files().size(), 3U);
  cache_->erase("a");
  cache_->clear();
  EXPECT_TRUE(files().empty());
  options_.max_bytes = FileCache::kBlockBytes;
  open();
  for (const char* key : {"a", "b", "c"}) cache_->put(key, "first");
  EXPECT_EQ(cache_->stats().evictions, 2U);
  cache_->clear();
  EXPECT_TRUE(files().empty());
}

TEST_F(FileCacheTest, FilesAreNotMoreThanNeeded) {
  options_.max_entries = 5;
  open();
  for (int i = 0; i < 500; ++i) cache_->put(std::to_string(i), std::string(static_cast<std::size_t>(i * 20), 'x'));
  EXPECT_EQ(cache_->stats().entries, 5U);
  EXPECT_LE(files().size(), 5U + 16U);
  for (int i = 495; i < 500; ++i)
    EXPECT_EQ(cache_->get(std::to_string(i)), std::string(static_cast<std::size_t>(i * 20), 'x'));
}

TEST_F(FileCacheTest, NothingIsStoredOnADiskThatIsNearlyFull) {
  options_.min_free_bytes = std::uint64_t{1} << 60U;
  open();
  cache_->put("a", "1");
  EXPECT_EQ(cache_->get("a"), std::nullopt);
  EXPECT_EQ(cache_->stats().errors, 1U);
  EXPECT_EQ(cache_->stats().stored, 0U);
  EXPECT_TRUE(files().empty());
}

TEST_F(FileCacheTest, AFolderThatCannotBeUsedKeepsNothing) {
  std::ofstream(folder_ / "file") << "x";
  options_.folder = folder_ / "file" / "results";
  open();
  cache_->put("a", "1");
  EXPECT_EQ(cache_->get("a"), std::nullopt);
  EXPECT_EQ(cache_->stats().errors, 1U);
  EXPECT_EQ(cache_->clear(), 0U);
  cache_->erase("a");
  cache_->remove_expired();
}

constexpr int kNoMount = 77;

/// In a process of its own, on a disk of 1 MiB that only it sees; 0 when all is well.
int fill_a_small_disk(const std::filesystem::path& folder) {
  const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
  const std::string group = "0 " + std::to_string(::getegid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kNoMount;
  std::ofstream("/proc/self/uid_map") << user;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/gid_map") << group;
  if (::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") != 0) return kNoMount;
  const MovableClock clock;
  FileCache cache({.folder = folder / "results", .compression = false}, clock);
  const std::string value(100'000, 'x');
  for (int i = 0; i < 30; ++i) cache.put("raw" + std::to_string(i), value + std::to_string(i));
  for (int i = 0; i < 300; ++i) cache.put(std::to_string(i), std::string(3000, static_cast<char>(i)));
  const CacheStats full = cache.stats();
  if (full.errors == 0 || full.entries == 0 || full.entries + full.errors != 330) return 1;
  for (const auto& file : std::filesystem::directory_iterator(folder / "results")) {
    if (file.path().filename().string().starts_with(".")) return 2;
  }
  if (cache.get("raw0") != value + "0") return 3;
  if (cache.clear() != full.bytes) return 4;
  cache.put("a", "1");
  return cache.get("a") == "1" ? 0 : 5;
}

TEST_F(FileCacheTest, AFullDiskStopsStoringAndNothingElse) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(fill_a_small_disk(folder_.path()));
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoMount) GTEST_SKIP() << "this process may not mount a small disk";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace voxlate::cache
