#include "jobs/job_cleaner.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "tests/contract/in_memory_job_store.h"
#include "tests/unit/jobs/fake_clock.h"

namespace voxlate::jobs {
namespace {

class JobCleanerTest : public ::testing::Test {
 protected:
  std::string add_finished() {
    NewJob job;
    job.id = random_id();
    store_.enqueue(job, clock_.now());
    store_.finish(store_.claim_next("server", clock_.now(), std::chrono::seconds(30), {})->lease, {}, clock_.now());
    data_.workspace(job.id).create();
    return job.id;
  }

  bool has_folder(const std::string& id) const {
    return std::filesystem::exists(data_.workspace(id).source().parent_path());
  }

  JobCleaner::Options options() const { return {.interval = std::chrono::hours(1)}; }

  TemporaryFolder folder_;
  DataFolder data_{folder_.path()};
  contract::InMemoryJobStore store_;
  ChangeFeed feed_{1000};
  FakeClock clock_;
};

TEST_F(JobCleanerTest, FinishedJobsGoWithTheirFoldersAfterTheRetentionTime) {
  JobCleaner cleaner(options(), store_, data_, feed_, clock_);
  const std::string old = add_finished();
  clock_.advance(std::chrono::days(7));
  const std::string recent = add_finished();
  EXPECT_EQ(cleaner.clean(), 0);
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(cleaner.clean(), 1);
  EXPECT_FALSE(store_.get(old));
  EXPECT_FALSE(has_folder(old));
  EXPECT_TRUE(store_.get(recent));
  EXPECT_TRUE(has_folder(recent));
  const auto batch = feed_.wait(0, {.job_id = old}, std::chrono::milliseconds(0), {});
  ASSERT_EQ(batch.changes.size(), 1U);
  EXPECT_EQ(batch.changes[0].kind, ChangeKind::kDeleted);
}

TEST_F(JobCleanerTest, OnePassTakesAllHoweverMany) {
  JobCleaner cleaner(options(), store_, data_, feed_, clock_);
  for (int i = 0; i < 130; ++i) add_finished();
  clock_.advance(std::chrono::days(8));
  EXPECT_EQ(cleaner.clean(), 130);
}

TEST_F(JobCleanerTest, AllJobsOfAnOwnerGoWithTheirFoldersAndNoOthers) {
  JobCleaner cleaner(options(), store_, data_, feed_, clock_);
  std::vector<std::string> ids;
  for (int i = 0; i < 103; ++i) {
    NewJob job;
    job.id = random_id();
    job.owner = i < 102 ? "ann" : "bob";
    store_.enqueue(job, clock_.now());
    data_.workspace(job.id).create();
    ids.push_back(job.id);
  }
  EXPECT_EQ(cleaner.remove_owner("ann"), 102);
  EXPECT_FALSE(store_.get(ids.front()));
  EXPECT_FALSE(has_folder(ids.front()));
  EXPECT_TRUE(store_.get(ids.back()));
  EXPECT_TRUE(has_folder(ids.back()));
  EXPECT_EQ(cleaner.remove_owner("ann"), 0);
}

TEST_F(JobCleanerTest, StartSweepsFoldersThatBelongToNoJob) {
  const std::string known = add_finished();
  const std::string stray = random_id();
  data_.workspace(stray).create();
  std::ofstream(data_.uploads() / "half") << "x";
  const JobCleaner cleaner(options(), store_, data_, feed_, clock_);
  EXPECT_TRUE(has_folder(known));
  EXPECT_FALSE(has_folder(stray));
  EXPECT_FALSE(std::filesystem::exists(data_.uploads() / "half"));
}

}  // namespace
}  // namespace voxlate::jobs
