
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "store/database.h"
#include "tests/contract/opened_job_store.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr TimePoint kStart{milliseconds(1'800'000'000'000)};
constexpr milliseconds kLease = seconds(30);

class SqliteJobStoreTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "voxlate.db"; }
  std::filesystem::path wal() const { return path() += "-wal"; }

  std::unique_ptr<contract::OpenedJobStore> open(std::uint64_t ballast_bytes = 0) const {
    return std::make_unique<contract::OpenedJobStore>(Storage::Options{.path = path(), .ballast_bytes = ballast_bytes});
  }

  static NewJob new_job(const std::string& key = "") {
    NewJob job;
    job.id = random_id();
    job.spec.source_name = "talk.mp4";
    job.idempotency_key = key;
    return job;
  }

  /// The Error of opening the store.
  Error open_error() const {
    try {
      open();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "expected an Error";
    return {ErrorCode::kInternal, ""};
  }

  /// Leaves the files of a killed process: a copy taken while the store is open.
  void copy_while_open(const std::filesystem::path& target) const {
    std::filesystem::copy_file(path(), target);
    std::filesystem::copy_file(wal(), std::filesystem::path(target) += "-wal");
  }

  TemporaryFolder folder_;
};

TEST_F(SqliteJobStoreTest, EverythingSurvivesAReopen) {
  auto store = open();
  const NewJob running = new_job();
  const NewJob keyed = new_job("key");
  store->enqueue(running, kStart);
  const Lease lease = store->claim_next("server", kStart, kLease, {})->lease;
  const Checkpoint window = {.stage = "window", .key = "1", .payload = "{}"};
  ASSERT_TRUE(store->checkpoint(lease, window, kStart));
  store->enqueue(keyed, kStart);
  store.reset();
  EXPECT_FALSE(std::filesystem::exists(wal())) << "a clean end leaves no log";

  store = open();
  EXPECT_THAT(store->ids(), ElementsAre(running.id, keyed.id));
  EXPECT_EQ(store->get(running.id)->state, JobState::kProcessing);
  EXPECT_THAT(store->checkpoints(running.id, "window"), ElementsAre(window));
  EXPECT_TRUE(store->enqueue(keyed, kStart).replayed);
  EXPECT_EQ(store->heartbeat(lease, {}, kStart, kLease), LeaseState::kHeld);
}

TEST_F(SqliteJobStoreTest, FileThatIsNoDatabaseIsReportedAsDamaged) {
  std::ofstream(path()) << std::string(5000, 'x');
  const Error error = open_error();
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("voxlate.db is damaged"));
}

TEST_F(SqliteJobStoreTest, DamageIsFoundAfterAnUncleanEnd) {
  const std::filesystem::path source = path();
  const std::filesystem::path copy = folder_ / "copy.db";
  {
    auto store = open();
    for (int i = 0; i < 50; ++i) store->enqueue(new_job(), kStart);
    store.reset();
    store = open();
    store->enqueue(new_job(), kStart);
    copy_while_open(copy);
  }
  const Storage::Options options = {.path = copy, .ballast_bytes = 0};
  EXPECT_EQ(contract::OpenedJobStore(options).ids().size(), 51U) << "the copy is sound";

  std::filesystem::remove(copy);
  auto store = open();
  store->enqueue(new_job(), kStart);
  copy_while_open(copy);
  std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(std::filesystem::file_size(copy) - 4096, '\x5A');
  file.close();
  try {
    const contract::OpenedJobStore damaged(options);
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("copy.db is damaged"));
  }
}

TEST_F(SqliteJobStoreTest, DatabaseOfANewerVersionIsRefused) {
  open();
  Database(path(), Database::Access::kReadWrite).execute("PRAGMA user_version = 1000");
  EXPECT_EQ(open_error().code(), ErrorCode::kUnsupported);
}

TEST_F(SqliteJobStoreTest, LogStaysSmallWhileMuchIsWritten) {
  auto store = open();
  store->enqueue(new_job(), kStart);
  const Lease lease = store->claim_next("server", kStart, kLease, {})->lease;
  std::string payload(200'000, '\0');  // text that compresses little
  std::ranges::generate(payload, [random = std::minstd_rand()]() mutable {
    return static_cast<char>('!' + std::uniform_int_distribution<int>(0, 90)(random));
  });
  std::uintmax_t largest = 0;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(store->checkpoint(lease, {.stage = "window", .key = std::to_string(i), .payload = payload}, kStart));
    largest = std::max(largest, std::filesystem::file_size(wal()));
  }
  EXPECT_GT(std::filesystem::file_size(path()), 40'000'000U) << "60 MB were written, compressed";
  EXPECT_LT(largest, 10'000'000U);
}

TEST_F(SqliteJobStoreTest, LargeCheckpointsTakeLittleRoom) {
  open().reset();
  const auto empty_bytes = std::filesystem::file_size(path());
  auto store = open();
  store->enqueue(new_job(), kStart);
  const Lease lease = store->claim_next("server", kStart, kLease, {})->lease;
  std::string payload = "[";
  for (int i = 0; payload.size() < 1'000'000; ++i) {
    payload += R"({"word":"subtitle)" + std::to_string(i % 977) + R"(","start":)" + std::to_string(i) + R"(.25},)";
  }
  ASSERT_TRUE(store->checkpoint(lease, {.stage = "window", .key = "1", .payload = payload}, kStart));
  store.reset();
  EXPECT_LT(std::filesystem::file_size(path()), empty_bytes + 200'000U);
}

TEST_F(SqliteJobStoreTest, BallastIsMadeAndKept) {
  constexpr std::uint64_t kBallastBytes = 1 << 20;
  const std::filesystem::path ballast = path() += "-ballast";
  open(kBallastBytes);
  EXPECT_EQ(std::filesystem::file_size(ballast), kBallastBytes);
  std::filesystem::resize_file(ballast, 5);
  open(kBallastBytes);
  EXPECT_EQ(std::filesystem::file_size(ballast), kBallastBytes) << "of a wrong size it is made anew";
}

}  // namespace
}  // namespace voxlate::store
