#include "jobs/importer.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "jobs/file_names.h"
#include "store/sqlite_import_store.h"
#include "store/sqlite_job_store.h"
#include "tests/unit/jobs/fake_clock.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

class ImporterTest : public ::testing::Test {
 protected:
  std::string add(const std::string& url = "https://example.com/v/talk.mp4?x=1") {
    NewJob job;
    job.id = random_id();
    job.owner = "ann";
    job.source_url = url;
    job.spec.source_name = "talk.mp4";
    jobs_.enqueue(job, clock_.now());
    return job.id;
  }

  /// Without threads of its own.
  Importer make() {
    return {{.downloads = 0, .retry = {.max_attempts = 2}},
            imports_,
            data_,
            feed_,
            clock_,
            [this](const std::string& url, const std::filesystem::path& target, const Importer::Progress& progress,
                   const std::stop_token& stop) { return fetch_(url, target, progress, stop); },
            [this](const std::filesystem::path& file, const JobSpec&) { return probe_(file); },
            [this] { ++wakes_; }};
  }

  Job job(const std::string& id) const { return jobs_.get(id).value(); }
  bool claims() { return jobs_.claim_next("server", clock_.now(), std::chrono::minutes(1), {}).has_value(); }

  TemporaryFolder folder_;
  DataFolder data_{folder_.path() / "data"};
  store::Storage storage_{{.path = data_.database(), .ballast_bytes = 0}};
  store::SqliteJobStore jobs_{storage_};
  store::SqliteImportStore imports_{storage_};
  ChangeFeed feed_{1000};
  FakeClock clock_;
  int wakes_ = 0;
  int fetches_ = 0;
  std::function<Importer::Fetched(const std::string&, const std::filesystem::path&, const Importer::Progress&,
                                  const std::stop_token&)>
      fetch_ = [this](const std::string& url, const std::filesystem::path& target, const Importer::Progress& progress,
                      const std::stop_token&) {
        ++fetches_;
        progress({.done_bytes = 3, .total_bytes = 5});
        std::ofstream(target) << "media";
        return Importer::Fetched{.disposition = "attachment; filename=\"../My Talk.mp4\"", .url = url};
      };
  std::function<MediaSummary(const std::filesystem::path&)> probe_ = [](const std::filesystem::path& file) {
    return MediaSummary{.size_bytes = std::filesystem::file_size(file), .content_type = "video/mp4"};
  };
};

TEST_F(ImporterTest, TheOwnerIsChargedForTheMediaOnceItIsThere) {
  probe_ = [](const std::filesystem::path&) {
    return MediaSummary{
        .size_bytes = 5, .duration = std::chrono::minutes(90), .content_type = "video/mp4", .description = "mp4"};
  };
  add();
  EXPECT_EQ(jobs_.usage_of("ann", clock_.now()).media_today, std::chrono::minutes(0));
  clock_.advance(std::chrono::hours(24));  // it came on another day
  EXPECT_TRUE(make().import_one({}));
  const OwnerUsage usage = jobs_.usage_of("ann", clock_.now());
  EXPECT_EQ(usage.media_today, std::chrono::minutes(90));
  EXPECT_EQ(usage.jobs_today, 0);
  add();
  EXPECT_EQ(jobs_.usage_of("ann", clock_.now()).jobs_today, 1);
  EXPECT_TRUE(make().import_one({}));
  EXPECT_EQ(jobs_.usage_of("ann", clock_.now()).media_today, std::chrono::minutes(180));
  NewJob next;
  next.id = random_id();
  next.owner = "ann";
  next.limits.media_per_day = std::chrono::minutes(179);
  EXPECT_EQ(jobs_.enqueue(next, clock_.now()).refused, OwnerLimit::kMediaPerDay);
}

TEST_F(ImporterTest, WhatCannotBeHadIsNotCharged) {
  probe_ = [](const std::filesystem::path&) -> MediaSummary { throw Error(ErrorCode::kUnsupported, "no audio"); };
  add();
  EXPECT_TRUE(make().import_one({}));
  EXPECT_EQ(jobs_.usage_of("ann", clock_.now()).media_today, std::chrono::minutes(0));
}

TEST_F(ImporterTest, AJobWaitsForItsSourceAndGetsItsName) {
  Importer importer = make();
  const std::string id = add();
  EXPECT_FALSE(claims());
  EXPECT_TRUE(importer.import_one({}));
  EXPECT_FALSE(importer.import_one({}));
  const Job done = job(id);
  EXPECT_EQ(done.awaited_url, "");
  EXPECT_EQ(done.spec.source_name, "My Talk.mp4");
  EXPECT_EQ(done.media.size_bytes, 5U);
  EXPECT_EQ(done.state, JobState::kQueued);
  EXPECT_TRUE(std::filesystem::exists(data_.workspace(id).source()));
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(claims());
}

TEST_F(ImporterTest, ProgressIsSeenWhileItRuns) {
  Importer importer = make();
  const std::string id = add();
  const auto fetch = fetch_;
  fetch_ = [&, fetch](const auto& url, const auto& target, const auto& progress, const auto& stop) {
    auto fetched = fetch(url, target, progress, stop);
    EXPECT_EQ(importer.progress(id).value().done_bytes, 3U);
    EXPECT_FALSE(importer.import_one({})) << "nobody else takes it";
    return fetched;
  };
  importer.import_one({});
  EXPECT_FALSE(importer.progress(id));
}

TEST_F(ImporterTest, WhatMayHelpIsTriedAgainAndThenFails) {
  Importer importer = make();
  const std::string id = add();
  fetch_ = [](const auto&, const auto&, const auto&, const auto&) -> Importer::Fetched {
    throw Error(ErrorCode::kUnavailable, "example.com: no route");
  };
  EXPECT_TRUE(importer.import_one({}));
  EXPECT_EQ(job(id).state, JobState::kQueued);
  EXPECT_EQ(job(id).error.value().message, "example.com: no route");
  EXPECT_FALSE(importer.import_one({})) << "not yet";
  clock_.advance(std::chrono::seconds(10));
  EXPECT_TRUE(importer.import_one({}));
  EXPECT_EQ(job(id).state, JobState::kFailed);
  EXPECT_EQ(job(id).error.value().code, ErrorCode::kUnavailable);
  jobs_.retry(id, clock_.now());
  EXPECT_TRUE(importer.import_one({})) << "a retry by hand fetches anew";
  EXPECT_EQ(job(id).state, JobState::kQueued) << "with all its attempts";
}

TEST_F(ImporterTest, WhatCannotHelpFailsAtOnce) {
  Importer importer = make();
  const std::string id = add();
  probe_ = [](const auto&) -> MediaSummary { throw Error(ErrorCode::kUnsupported, "no audio"); };
  EXPECT_TRUE(importer.import_one({}));
  EXPECT_EQ(job(id).state, JobState::kFailed);
  EXPECT_EQ(job(id).error.value().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(std::filesystem::exists(data_.workspace(id).source()));
}

TEST_F(ImporterTest, ACancelStopsTheDownload) {
  Importer importer = make();
  const std::string id = add();
  fetch_ = [&](const auto&, const auto&, const auto&, const std::stop_token& stop) -> Importer::Fetched {
    jobs_.request_cancel(id, clock_.now());
    importer.poke();
    EXPECT_TRUE(stop.stop_requested());
    throw Error(ErrorCode::kCancelled, "stopped");
  };
  EXPECT_TRUE(importer.import_one({}));
  EXPECT_EQ(job(id).state, JobState::kCancelled);
  EXPECT_FALSE(importer.import_one({}));
}

TEST_F(ImporterTest, ADeletedJobLeavesNoFolder) {
  Importer importer = make();
  const std::string id = add();
  fetch_ = [&](const auto&, const std::filesystem::path& target, const auto&, const auto&) -> Importer::Fetched {
    jobs_.remove(id);
    std::ofstream(target) << "part";
    throw Error(ErrorCode::kCancelled, "stopped");
  };
  importer.import_one({});
  EXPECT_FALSE(std::filesystem::exists(data_.workspace(id).source().parent_path()));
}

TEST_F(ImporterTest, AStopLeavesTheJobForTheNextProcess) {
  const std::string id = add();
  std::stop_source stop;
  {
    Importer importer = make();
    fetch_ = [&](const auto&, const auto&, const auto&, const std::stop_token& token) -> Importer::Fetched {
      stop.request_stop();
      EXPECT_TRUE(token.stop_requested());
      throw Error(ErrorCode::kCancelled, "stopped");
    };
    EXPECT_FALSE(importer.import_one(stop.get_token()));
  }
  EXPECT_EQ(job(id).state, JobState::kQueued);
  EXPECT_FALSE(job(id).error);
  std::ofstream(data_.workspace(id).source()) << "whole";  // killed between the last byte and the note of it
  Importer next = make();
  EXPECT_TRUE(next.import_one({}));
  EXPECT_EQ(fetches_, 0) << "it is not fetched again";
  EXPECT_EQ(job(id).awaited_url, "");
}

TEST(ImportName, IsWhatTheServerSaysElseTheAddress) {
  EXPECT_EQ(import_name("", "https://example.com/a/b%20c.mp4?d#e"), "b c.mp4");
  EXPECT_EQ(import_name("attachment; filename=x.mp4", "https://example.com/y"), "x.mp4");
  EXPECT_EQ(import_name("attachment; filename=\"a;b \\\"c\\\".mp4\"; size=3", "https://e.com/"), "a;b c.mp4");
  EXPECT_EQ(import_name("inline; filename=\"e.mp4\"; filename*=UTF-8''na%C3%AFve.mp4", "https://e.com/"), "naïve.mp4");
  EXPECT_EQ(import_name("attachment; FILENAME=\"../../etc/passwd\"", "https://e.com/"), "passwd");
  EXPECT_EQ(import_name("attachment; filename*=UTF-8''..%2F..%2Fx", "https://e.com/"), "x");
  EXPECT_EQ(import_name("attachment", "https://example.com/"), "download");
  EXPECT_EQ(import_name("", "https://example.com/%2e%2e%2f%00"), "media");
  EXPECT_EQ(import_name("", "https://example.com"), "download");
}

}  // namespace
}  // namespace voxlate::jobs
