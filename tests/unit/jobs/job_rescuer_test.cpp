#include "jobs/job_rescuer.h"

#include <gtest/gtest.h>

#include "base/ids.h"
#include "tests/contract/in_memory_job_store.h"
#include "tests/unit/jobs/fake_clock.h"

namespace voxlate::jobs {
namespace {

constexpr std::chrono::milliseconds kLease = std::chrono::seconds(30);

class JobRescuerTest : public ::testing::Test {
 protected:
  std::string add_claimed_by(const std::string& owner) {
    NewJob job;
    job.id = random_id();
    store_.enqueue(job, clock_.now());
    store_.claim_next(owner, clock_.now(), kLease, {});
    return job.id;
  }

  JobRescuer::Options options() const {
    return {.owner = "server", .max_crashes = 2, .interval = std::chrono::hours(1)};
  }

  JobState state(const std::string& id) const { return store_.get(id)->state; }

  contract::InMemoryJobStore store_;
  ChangeFeed feed_{100};
  FakeClock clock_;
  int requeued_ = 0;
};

TEST_F(JobRescuerTest, TakesBackJobsOfAnEarlierProcessAtOnce) {
  const std::string orphan = add_claimed_by("earlier");
  const std::string mine = add_claimed_by("server");
  const JobRescuer rescuer(options(), store_, feed_, clock_, [this] { ++requeued_; });
  EXPECT_EQ(state(orphan), JobState::kQueued);
  EXPECT_EQ(state(mine), JobState::kProcessing);
  EXPECT_EQ(requeued_, 1);
  const auto batch = feed_.wait(0, {.job_id = orphan}, std::chrono::milliseconds(0), {});
  EXPECT_EQ(batch.changes.size(), 1U);
}

TEST_F(JobRescuerTest, TakesBackJobsWhoseLeaseRanOut) {
  const std::string id = add_claimed_by("server");
  JobRescuer rescuer(options(), store_, feed_, clock_, [this] { ++requeued_; });
  EXPECT_EQ(rescuer.rescue(), 0);
  clock_.advance(kLease + std::chrono::milliseconds(1));
  EXPECT_EQ(rescuer.rescue(), 1);
  EXPECT_EQ(state(id), JobState::kQueued);
  store_.claim_next("server", clock_.now(), kLease, {});
  clock_.advance(kLease + std::chrono::milliseconds(1));
  rescuer.rescue();
  EXPECT_EQ(state(id), JobState::kFailed) << "after max_crashes";
  EXPECT_EQ(requeued_, 2);
}

}  // namespace
}  // namespace voxlate::jobs
