// What every JobStore promises, asked of each implementation. Above 500 lines, since the suite is one list of promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "tests/contract/in_memory_job_store.h"
#include "tests/contract/opened_job_store.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr TimePoint kStart{milliseconds(1'800'000'000'000)};
constexpr milliseconds kLease = seconds(30);

/// One implementation: makes a store that keeps its data in `folder`, if it keeps any.
struct Implementation {
  const char* name;
  std::function<std::unique_ptr<JobStore>(const std::filesystem::path& folder)> make;
};

void PrintTo(const Implementation& implementation, std::ostream* out) { *out << implementation.name; }

std::unique_ptr<JobStore> make_sqlite(const std::filesystem::path& folder) {
  return std::make_unique<contract::OpenedJobStore>(
      store::Storage::Options{.path = folder / "voxlate.db", .ballast_bytes = 0});
}

std::unique_ptr<JobStore> make_in_memory(const std::filesystem::path&) {
  return std::make_unique<contract::InMemoryJobStore>();
}

/// The code of the Error that `call` throws; fails the test when it throws none.
ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an Error";
  return ErrorCode::kInternal;
}

class JobStoreTest : public ::testing::TestWithParam<Implementation> {
 protected:
  static NewJob new_job(const std::string& source_name = "talk.mp4", Priority priority = Priority::kNormal) {
    NewJob job;
    job.id = random_id();
    job.spec.source_name = source_name;
    job.spec.priority = priority;
    return job;
  }

  std::string add(TimePoint now = kStart, Priority priority = Priority::kNormal) {
    return store().enqueue(new_job("talk.mp4", priority), now).job.id;
  }

  std::string add_named(const std::string& source_name) { return store().enqueue(new_job(source_name), kStart).job.id; }

  ClaimedJob claim(TimePoint now = kStart, const std::string& owner = "server") {
    std::optional<ClaimedJob> claimed = store().claim_next(owner, now, kLease, {});
    if (!claimed) throw std::runtime_error("expected a job to claim");
    return *claimed;
  }

  std::string claim_id(TimePoint now) { return claim(now).job.id; }

  Job get(const std::string& id) {
    const std::optional<Job> job = store().get(id);
    if (!job) throw std::runtime_error("expected the job to exist");
    return *job;
  }

  std::vector<std::string> listed(const JobFilter& filter) {
    std::vector<std::string> ids;
    for (const Job& job : store().list(filter).jobs) ids.push_back(job.id);
    return ids;
  }

  std::vector<std::string> found(const std::string& search) {
    return listed({.state = {}, .search = search, .after_id = {}, .limit = 50});
  }

  /// A new job in each of the states, in the order of the enumeration. Call on an empty store.
  std::map<JobState, std::string> one_of_each() {
    std::map<JobState, std::string> ids;
    ids[JobState::kCompleted] = add();
    store().finish(claim().lease, {}, kStart);
    ids[JobState::kFailed] = add();
    store().fail(claim().lease, {.code = ErrorCode::kCorrupt, .message = "bad"}, {}, kStart);
    ids[JobState::kCancelled] = add();
    store().request_cancel(ids[JobState::kCancelled], kStart);
    ids[JobState::kProcessing] = add();
    claim();
    ids[JobState::kQueued] = add();
    return ids;
  }

  JobStore& store() { return *store_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<JobStore> store_ = GetParam().make(folder_.path());
};

TEST_P(JobStoreTest, EnqueuedJobIsKeptAsItWasGiven) {
  NewJob job = new_job("Vortrag \"Ä\".mp4", Priority::kHigh);
  job.spec.language = "en";
  job.spec.engine = "sphinx";
  job.spec.targets = {"es", "pt-BR"};
  job.spec.formats = {"srt", "json"};
  job.spec.profile = "netflix-en";
  job.spec.audio_track = 2;
  job.media = {.size_bytes = 5'000'000'000,
               .duration = milliseconds(12'345),
               .content_type = "video/mp4",
               .description = "mov,mp4: video h264"};
  const EnqueueResult result = store().enqueue(job, kStart);
  EXPECT_FALSE(result.replayed);
  for (const Job& kept : {result.job, get(job.id)}) {
    EXPECT_EQ(kept.id, job.id);
    EXPECT_EQ(kept.spec, job.spec);
    EXPECT_EQ(kept.media, job.media);
    EXPECT_EQ(kept.state, JobState::kQueued);
    EXPECT_EQ(kept.progress, JobProgress{});
    EXPECT_EQ(kept.attempt, 0);
    EXPECT_FALSE(kept.cancel_requested);
    EXPECT_EQ(kept.created_at, kStart);
    EXPECT_EQ(kept.run_after, kStart);
    EXPECT_FALSE(kept.started_at || kept.finished_at || kept.error);
    EXPECT_THAT(kept.files, IsEmpty());
    EXPECT_THAT(kept.notes, IsEmpty());
  }
}

TEST_P(JobStoreTest, AbsentJobIsNothing) {
  EXPECT_FALSE(store().get(random_id()));
  EXPECT_FALSE(store().remove(random_id()));
  EXPECT_EQ(store().jobs_ahead(random_id()), 0);
  EXPECT_THAT(store().checkpoints(random_id(), "window"), IsEmpty());
  EXPECT_EQ(code_of([&] { store().request_cancel(random_id(), kStart); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { store().retry(random_id(), kStart); }), ErrorCode::kNotFound);
  EXPECT_FALSE(store().claim_next("server", kStart, kLease, {}));
}

TEST_P(JobStoreTest, JobsForAwaitedModelsStayQueued) {
  NewJob waiting = new_job("waiting.mp4", Priority::kUrgent);
  waiting.spec.model = "base";
  store().enqueue(waiting, kStart);
  EXPECT_FALSE(store().claim_next("server", kStart, kLease, {.awaited = {"tiny", "base"}}));
  const std::string other = add();
  EXPECT_EQ(store().claim_next("server", kStart, kLease, {.awaited = {"tiny", "base"}})->job.id, other);
  EXPECT_EQ(store().claim_next("server", kStart, kLease, {.awaited = {"tiny"}})->job.id, waiting.id);
}

TEST_P(JobStoreTest, AWorkerForBriefJobsTakesNoOthers) {
  NewJob lengthy = new_job("lengthy");
  lengthy.spec.priority = Priority::kUrgent;
  store().enqueue(lengthy, kStart);
  EXPECT_FALSE(store().claim_next("server", kStart, kLease, {.only_brief = true}));
  NewJob brief = new_job("brief");
  brief.spec.brief = true;
  store().enqueue(brief, kStart);
  EXPECT_EQ(store().claim_next("server", kStart, kLease, {.only_brief = true})->job.id, brief.id);
  EXPECT_EQ(store().claim_next("server", kStart, kLease, {})->job.id, lengthy.id);
}

TEST_P(JobStoreTest, WhileTheNextJobDoesNotFitNoneIsTaken) {
  NewJob large = new_job("large.mp4", Priority::kHigh);
  store().enqueue(large, kStart);
  const std::string small = add();
  std::vector<std::string> asked;
  const auto only_small = [&](const Job& job) {
    asked.push_back(job.id);
    EXPECT_EQ(job.state, JobState::kQueued);
    return job.id == small;
  };
  EXPECT_FALSE(store().claim_next("server", kStart, kLease, {.fits = only_small}));
  EXPECT_EQ(asked, std::vector{large.id});
  EXPECT_EQ(store().get(large.id)->attempt, 0);
  store().request_cancel(large.id, kStart);
  EXPECT_EQ(store().claim_next("server", kStart, kLease, {.fits = only_small})->job.id, small);
}

TEST_P(JobStoreTest, ListsJobsThatAClientWaitsFor) {
  NewJob waited_for = new_job("waited");
  waited_for.spec.origin = "openai";
  waited_for.spec.temperature = 0.25F;
  waited_for.spec.audio_begin = milliseconds(1500);
  waited_for.spec.audio_length = milliseconds(2500);
  store().enqueue(new_job("other"), kStart);
  store().enqueue(waited_for, kStart);
  const JobPage page = store().list({.state = {}, .only_waited_for = true, .search = {}, .after_id = {}, .limit = 50});
  ASSERT_EQ(page.jobs.size(), 1U);
  EXPECT_EQ(page.jobs[0].spec, waited_for.spec);
}

TEST_P(JobStoreTest, JobsWithoutTheirSourceStayQueued) {
  NewJob waiting = new_job("waiting.mp4", Priority::kUrgent);
  waiting.source_url = "https://example.com/waiting.mp4";
  store().enqueue(waiting, kStart);
  EXPECT_EQ(store().get(waiting.id)->awaited_url, waiting.source_url);
  EXPECT_FALSE(store().claim_next("server", kStart, kLease, {}));
  const std::string other = add();
  EXPECT_EQ(store().jobs_ahead(other), 0);
  EXPECT_EQ(store().get(other)->awaited_url, "");
  EXPECT_EQ(store().claim_next("server", kStart, kLease, {})->job.id, other);
  EXPECT_EQ(store().request_cancel(waiting.id, kStart).state, JobState::kCancelled);
  EXPECT_EQ(store().retry(waiting.id, kStart).awaited_url, waiting.source_url);
  EXPECT_FALSE(store().claim_next("server", kStart, kLease, {}));
}

TEST_P(JobStoreTest, AwaitsItsUploadAndBeginsOnAPartOfIt) {
  NewJob job = new_job("talk.mp4", Priority::kUrgent);
  job.upload_id = random_id();
  store().enqueue(job, kStart);
  EXPECT_EQ(get(job.id).upload_id, job.upload_id);
  EXPECT_TRUE(get(job.id).awaits_upload);
  EXPECT_FALSE(store().claim_next("server", kStart, kLease, {}));
  const std::string other = add();
  EXPECT_EQ(store().jobs_ahead(other), 0);
  ASSERT_EQ(store().with_uploads().size(), 1U);
  EXPECT_EQ(store().with_uploads().front().id, job.id);
  EXPECT_EQ(code_of([&] {
              NewJob second = new_job();
              second.upload_id = job.upload_id;
              store().enqueue(second, kStart);
            }),
            ErrorCode::kConflict);

  const MediaSummary media{.size_bytes = 77, .duration = seconds(5), .content_type = "a/b", .description = "c"};
  EXPECT_TRUE(store().media_arrived(job.id, media, MediaPart::kEnoughToBegin));
  EXPECT_FALSE(get(job.id).awaits_upload);
  EXPECT_EQ(get(job.id).upload_id, job.upload_id);
  const ClaimedJob claimed = claim();
  EXPECT_EQ(claimed.job.id, job.id);
  EXPECT_TRUE(store().media_arrived(job.id, media, MediaPart::kWhole));
  EXPECT_EQ(get(job.id).media, media);
  EXPECT_EQ(get(job.id).upload_id, "");
  EXPECT_THAT(store().with_uploads(), IsEmpty());
  EXPECT_FALSE(store().media_arrived(job.id, media, MediaPart::kWhole));
  EXPECT_FALSE(store().await_upload(claimed.lease, kStart));
  EXPECT_TRUE(store().finish(claimed.lease, {}, kStart));
}

TEST_P(JobStoreTest, TheLengthOfAnUploadIsChargedWhenItIsThere) {
  NewJob job = new_job();
  job.owner = "ann";
  job.upload_id = random_id();
  job.media = {.size_bytes = 77};
  store().enqueue(job, kStart);
  const MediaSummary media{.size_bytes = 77, .duration = seconds(5), .content_type = "a/b", .description = "c"};
  EXPECT_TRUE(store().media_arrived(job.id, media, MediaPart::kEnoughToBegin));
  EXPECT_EQ(store().usage_of("ann", kStart).media_today, seconds(0));
  EXPECT_TRUE(store().media_arrived(job.id, media, MediaPart::kWhole));
  EXPECT_EQ(store().usage_of("ann", kStart),
            (OwnerUsage{.queued_jobs = 1, .stored_bytes = 77, .jobs_today = 1, .media_today = seconds(5)}));
}

TEST_P(JobStoreTest, AwaitsItsUploadAnewWheneverItIsQueued) {
  NewJob job = new_job();
  job.upload_id = random_id();
  store().enqueue(job, kStart);
  const auto begin = [&] {
    EXPECT_TRUE(get(job.id).awaits_upload);
    EXPECT_FALSE(store().claim_next("server", kStart, kLease, {}));
    EXPECT_TRUE(store().media_arrived(job.id, {}, MediaPart::kEnoughToBegin));
    return claim().lease;
  };
  EXPECT_TRUE(store().await_upload(begin(), kStart));
  EXPECT_EQ(get(job.id).attempt, 0);
  EXPECT_TRUE(store().release(begin(), kStart));
  EXPECT_TRUE(store().fail(begin(), {.code = ErrorCode::kTimeout, .message = "slow"}, kStart, kStart));
  begin();
  EXPECT_EQ(store().requeue_orphans("other", 3, kStart).size(), 1U);
  const Lease lease = begin();
  store().request_cancel(job.id, kStart);
  EXPECT_TRUE(store().await_upload(lease, kStart));
  EXPECT_EQ(get(job.id).state, JobState::kCancelled);
  store().retry(job.id, kStart);
  EXPECT_TRUE(get(job.id).awaits_upload);
}

TEST_P(JobStoreTest, FailsWhileItAwaitsItsUpload) {
  NewJob job = new_job();
  job.upload_id = random_id();
  store().enqueue(job, kStart);
  const JobError gone{.code = ErrorCode::kNotFound, .message = "gone"};
  EXPECT_FALSE(store().fail_awaiting(add(), gone, kStart));
  EXPECT_TRUE(store().fail_awaiting(job.id, gone, kStart));
  EXPECT_EQ(get(job.id).state, JobState::kFailed);
  EXPECT_EQ(get(job.id).error, gone);
  EXPECT_FALSE(store().fail_awaiting(job.id, gone, kStart));
}

TEST_P(JobStoreTest, FindsTheJobOfAKey) {
  NewJob first = new_job();
  first.owner = "ann";
  first.idempotency_key = "key";
  first.fingerprint = "a";
  store().enqueue(first, kStart);
  EXPECT_EQ(store().find_by_key("ann", "key", "a", kStart + hours(23))->id, first.id);
  EXPECT_FALSE(store().find_by_key("bob", "key", "a", kStart));
  EXPECT_FALSE(store().find_by_key("ann", "other", "a", kStart));
  EXPECT_FALSE(store().find_by_key("ann", "key", "a", kStart + hours(24)));
  EXPECT_EQ(code_of([&] { store().find_by_key("ann", "key", "b", kStart); }), ErrorCode::kInvalidInput);
}

TEST_P(JobStoreTest, SameKeyAndRequestGivesTheEarlierJob) {
  NewJob first = new_job();
  first.idempotency_key = "key";
  first.fingerprint = "a";
  store().enqueue(first, kStart);
  NewJob again = new_job("other.mp4");
  again.idempotency_key = "key";
  again.fingerprint = "a";
  const EnqueueResult result = store().enqueue(again, kStart + hours(23));
  EXPECT_TRUE(result.replayed);
  EXPECT_EQ(result.job.id, first.id);
  EXPECT_THAT(store().ids(), ElementsAre(first.id));
}

TEST_P(JobStoreTest, SameKeyWithAnotherRequestIsRefused) {
  NewJob first = new_job();
  first.idempotency_key = "key";
  first.fingerprint = "a";
  store().enqueue(first, kStart);
  NewJob other = new_job();
  other.idempotency_key = "key";
  other.fingerprint = "b";
  EXPECT_EQ(code_of([&] { store().enqueue(other, kStart); }), ErrorCode::kInvalidInput);
  EXPECT_THAT(store().ids(), ElementsAre(first.id));
}

TEST_P(JobStoreTest, KeyIsForgottenAfterADayAndWithItsJob) {
  NewJob job = new_job();
  job.idempotency_key = "key";
  job.fingerprint = "a";
  store().enqueue(job, kStart);
  job.id = random_id();
  EXPECT_FALSE(store().enqueue(job, kStart + hours(24)).replayed);
  store().remove(job.id);
  job.id = random_id();
  EXPECT_FALSE(store().enqueue(job, kStart + hours(24)).replayed);
}

TEST_P(JobStoreTest, KeysOfTwoOwnersAreTwoKeys) {
  NewJob mine = new_job();
  mine.owner = "me";
  mine.idempotency_key = "key";
  NewJob theirs = new_job();
  theirs.owner = "somebody else";
  theirs.idempotency_key = "key";
  store().enqueue(mine, kStart);
  const EnqueueResult result = store().enqueue(theirs, kStart);
  EXPECT_FALSE(result.replayed);
  EXPECT_EQ(result.job.owner, "somebody else");
}

TEST_P(JobStoreTest, JobsWithoutKeyAreNeverReplayed) {
  add();
  add();
  EXPECT_EQ(store().ids().size(), 2U);
}

TEST_P(JobStoreTest, ClaimCountsTheAttemptAndNamesTheLease) {
  const std::string id = add();
  const ClaimedJob claimed = claim(kStart + seconds(1));
  EXPECT_EQ(claimed.job.id, id);
  EXPECT_EQ(claimed.job.state, JobState::kProcessing);
  EXPECT_EQ(claimed.job.attempt, 1);
  EXPECT_EQ(claimed.job.started_at, kStart + seconds(1));
  EXPECT_EQ(claimed.lease.job_id, id);
  EXPECT_EQ(claimed.lease.owner, "server");
  EXPECT_EQ(claimed.lease.attempt, 1);
  EXPECT_FALSE(claimed.lease.token.empty());
  EXPECT_EQ(get(id).state, JobState::kProcessing);
  EXPECT_FALSE(store().claim_next("server", kStart + seconds(1), kLease, {}));
}

TEST_P(JobStoreTest, HigherPriorityComesFirstThenTheOlderJob) {
  const std::string low = add(kStart, Priority::kLow);
  const std::string normal = add(kStart, Priority::kNormal);
  const std::string high = add(kStart, Priority::kHigh);
  const std::string normal2 = add(kStart, Priority::kNormal);
  const std::string urgent = add(kStart, Priority::kUrgent);
  std::vector<std::string> order;
  for (int i = 0; i < 5; ++i) order.push_back(claim_id(kStart));
  EXPECT_THAT(order, ElementsAre(urgent, high, normal, normal2, low));
}

TEST_P(JobStoreTest, EachLevelOfPriorityIsWorthFiveMinutesOfWaiting) {
  const std::string low = add(kStart, Priority::kLow);
  const std::string soon = add(kStart + minutes(15) - milliseconds(1), Priority::kUrgent);
  const std::string late = add(kStart + minutes(15) + milliseconds(1), Priority::kUrgent);
  EXPECT_EQ(claim_id(kStart + minutes(16)), soon);
  EXPECT_EQ(claim_id(kStart + minutes(16)), low);
  EXPECT_EQ(claim_id(kStart + minutes(16)), late);
}

TEST_P(JobStoreTest, JobsAheadFollowTheClaimOrder) {
  const std::string low = add(kStart, Priority::kLow);
  const std::string normal = add(kStart, Priority::kNormal);
  const std::string urgent = add(kStart, Priority::kUrgent);
  EXPECT_EQ(store().jobs_ahead(urgent), 0);
  EXPECT_EQ(store().jobs_ahead(normal), 1);
  EXPECT_EQ(store().jobs_ahead(low), 2);
  const ClaimedJob claimed = claim();
  EXPECT_EQ(store().jobs_ahead(low), 1);
  EXPECT_EQ(store().jobs_ahead(urgent), 0);
  store().fail(claimed.lease, {}, kStart + hours(1), kStart);
  EXPECT_EQ(store().jobs_ahead(low), 1) << "a job that waits for its retry is not ahead";
}

TEST_P(JobStoreTest, HeartbeatStoresProgressAndExtendsTheLease) {
  const std::string id = add();
  const ClaimedJob claimed = claim();
  const JobProgress progress = {
      .stage = Stage::kTranslating, .fraction = 0.75, .media_done = milliseconds(10), .media_total = milliseconds(40)};
  EXPECT_EQ(store().heartbeat(claimed.lease, progress, kStart + seconds(20), kLease), LeaseState::kHeld);
  EXPECT_EQ(get(id).progress, progress);
  EXPECT_THAT(store().requeue_orphans("server", 3, kStart + seconds(50)), IsEmpty());
  EXPECT_THAT(store().requeue_orphans("server", 3, kStart + seconds(51)), ElementsAre(OwnedJob{.id = id, .owner = {}}));
}

TEST_P(JobStoreTest, FinishPublishesTheOutcome) {
  const std::string id = add();
  const ClaimedJob claimed = claim();
  const JobOutcome outcome = {.files = {{.name = "talk.en.srt",
                                         .content_type = "text/plain; charset=utf-8",
                                         .language = "en",
                                         .size_bytes = 7}},
                              .notes = {"It was quiet."}};
  EXPECT_TRUE(store().finish(claimed.lease, outcome, kStart + seconds(9)));
  const Job job = get(id);
  EXPECT_EQ(job.state, JobState::kCompleted);
  EXPECT_EQ(job.files, outcome.files);
  EXPECT_EQ(job.notes, outcome.notes);
  EXPECT_EQ(job.progress.fraction, 1);
  EXPECT_EQ(job.finished_at, kStart + seconds(9));
  EXPECT_FALSE(job.error);
}

TEST_P(JobStoreTest, FailedAttemptWaitsForItsRetry) {
  const std::string id = add();
  const JobError error = {.code = ErrorCode::kUnavailable, .message = "engine died"};
  EXPECT_TRUE(store().fail(claim().lease, error, kStart + seconds(5), kStart + seconds(1)));
  const Job waiting = get(id);
  EXPECT_EQ(waiting.state, JobState::kQueued);
  EXPECT_EQ(waiting.error, error);
  EXPECT_EQ(waiting.run_after, kStart + seconds(5));
  EXPECT_EQ(waiting.attempt, 1);
  EXPECT_FALSE(store().claim_next("server", kStart + seconds(5) - milliseconds(1), kLease, {}));
  const ClaimedJob again = claim(kStart + seconds(5));
  EXPECT_EQ(again.job.id, id);
  EXPECT_EQ(again.job.attempt, 2);
  EXPECT_TRUE(store().finish(again.lease, {}, kStart + seconds(6)));
  EXPECT_FALSE(get(id).error) << "a completed job has no error";
}

TEST_P(JobStoreTest, FailureWithoutRetryIsFinal) {
  const std::string id = add();
  const JobError error = {.code = ErrorCode::kCorrupt, .message = "no moov atom"};
  EXPECT_TRUE(store().fail(claim().lease, error, {}, kStart + seconds(1)));
  const Job job = get(id);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.error, error);
  EXPECT_EQ(job.finished_at, kStart + seconds(1));
  EXPECT_FALSE(store().claim_next("server", kStart + hours(99), kLease, {}));
}

TEST_P(JobStoreTest, ReleaseDoesNotChargeTheAttempt) {
  const std::string id = add();
  EXPECT_TRUE(store().release(claim().lease, kStart));
  EXPECT_EQ(get(id).state, JobState::kQueued);
  EXPECT_EQ(get(id).attempt, 0);
  EXPECT_EQ(claim().job.attempt, 1);
}

TEST_P(JobStoreTest, StaleLeaseChangesNothing) {
  const std::string id = add();
  const Lease stale = claim().lease;
  store().requeue_orphans("server", 3, kStart + minutes(1));
  const ClaimedJob current = claim(kStart + minutes(1));
  ASSERT_EQ(current.job.id, id);
  const Job before = get(id);

  EXPECT_EQ(store().heartbeat(stale, {.stage = Stage::kWriting, .fraction = 0.9}, kStart, kLease), LeaseState::kLost);
  EXPECT_FALSE(store().checkpoint(stale, {.stage = "window", .key = "1", .payload = "{}"}, kStart));
  EXPECT_FALSE(store().finish(stale, {.files = {}, .notes = {"stale"}}, kStart));
  EXPECT_FALSE(store().fail(stale, {}, kStart, kStart));
  EXPECT_FALSE(store().fail(stale, {}, {}, kStart));
  EXPECT_FALSE(store().confirm_cancel(stale, kStart));
  EXPECT_FALSE(store().release(stale, kStart));

  const Job after = get(id);
  EXPECT_EQ(after.state, JobState::kProcessing);
  EXPECT_EQ(after.progress, before.progress);
  EXPECT_EQ(after.attempt, before.attempt);
  EXPECT_FALSE(after.error);
  EXPECT_THAT(store().checkpoints(id, "window"), IsEmpty());
  EXPECT_TRUE(store().finish(current.lease, {}, kStart + minutes(1)));
  EXPECT_FALSE(store().finish(current.lease, {}, kStart + minutes(1))) << "a job is finished once";
}

TEST_P(JobStoreTest, ExpiredLeaseThatNobodyTookIsStillGood) {
  add();
  const ClaimedJob claimed = claim();
  EXPECT_EQ(store().heartbeat(claimed.lease, {}, kStart + hours(1), kLease), LeaseState::kHeld);
  EXPECT_TRUE(store().finish(claimed.lease, {}, kStart + hours(2)));
}

TEST_P(JobStoreTest, QueuedJobIsCancelledAtOnce) {
  const std::string id = add();
  const Job job = store().request_cancel(id, kStart + seconds(3));
  EXPECT_EQ(job.state, JobState::kCancelled);
  EXPECT_EQ(get(id).finished_at, kStart + seconds(3));
  EXPECT_FALSE(store().claim_next("server", kStart + seconds(3), kLease, {}));
}

TEST_P(JobStoreTest, WorkerLearnsOfACancelAndConfirmsIt) {
  const std::string id = add();
  const ClaimedJob claimed = claim();
  const Job asked = store().request_cancel(id, kStart);
  EXPECT_EQ(asked.state, JobState::kProcessing);
  EXPECT_TRUE(asked.cancel_requested);
  EXPECT_TRUE(store().request_cancel(id, kStart).cancel_requested) << "asking twice is no error";
  EXPECT_EQ(store().heartbeat(claimed.lease, {}, kStart, kLease), LeaseState::kCancelRequested);
  EXPECT_TRUE(store().confirm_cancel(claimed.lease, kStart + seconds(1)));
  EXPECT_EQ(get(id).state, JobState::kCancelled);
  EXPECT_EQ(get(id).finished_at, kStart + seconds(1));
}

TEST_P(JobStoreTest, EndedJobCannotBeCancelled) {
  const auto ids = one_of_each();
  for (const JobState state : {JobState::kCompleted, JobState::kFailed, JobState::kCancelled}) {
    EXPECT_EQ(code_of([&] { store().request_cancel(ids.at(state), kStart); }), ErrorCode::kConflict);
    EXPECT_EQ(get(ids.at(state)).state, state);
  }
}

TEST_P(JobStoreTest, CancelWinsOverRetryReleaseAndCrash) {
  const auto end_by = [&](const std::function<void(const Lease&)>& give_up) {
    const std::string id = add();
    const Lease lease = claim().lease;
    store().request_cancel(id, kStart);
    give_up(lease);
    const Job job = get(id);
    EXPECT_FALSE(job.error);
    return job.state;
  };
  EXPECT_EQ(end_by([&](const Lease& lease) { store().fail(lease, {}, kStart, kStart); }), JobState::kCancelled);
  EXPECT_EQ(end_by([&](const Lease& lease) { store().fail(lease, {}, {}, kStart); }), JobState::kCancelled);
  EXPECT_EQ(end_by([&](const Lease& lease) { store().release(lease, kStart); }), JobState::kCancelled);
  EXPECT_EQ(end_by([&](const Lease&) { store().requeue_orphans("next", 3, kStart); }), JobState::kCancelled);
  EXPECT_EQ(end_by([&](const Lease& lease) { store().finish(lease, {}, kStart); }), JobState::kCompleted)
      << "a result that is there is kept";
}

TEST_P(JobStoreTest, RetryByHandStartsAnewAndKeepsCheckpoints) {
  const std::string id = add();
  const Lease lease = claim().lease;
  const Checkpoint window = {.stage = "window", .key = "0-30", .payload = "{}"};
  store().heartbeat(lease, {.stage = Stage::kTranscribing, .fraction = 0.5}, kStart, kLease);
  store().checkpoint(lease, window, kStart);
  store().fail(lease, {.code = ErrorCode::kInternal, .message = "x"}, {}, kStart);
  const Job job = store().retry(id, kStart + hours(1));
  EXPECT_EQ(job.state, JobState::kQueued);
  EXPECT_EQ(job.attempt, 0);
  EXPECT_EQ(job.progress, JobProgress{});
  EXPECT_EQ(job.run_after, kStart + hours(1));
  EXPECT_EQ(job.created_at, kStart);
  EXPECT_FALSE(job.error || job.started_at || job.finished_at);
  EXPECT_THAT(store().checkpoints(id, "window"), ElementsAre(window));
  EXPECT_EQ(claim(kStart + hours(1)).job.attempt, 1);
}

TEST_P(JobStoreTest, RetryAgesFromTheRetryOn) {
  const std::string old = add(kStart, Priority::kNormal);
  store().request_cancel(old, kStart);
  const std::string waiting = add(kStart + minutes(1), Priority::kNormal);
  store().retry(old, kStart + minutes(2));
  EXPECT_EQ(claim_id(kStart + minutes(3)), waiting);
  EXPECT_EQ(claim_id(kStart + minutes(3)), old);
}

TEST_P(JobStoreTest, OnlyFailedAndCancelledJobsCanBeRetried) {
  const auto ids = one_of_each();
  for (const JobState state : {JobState::kQueued, JobState::kProcessing, JobState::kCompleted}) {
    EXPECT_EQ(code_of([&] { store().retry(ids.at(state), kStart); }), ErrorCode::kConflict);
    EXPECT_EQ(get(ids.at(state)).state, state);
  }
  const Job cancelled = store().retry(ids.at(JobState::kCancelled), kStart);
  EXPECT_EQ(cancelled.state, JobState::kQueued);
  EXPECT_FALSE(cancelled.cancel_requested);
}

TEST_P(JobStoreTest, OrphansOfAnEarlierProcessAreRequeuedAtOnce) {
  const std::string orphan = add();
  claim(kStart, "earlier");
  const std::string mine = add();
  claim(kStart, "server");
  EXPECT_THAT(store().requeue_orphans("server", 3, kStart), ElementsAre(OwnedJob{.id = orphan, .owner = {}}));
  EXPECT_EQ(get(orphan).state, JobState::kQueued);
  EXPECT_EQ(get(mine).state, JobState::kProcessing);
  EXPECT_EQ(claim().job.attempt, 2);
}

TEST_P(JobStoreTest, JobThatKeepsCrashingFailsForGood) {
  const std::string id = add();
  for (int crash = 1; crash <= 3; ++crash) {
    claim(kStart, "process " + std::to_string(crash));
    store().requeue_orphans("server", 3, kStart + seconds(crash));
  }
  const Job job = get(id);
  EXPECT_EQ(job.state, JobState::kFailed);
  ASSERT_TRUE(job.error);
  EXPECT_EQ(job.error->code, ErrorCode::kInternal);
  EXPECT_THAT(job.error->message, HasSubstr("3 times"));
  EXPECT_EQ(job.finished_at, kStart + seconds(3));

  store().retry(id, kStart + minutes(1));
  claim(kStart + minutes(1), "process 4");
  store().requeue_orphans("server", 3, kStart + minutes(1));
  EXPECT_EQ(get(id).state, JobState::kQueued) << "a retry by hand counts crashes anew";
}

TEST_P(JobStoreTest, JobThatAdvancesBetweenCrashesGoesOn) {
  const std::string id = add();
  for (int crash = 1; crash <= 10; ++crash) {
    const ClaimedJob claimed = claim(kStart, "process " + std::to_string(crash));
    store().checkpoint(claimed.lease, {.stage = "window", .key = std::to_string(crash), .payload = "{}"}, kStart);
    store().requeue_orphans("server", 2, kStart);
  }
  EXPECT_EQ(get(id).state, JobState::kQueued);
  EXPECT_EQ(store().checkpoints(id, "window").size(), 10U);
}

TEST_P(JobStoreTest, CheckpointsComeInTheOrderTheyWereAdded) {
  const std::string id = add();
  const Lease lease = claim().lease;
  const Checkpoint second = {.stage = "window", .key = "2", .payload = "\"b\""};
  const Checkpoint first = {.stage = "window", .key = "1", .payload = "\"a\""};
  const Checkpoint other = {.stage = "translation", .key = "es", .payload = "\"c\""};
  for (const Checkpoint& checkpoint : {second, other, first}) {
    EXPECT_TRUE(store().checkpoint(lease, checkpoint, kStart));
  }
  EXPECT_THAT(store().checkpoints(id, "window"), ElementsAre(second, first));
  EXPECT_THAT(store().checkpoints(id, "translation"), ElementsAre(other));
  const Checkpoint replaced = {.stage = "window", .key = "2", .payload = "\"d\""};
  EXPECT_TRUE(store().checkpoint(lease, replaced, kStart));
  EXPECT_THAT(store().checkpoints(id, "window"), ElementsAre(replaced, first));
  store().finish(lease, {}, kStart);
  EXPECT_THAT(store().checkpoints(id, "window"), IsEmpty()) << "a finished job needs none";
}

TEST_P(JobStoreTest, CheckpointsSurviveAFailedAttempt) {
  const std::string id = add();
  const Lease lease = claim().lease;
  const Checkpoint window = {.stage = "window", .key = "1", .payload = "{}"};
  store().checkpoint(lease, window, kStart);
  store().fail(lease, {}, kStart, kStart);
  EXPECT_THAT(store().checkpoints(id, "window"), ElementsAre(window));
}

TEST_P(JobStoreTest, ListIsNewestFirstInPages) {
  std::vector<std::string> newest_first;
  for (int i = 0; i < 5; ++i) newest_first.insert(newest_first.begin(), add(kStart));
  const JobPage first = store().list({.state = {}, .search = {}, .after_id = {}, .limit = 2});
  ASSERT_EQ(first.jobs.size(), 2U);
  EXPECT_TRUE(first.has_more);
  EXPECT_EQ(first.jobs[0].id, newest_first[0]);
  EXPECT_EQ(first.jobs[1].id, newest_first[1]);
  const JobPage rest = store().list({.state = {}, .search = {}, .after_id = first.jobs[1].id, .limit = 3});
  ASSERT_EQ(rest.jobs.size(), 3U);
  EXPECT_FALSE(rest.has_more);
  EXPECT_EQ(rest.jobs[2].id, newest_first[4]);
  EXPECT_THAT(listed({.state = {}, .search = {}, .after_id = newest_first[4], .limit = 3}), IsEmpty());
}

TEST_P(JobStoreTest, PageBehindADeletedJobIsRefused) {
  const std::string id = add();
  store().remove(id);
  EXPECT_EQ(code_of([&] { store().list({.state = {}, .search = {}, .after_id = id, .limit = 5}); }),
            ErrorCode::kInvalidInput);
}

TEST_P(JobStoreTest, ListFiltersByState) {
  for (const auto& [state, id] : one_of_each()) {
    EXPECT_THAT(listed({.state = state, .search = {}, .after_id = {}, .limit = 50}), ElementsAre(id));
  }
}

TEST_P(JobStoreTest, ListFiltersByOwner) {
  NewJob mine = new_job();
  mine.owner = "me";
  store().enqueue(mine, kStart);
  const std::string nobodys = add();
  const auto ids_of = [&](std::optional<std::string> owner) {
    std::vector<std::string> ids;
    JobFilter filter;
    filter.owner = std::move(owner);
    for (const Job& job : store().list(filter).jobs) ids.push_back(job.id);
    return ids;
  };
  EXPECT_THAT(ids_of("me"), ElementsAre(mine.id));
  EXPECT_THAT(ids_of(""), ElementsAre(nobodys));
  EXPECT_THAT(ids_of("somebody else"), IsEmpty());
  EXPECT_THAT(ids_of({}), ElementsAre(nobodys, mine.id));
}

TEST_P(JobStoreTest, SearchIgnoresCaseInEveryScript) {
  const std::string english = add_named("My Talk_100%.mp4");
  const std::string german = add_named("STRASSE Ärger.mov");
  const std::string russian = add_named("Лекция.wav");
  const std::string french = add_named("re\xCC\x81sume\xCC\x81.wav");  // decomposed, as macOS writes it
  EXPECT_THAT(found("talk"), ElementsAre(english));
  EXPECT_THAT(found("TALK_1"), ElementsAre(english));
  EXPECT_THAT(found("y t"), ElementsAre(english));
  EXPECT_THAT(found("%"), ElementsAre(english)) << "no wildcards";
  EXPECT_THAT(found("_"), ElementsAre(english));
  EXPECT_THAT(found("äRGER"), ElementsAre(german));
  EXPECT_THAT(found("straße"), ElementsAre(german));
  EXPECT_THAT(found("ЛЕКЦ"), ElementsAre(russian));
  EXPECT_THAT(found("RÉSUMÉ"), ElementsAre(french));
  EXPECT_THAT(found("no such"), IsEmpty());
  EXPECT_EQ(found("").size(), 4U);
}

TEST_P(JobStoreTest, CountsEachState) {
  const std::map<JobState, int> none = {{JobState::kQueued, 0},
                                        {JobState::kProcessing, 0},
                                        {JobState::kCompleted, 0},
                                        {JobState::kFailed, 0},
                                        {JobState::kCancelled, 0}};
  EXPECT_EQ(store().count_by_state(), none);
  one_of_each();
  add();
  std::map<JobState, int> some = none;
  for (auto& [state, count] : some) count = 1;
  some[JobState::kQueued] = 2;
  EXPECT_EQ(store().count_by_state(), some);
}

TEST_P(JobStoreTest, RemoveWorksInEveryState) {
  const auto ids = one_of_each();
  for (const auto& [state, id] : ids) {
    EXPECT_TRUE(store().remove(id)) << to_string(state);
    EXPECT_FALSE(store().get(id));
    EXPECT_FALSE(store().remove(id));
  }
  EXPECT_THAT(store().ids(), IsEmpty());
}

TEST_P(JobStoreTest, WorkerOnARemovedJobFindsItsLeaseLost) {
  const std::string id = add();
  const Lease lease = claim().lease;
  store().checkpoint(lease, {.stage = "window", .key = "1", .payload = "{}"}, kStart);
  store().remove(id);
  EXPECT_EQ(store().heartbeat(lease, {}, kStart, kLease), LeaseState::kLost);
  EXPECT_FALSE(store().checkpoint(lease, {.stage = "window", .key = "2", .payload = "{}"}, kStart));
  EXPECT_FALSE(store().finish(lease, {}, kStart));
  EXPECT_THAT(store().checkpoints(id, "window"), IsEmpty());
}

TEST_P(JobStoreTest, OldFinishedJobsAreDeletedOldestFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(add());
    store().finish(claim().lease, {}, kStart + seconds(i));
  }
  const std::string failed = add();
  store().fail(claim().lease, {}, {}, kStart);
  const std::string cancelled = add();
  store().request_cancel(cancelled, kStart);
  const std::string running = add();
  claim();
  const std::string queued = add();
  EXPECT_THAT(store().delete_finished_before(kStart, 10), IsEmpty());
  EXPECT_EQ(store().delete_finished_before(kStart + seconds(1), 2).size(), 2U);
  EXPECT_EQ(store().delete_finished_before(kStart + seconds(1), 2).size(), 1U);
  EXPECT_THAT(store().ids(), UnorderedElementsAre(ids[1], ids[2], running, queued));
  EXPECT_THAT(store().delete_finished_before(kStart + hours(9), 10),
              UnorderedElementsAre(OwnedJob{.id = ids[1], .owner = {}}, OwnedJob{.id = ids[2], .owner = {}}));
}

TEST_P(JobStoreTest, LimitsOfAnOwnerHoldForThatOwnerOnly) {
  NewJob job = new_job();
  job.owner = "ann";
  job.media = {.size_bytes = 100, .duration = seconds(90), .content_type = {}, .description = {}};
  job.limits = {.queued_jobs = 2};
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kNone);
  job.id = random_id();
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kNone);
  job.id = random_id();
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kQueuedJobs);
  EXPECT_FALSE(store().get(job.id));
  EXPECT_EQ(store().usage_of("ann", kStart),
            (OwnerUsage{.queued_jobs = 2, .stored_bytes = 200, .jobs_today = 2, .media_today = seconds(180)}));
  job.owner = "bob";
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kNone);
  job.id = random_id();
  job.limits = {.stored_bytes = 199};
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kStoredBytes);
  job.limits = {.media_per_day = seconds(179)};
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kMediaPerDay);
}

TEST_P(JobStoreTest, AListDoesNotGoOnBehindAJobThatItDoesNotShow) {
  NewJob job = new_job();
  job.owner = "ann";
  const std::string id = store().enqueue(job, kStart).job.id;
  JobFilter filter{.owner = "bob", .state = {}, .search = {}, .after_id = id};
  EXPECT_EQ(code_of([&] { store().list(filter); }), ErrorCode::kInvalidInput);
  filter.owner = "ann";
  EXPECT_TRUE(store().list(filter).jobs.empty());
}

TEST_P(JobStoreTest, WhatADayHasUsedIsNotWonBackByDeletingAndEndsWithTheDay) {
  NewJob job = new_job();
  job.owner = "ann";
  job.limits = {.jobs_per_day = 1};
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kNone);
  EXPECT_TRUE(store().remove(job.id));
  job.id = random_id();
  EXPECT_EQ(store().enqueue(job, kStart).refused, OwnerLimit::kJobsPerDay);
  EXPECT_EQ(store().enqueue(job, kStart + hours(24)).refused, OwnerLimit::kNone);
  EXPECT_EQ(store().usage_of("ann", kStart + hours(24)).jobs_today, 1);
}

TEST_P(JobStoreTest, ARepetitionCountsForNoLimit) {
  NewJob job = new_job();
  job.owner = "ann";
  job.limits = {.jobs_per_day = 1};
  job.idempotency_key = "0123456789abcdef";
  job.fingerprint = "f";
  const std::string first = store().enqueue(job, kStart).job.id;
  job.id = random_id();
  const EnqueueResult again = store().enqueue(job, kStart);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.job.id, first);
  EXPECT_EQ(store().usage_of("ann", kStart).jobs_today, 1);
}

TEST_P(JobStoreTest, LargeCheckpointsComeBackAsTheyWere) {
  add();
  const ClaimedJob claimed = claim();
  std::string large;
  for (int i = 0; large.size() < 200'000; ++i) large += "{\"word\":\"w" + std::to_string(i) + "\",\"start\":0.1},";
  for (const std::string& payload : {large, std::string(1023, 'a'), std::string(1024, 'a'), std::string("{}")}) {
    ASSERT_TRUE(store().checkpoint(claimed.lease, {.stage = "window", .key = "1", .payload = payload}, kStart));
    EXPECT_EQ(store().checkpoints(claimed.job.id, "window").at(0).payload, payload);
  }
}

TEST_P(JobStoreTest, JobsThatDoTheSameWaitForTheFirst) {
  const auto add_with = [&](const std::string& key, TimePoint now) {
    NewJob job = new_job();
    job.work_key = key;
    return store().enqueue(job, now).job.id;
  };
  const std::string first = add_with("a", kStart);
  const std::string second = add_with("a", kStart + seconds(1));
  const std::string third = add_with("a", kStart + seconds(2));
  const std::string other = add_with("b", kStart + seconds(3));
  const std::string unknown = add(kStart + seconds(4));
  const TimePoint now = kStart + seconds(9);
  const ClaimedJob running = claim(now);
  EXPECT_EQ(running.job.id, first);
  EXPECT_EQ(running.job.work_key, "a");
  EXPECT_EQ(claim_id(now), other);
  EXPECT_EQ(claim_id(now), unknown);
  EXPECT_FALSE(store().claim_next("server", now, kLease, {}));
  ASSERT_TRUE(store().finish(running.lease, {.files = {}, .notes = {}, .cached = {"transcript", "es"}}, now));
  EXPECT_THAT(get(first).cached, ElementsAre("transcript", "es"));
  const ClaimedJob next = claim(now);
  EXPECT_EQ(next.job.id, second);
  EXPECT_FALSE(store().claim_next("server", now, kLease, {}));
  ASSERT_TRUE(store().fail(next.lease, {.code = ErrorCode::kCorrupt, .message = "bad"}, {}, now));
  EXPECT_EQ(claim_id(now), third);
}

TEST_P(JobStoreTest, WorkThatTurnsOutToBeTheSameGoesToOneJob) {
  add();
  add();
  add();
  const ClaimedJob first = claim();
  const ClaimedJob second = claim();
  EXPECT_EQ(store().claim_work(first.lease, "a"), WorkClaim::kOwn);
  EXPECT_EQ(store().claim_work(first.lease, "a"), WorkClaim::kOwn);
  EXPECT_EQ(store().claim_work(second.lease, "a"), WorkClaim::kOthers);
  ASSERT_TRUE(store().release(second.lease, kStart));
  EXPECT_EQ(get(second.job.id).work_key, "a");
  EXPECT_EQ(store().claim_work(second.lease, "a"), WorkClaim::kLost);
  const ClaimedJob third = claim();
  EXPECT_NE(third.job.id, second.job.id);
  EXPECT_EQ(store().claim_work(third.lease, "b"), WorkClaim::kOwn);
  ASSERT_TRUE(store().confirm_cancel(first.lease, kStart));
  EXPECT_EQ(claim_id(kStart), second.job.id);
}

INSTANTIATE_TEST_SUITE_P(Stores, JobStoreTest,
                         ::testing::Values(Implementation{"Sqlite", make_sqlite},
                                           Implementation{"InMemory", make_in_memory}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace voxlate
