// A disk that fails to keep what the database wrote; see Note [Failed syncs].

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/durability.h"
#include "base/ids.h"
#include "base/temporary_folder.h"
#include "tests/contract/opened_job_store.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

constexpr TimePoint kStart{std::chrono::milliseconds(1'800'000'000'000)};

/// How many syncs still succeed; the test's thread only.
int syncs_left = 0;
int (*real_sync)(sqlite3_file*, int) = nullptr;
sqlite3_vfs* real_vfs = nullptr;

int sync_or_fail(sqlite3_file* file, int flags) {
  if (syncs_left == 0) return SQLITE_IOERR_FSYNC;
  --syncs_left;
  return real_sync(file, flags);
}

// The database and its log have different methods, but sync in the same way.
int open_with_failing_sync(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods;
  const int result = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (result != SQLITE_OK) return result;
  sqlite3_io_methods& changed = methods.try_emplace(file->pMethods, *file->pMethods).first->second;
  real_sync = file->pMethods->xSync;
  changed.xSync = sync_or_fail;
  file->pMethods = &changed;
  return result;
}

/// SQLite on a disk whose syncs fail once `syncs_left` is used up.
class SyncFailure : public testing::Test {
 protected:
  void SetUp() override {
    syncs_left = 1'000'000;
    real_vfs = sqlite3_vfs_find(nullptr);
    vfs_ = *real_vfs;
    vfs_.zName = "failing";
    vfs_.xOpen = open_with_failing_sync;
    ASSERT_EQ(sqlite3_vfs_register(&vfs_, /*makeDflt=*/1), SQLITE_OK);
  }
  void TearDown() override { sqlite3_vfs_unregister(&vfs_); }

  static NewJob new_job() {
    NewJob job;
    job.id = random_id();
    job.spec.source_name = "a.wav";
    return job;
  }

  static ErrorCode code_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "expected an Error";
    return ErrorCode::kInternal;
  }

  Storage::Options options() {
    return {.path = folder_.path() / "voxlate.db", .ballast_bytes = 0, .durability = &durability_};
  }

  TemporaryFolder folder_;
  Durability durability_;
  sqlite3_vfs vfs_{};
};

TEST_F(SyncFailure, NothingIsAcknowledgedAfterOne) {
  contract::OpenedJobStore store(options());
  const std::string kept = store.enqueue(new_job(), kStart).job.id;
  EXPECT_FALSE(durability_.failed());
  syncs_left = 0;
  EXPECT_EQ(code_of([&] { store.enqueue(new_job(), kStart); }), ErrorCode::kInternal);
  EXPECT_TRUE(durability_.failed());
  syncs_left = 1'000'000;  // as the kernel has it: the next sync succeeds
  EXPECT_EQ(code_of([&] { store.enqueue(new_job(), kStart); }), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of([&] { store.request_cancel(kept, kStart); }), ErrorCode::kUnavailable);
  EXPECT_EQ(store.ids(), std::vector<std::string>{kept}) << "what is there can be read";
}

TEST_F(SyncFailure, EverySyncOfAWriteCounts) {
  for (int good = 0; good < 200; ++good) {
    Durability durability;
    const std::filesystem::path path = folder_.path() / ("voxlate-" + std::to_string(good) + ".db");
    std::vector<std::string> acknowledged;
    {
      syncs_left = 1'000'000;
      contract::OpenedJobStore store({.path = path, .ballast_bytes = 0, .durability = &durability});
      syncs_left = good;
      try {
        // Long names, so that the log is written back meanwhile.
        for (int i = 0; i < 10; ++i) {
          NewJob job = new_job();
          job.spec.source_name = std::string(500'000, 'x');
          acknowledged.push_back(store.enqueue(job, kStart).job.id);
        }
      } catch (const Error& error) {
        EXPECT_TRUE(durability.failed()) << error.what();
      }
      if (acknowledged.size() == 10 && !durability.failed()) return;  // it never needs so many
    }
    syncs_left = 1'000'000;
    const contract::OpenedJobStore again({.path = path, .ballast_bytes = 0});
    const std::vector<std::string> found = again.ids();
    for (const std::string& id : acknowledged)
      EXPECT_NE(std::find(found.begin(), found.end(), id), found.end()) << "lost after " << good << " syncs";
  }
  FAIL() << "expected fewer than 200 syncs";
}

TEST_F(SyncFailure, AStorageKnowsWithoutBeingAsked) {
  contract::OpenedJobStore store({.path = folder_.path() / "voxlate.db", .ballast_bytes = 0});
  syncs_left = 0;
  EXPECT_EQ(code_of([&] { store.enqueue(new_job(), kStart); }), ErrorCode::kInternal);
  syncs_left = 1'000'000;
  EXPECT_EQ(code_of([&] { store.enqueue(new_job(), kStart); }), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace voxlate::store
