#include "http/awaited_jobs.h"

#include <gtest/gtest.h>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "store/sqlite_upload_store.h"
#include "store/sqlite_webhook_store.h"
#include "tests/contract/in_memory_job_store.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using std::chrono::milliseconds;

class AwaitedJobsTest : public testing::Test {
 protected:
  std::string enqueue() {
    ++enqueued_;
    NewJob job;
    job.id = random_id();
    job.spec.origin = "openai";
    store_.enqueue(job, clock_.now());
    data_.workspace(job.id).create();
    return job.id;
  }

  std::shared_ptr<AwaitedJobs::Interest> submit(AwaitedJobs& jobs, const std::string& key = "key") {
    return jobs.submit(key, [this] { return enqueue(); });
  }

  void finish() {
    const auto claimed = store_.claim_next("test", clock_.now(), std::chrono::minutes(1), {});
    ASSERT_TRUE(claimed);
    store_.finish(claimed->lease, {}, clock_.now());
    feed_.publish(ChangeKind::kJob, claimed->job.id, "");
  }

  JobState state(const std::string& id) { return store_.get(id)->state; }

  static bool never() { return false; }

  /// Waits for the change; fails the test after a while.
  void expect_deleted(const std::string& id) {
    std::uint64_t after = 0;
    for (int i = 0; i < 100 && store_.get(id); ++i)
      after = feed_.wait(after, {.job_id = id}, milliseconds(100), {}).next;
    EXPECT_FALSE(store_.get(id));
  }

  TemporaryFolder folder_;
  DataFolder data_{folder_.path() / "data"};
  contract::InMemoryJobStore store_;
  ChangeFeed feed_{1000};
  FakeModelStore models_;
  store::Storage storage_{{.path = data_.database(), .ballast_bytes = 0}};
  store::SqliteWebhookStore webhooks_{storage_};
  store::SqliteUploadStore uploads_{storage_};
  FixedClock clock_;
  FakePerformance performance_;
  Services services_{.data = data_,
                     .store = store_,
                     .uploads = uploads_,
                     .feed = feed_,
                     .models = models_,
                     .webhooks = webhooks_,
                     .clock = clock_,
                     .performance = performance_,
                     .capabilities = {},
                     .probe = {},
                     .complete_spec = {},
                     .status = {},
                     .transcript = {},
                     .wake_workers = [] {}};
  int enqueued_ = 0;
};

TEST_F(AwaitedJobsTest, EqualRequestsShareAJob) {
  AwaitedJobs jobs({}, services_);
  const auto first = submit(jobs);
  const auto second = submit(jobs);
  const auto other = submit(jobs, "other");
  EXPECT_EQ(first->job_id(), second->job_id());
  EXPECT_NE(first->job_id(), other->job_id());
  EXPECT_EQ(enqueued_, 2);
}

TEST_F(AwaitedJobsTest, AJobIsCancelledWhenTheLastClientLeaves) {
  AwaitedJobs jobs({}, services_);
  auto first = submit(jobs);
  auto second = submit(jobs);
  const std::string id = first->job_id();
  first.reset();
  EXPECT_EQ(state(id), JobState::kQueued);
  second.reset();
  EXPECT_EQ(state(id), JobState::kCancelled);
}

TEST_F(AwaitedJobsTest, ARepeatedRequestGoesOnWithTheCancelledJob) {
  AwaitedJobs jobs({}, services_);
  const std::string id = submit(jobs)->job_id();
  ASSERT_EQ(state(id), JobState::kCancelled);
  const auto again = submit(jobs);
  EXPECT_EQ(again->job_id(), id);
  bool asked = false;
  const auto job = again->wait([&] {
    if (!std::exchange(asked, true)) finish();
    return false;
  });
  ASSERT_TRUE(job);
  EXPECT_EQ(job->state, JobState::kCompleted);
  EXPECT_EQ(enqueued_, 1);
}

TEST_F(AwaitedJobsTest, AJobThatAPersonCancelledStaysSo) {
  AwaitedJobs jobs({}, services_);
  const auto waiting = submit(jobs);
  store_.request_cancel(waiting->job_id(), clock_.now());
  const auto job = waiting->wait(never);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->state, JobState::kCancelled);
}

TEST_F(AwaitedJobsTest, AFailedJobIsNotShared) {
  AwaitedJobs jobs({}, services_);
  auto waiting = submit(jobs);
  const std::string id = waiting->job_id();
  const auto claimed = store_.claim_next("test", clock_.now(), std::chrono::minutes(1), {});
  store_.fail(claimed->lease, {.code = ErrorCode::kCorrupt, .message = "no"}, std::nullopt, clock_.now());
  EXPECT_EQ(waiting->wait(never)->state, JobState::kFailed);
  waiting.reset();
  EXPECT_NE(submit(jobs)->job_id(), id);
  EXPECT_FALSE(store_.get(id));
}

TEST_F(AwaitedJobsTest, NothingIsWaitedForAfterTheClientGaveUp) {
  AwaitedJobs jobs({}, services_);
  const auto waiting = submit(jobs);
  EXPECT_FALSE(waiting->wait([] { return true; }));
}

TEST_F(AwaitedJobsTest, ADeletedJobIsToldToThoseWhoWait) {
  AwaitedJobs jobs({}, services_);
  const auto waiting = submit(jobs);
  store_.remove(waiting->job_id());
  EXPECT_THROW(waiting->wait(never), Error);
  EXPECT_NE(submit(jobs)->job_id(), waiting->job_id());
}

TEST_F(AwaitedJobsTest, AnAnsweredJobIsDeletedSoon) {
  AwaitedJobs jobs({.keep = milliseconds(1)}, services_);
  auto waiting = submit(jobs);
  const std::string id = waiting->job_id();
  finish();
  EXPECT_TRUE(waiting->wait(never));
  waiting.reset();
  expect_deleted(id);
}

TEST_F(AwaitedJobsTest, WhatAnEarlierProcessLeftIsDeleted) {
  const std::string id = enqueue();
  NewJob own;
  own.id = random_id();
  store_.enqueue(own, clock_.now());
  const AwaitedJobs jobs({}, services_);
  EXPECT_FALSE(store_.get(id));
  EXPECT_TRUE(store_.get(own.id));
}

TEST_F(AwaitedJobsTest, SoManyWaitAsMay) {
  AwaitedJobs jobs({.max_waiting = 2}, services_);
  const auto first = jobs.try_take_place();
  auto second = jobs.try_take_place();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(jobs.try_take_place());
  second.reset();
  EXPECT_TRUE(jobs.try_take_place());
}

TEST_F(AwaitedJobsTest, ShortMediaAreBrief) {
  const AwaitedJobs jobs({.brief = milliseconds(60'000)}, services_);
  EXPECT_TRUE(jobs.is_brief({.size_bytes = 1 << 30, .duration = milliseconds(60'000)}));
  EXPECT_FALSE(jobs.is_brief({.size_bytes = 1, .duration = milliseconds(60'001)}));
  EXPECT_TRUE(jobs.is_brief({.size_bytes = 100'000, .duration = {}}));
  EXPECT_FALSE(jobs.is_brief({.size_bytes = 100'000'000, .duration = {}}));
}

}  // namespace
}  // namespace voxlate::http
