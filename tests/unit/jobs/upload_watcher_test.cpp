#include "jobs/upload_watcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <semaphore>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "store/sqlite_upload_store.h"
#include "tests/contract/in_memory_job_store.h"
#include "tests/unit/jobs/fake_clock.h"

namespace voxlate::jobs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class UploadWatcherTest : public ::testing::Test {
 protected:
  void watch() {
    watcher_.reset();
    watcher_ = std::make_unique<UploadWatcher>(
        UploadWatcher::Options{.interval = hours(1), .first_bytes = 4, .more_bytes = 3}, uploads_, jobs_, data_, feed_,
        clock_,
        UploadWatcher::Media{.reads_from_front = [this](const auto&, std::uint64_t) { return reads_from_front_; },
                             .probe = [this](const auto& path, const JobSpec&) { return probe_(path); }});
  }

  MediaSummary probe(const std::filesystem::path& path) const {
    if (unreadable_) throw Error(ErrorCode::kUnsupported, "no audio");
    return {.size_bytes = 1, .duration = milliseconds(5), .content_type = read_file(path, 100), .description = "x"};
  }

  std::string add_upload(const std::string& content, std::uint64_t length) {
    const Upload upload{.id = random_id(),
                        .length_bytes = length,
                        .offset_bytes = content.size(),
                        .expires_at = clock_.now() + hours(24)};
    EXPECT_TRUE(uploads_.add(upload, 100));
    std::ofstream(data_.upload(upload.id)) << content;
    return upload.id;
  }
  void arrive(const std::string& id, const std::string& bytes) {
    const std::uint64_t from = uploads_.get(id)->offset_bytes;
    std::ofstream(data_.upload(id), std::ios::app) << bytes;
    EXPECT_TRUE(uploads_.advance(id, from, from + bytes.size(), clock_.now() + hours(24)));
  }
  std::string add_job(const std::string& upload_id, const std::string& owner = {}) {
    NewJob job;
    job.id = random_id();
    job.owner = owner;
    job.upload_id = upload_id;
    jobs_.enqueue(job, clock_.now());
    data_.workspace(job.id).create();
    std::filesystem::create_hard_link(data_.upload(upload_id), data_.workspace(job.id).source());
    return job.id;
  }
  std::optional<ClaimedJob> claim() { return jobs_.claim_next("server", clock_.now(), hours(1), {}); }
  bool has_file(const std::string& upload_id) const { return std::filesystem::exists(data_.upload(upload_id)); }

  TemporaryFolder folder_;
  DataFolder data_{folder_.path()};
  store::Storage storage_{{.path = data_.database(), .ballast_bytes = 0}};
  store::SqliteUploadStore uploads_{storage_};
  contract::InMemoryJobStore jobs_;
  ChangeFeed feed_{1000};
  FakeClock clock_;
  std::function<MediaSummary(const std::filesystem::path&)> probe_ = [this](const auto& path) { return probe(path); };
  bool reads_from_front_ = true;
  bool unreadable_ = false;
  std::unique_ptr<UploadWatcher> watcher_;
};

TEST_F(UploadWatcherTest, AFileThatTakesLongHoldsUpNoOther) {
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::promise<void> began;
  probe_ = [&](const std::filesystem::path& path) {
    if (read_file(path, 100) == "slow") {
      began.set_value();
      open.wait();
    }
    return probe(path);
  };
  const std::string slow = add_job(add_upload("slow", 4), "eve");
  watch();
  began.get_future().wait();
  const std::string fast = add_job(add_upload("fast", 4), "ann");
  std::uint64_t seen = feed_.newest();
  watcher_->poke();
  for (int i = 0; i < 100 && !jobs_.get(fast)->upload_id.empty(); ++i)
    seen = feed_.wait(seen, {.job_id = fast}, milliseconds(100), {}).next;
  EXPECT_EQ(jobs_.get(fast)->media.content_type, "fast");
  EXPECT_FALSE(jobs_.get(slow)->upload_id.empty());
  gate.set_value();
  watcher_->look();  // awaits the other thread
  EXPECT_EQ(jobs_.get(slow)->media.content_type, "slow");
}

TEST_F(UploadWatcherTest, OneOwnersFilesNeverKeepAllThreadsBusy) {
  constexpr int kSlow = 10;  // more than there are threads
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::counting_semaphore<> began(0);
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  probe_ = [&](const std::filesystem::path& path) {
    if (read_file(path, 100) == "slow") {
      most = std::max(most.load(), ++under_way);
      began.release();
      open.wait();
      --under_way;
    }
    return probe(path);
  };
  for (int i = 0; i < kSlow; ++i) add_job(add_upload("slow", 4), "eve");
  const std::string other = add_job(add_upload("ann's", 5), "ann");
  std::uint64_t seen = feed_.newest();
  watch();
  for (int i = 0; i < 3; ++i) began.acquire();
  for (int i = 0; i < 100 && !jobs_.get(other)->upload_id.empty(); ++i)
    seen = feed_.wait(seen, {.job_id = other}, milliseconds(100), {}).next;
  EXPECT_EQ(jobs_.get(other)->media.content_type, "ann's");
  gate.set_value();
  watcher_->look();
  EXPECT_TRUE(jobs_.with_uploads().empty());
  EXPECT_LE(most, 3);
}

TEST_F(UploadWatcherTest, AFileIsLookedIntoByOneThreadAtATime) {
  std::atomic<int> probes = 0;
  probe_ = [&](const std::filesystem::path& path) {
    ++probes;
    return probe(path);
  };
  for (int i = 0; i < 50; ++i) add_job(add_upload("file", 4));
  watch();
  watcher_->look();
  EXPECT_EQ(probes, 50);
  EXPECT_TRUE(jobs_.with_uploads().empty());
}

TEST_F(UploadWatcherTest, CutsOffWhatWasNotAcknowledged) {
  const std::string longer = add_upload("acknowledged", 20);
  std::ofstream(data_.upload(longer), std::ios::app) << "tail";
  const std::string exact = add_upload("exact", 20);
  const std::string shorter = add_upload("shorter", 20);
  std::filesystem::resize_file(data_.upload(shorter), 3);
  const std::string gone = add_upload("gone", 20);
  std::filesystem::remove(data_.upload(gone));
  watch();
  EXPECT_EQ(read_file(data_.upload(longer), 100), "acknowledged");
  EXPECT_EQ(read_file(data_.upload(exact), 100), "exact");
  EXPECT_FALSE(uploads_.get(shorter));
  EXPECT_FALSE(has_file(shorter));
  EXPECT_FALSE(uploads_.get(gone));
}

TEST_F(UploadWatcherTest, RemovesWhatExpired) {
  const std::string id = add_upload("x", 20);
  watch();
  watcher_->look();
  EXPECT_TRUE(has_file(id));
  clock_.advance(hours(24) + milliseconds(1));
  watcher_->look();
  EXPECT_FALSE(uploads_.get(id));
  EXPECT_FALSE(has_file(id));
}

TEST_F(UploadWatcherTest, AJobBeginsWhenEnoughIsThere) {
  const std::string upload = add_upload("abc", 20);
  const std::string job = add_job(upload);
  watch();
  watcher_->look();
  EXPECT_FALSE(claim());
  arrive(upload, "d");
  watcher_->look();
  const auto claimed = claim();
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->job.id, job);
  EXPECT_TRUE(has_file(upload));

  // After it found the upload standing still, more has to come than nothing.
  ASSERT_TRUE(jobs_.await_upload(claimed->lease, clock_.now()));
  watcher_->look();
  EXPECT_FALSE(claim());
  arrive(upload, "efg");
  watcher_->look();
  EXPECT_TRUE(claim());
}

TEST_F(UploadWatcherTest, OthersWaitForAllOfIt) {
  reads_from_front_ = false;
  const std::string upload = add_upload("abcdefgh", 10);
  const std::string job = add_job(upload);
  watch();
  watcher_->look();
  EXPECT_FALSE(claim());
  arrive(upload, "ij");
  watcher_->look();
  EXPECT_TRUE(claim());
  const auto kept = jobs_.get(job);
  EXPECT_EQ(kept->upload_id, "");
  EXPECT_EQ(kept->media.size_bytes, 10U);
  EXPECT_EQ(kept->media.content_type, "abcdefghij");
  EXPECT_FALSE(uploads_.get(upload));
  EXPECT_FALSE(has_file(upload));
  EXPECT_EQ(read_file(data_.workspace(job).source(), 100), "abcdefghij");
}

TEST_F(UploadWatcherTest, WhatCannotBeReadFailsInTheWorker) {
  unreadable_ = true;
  const std::string upload = add_upload("abcdefghij", 10);
  const std::string job = add_job(upload);
  watch();
  watcher_->look();
  EXPECT_TRUE(claim());
  EXPECT_EQ(jobs_.get(job)->media.size_bytes, 10U);
}

TEST_F(UploadWatcherTest, AJobWhoseUploadIsGoneFails) {
  const std::string upload = add_upload("abc", 20);
  const std::string job = add_job(upload);
  watch();
  uploads_.remove(upload);
  watcher_->look();
  EXPECT_EQ(jobs_.get(job)->state, JobState::kFailed);
  EXPECT_EQ(jobs_.get(job)->error->code, ErrorCode::kNotFound);
  jobs_.retry(job, clock_.now());
  watcher_->look();
  EXPECT_EQ(jobs_.get(job)->state, JobState::kFailed);
}

TEST_F(UploadWatcherTest, TellsHowFarToRead) {
  const std::string upload = add_upload("abc", 20);
  const std::string job = add_job(upload);
  watch();
  const WaitForBytes wait = watcher_->arrival_of(*jobs_.get(job));
  Arrival arrival = wait(0, milliseconds(0));
  EXPECT_EQ(arrival.bytes, 3U);
  EXPECT_EQ(arrival.expected_bytes, 20U);
  EXPECT_FALSE(arrival.whole);
  EXPECT_EQ(wait(3, milliseconds(1)).bytes, 3U);

  auto later = std::async(std::launch::async, [&] { return wait(3, std::chrono::minutes(1)); });
  arrive(upload, "def");
  watcher_->poke();
  EXPECT_EQ(later.get().bytes, 6U);

  arrive(upload, "ghijklmnopqrst");
  EXPECT_TRUE(wait(6, milliseconds(0)).whole);
  watcher_->look();
  arrival = wait(20, milliseconds(0));
  EXPECT_TRUE(arrival.whole);
  EXPECT_EQ(arrival.bytes, 20U);
  EXPECT_FALSE(watcher_->arrival_of(*jobs_.get(job)));
}

TEST_F(UploadWatcherTest, TellsAWaitingReaderThatTheUploadIsGone) {
  const std::string upload = add_upload("abc", 20);
  const std::string job = add_job(upload);
  watch();
  const WaitForBytes wait = watcher_->arrival_of(*jobs_.get(job));
  uploads_.remove(upload);
  try {
    wait(3, milliseconds(0));
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace voxlate::jobs
