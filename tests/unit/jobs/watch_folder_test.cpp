#include "jobs/watch_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "store/sqlite_job_store.h"
#include "store/sqlite_watch_store.h"
#include "tests/unit/jobs/fake_clock.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

using std::chrono::seconds;

class WatchFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(watched_);
    options_.folder = watched_;
    options_.spec.formats = {"srt"};
    options_.threads = false;
  }

  WatchFolder make() {
    return {options_,
            jobs_,
            memory_,
            data_,
            feed_,
            clock_,
            [](JobSpec& spec) {
              spec.formats = {"srt", "vtt"};
            },
            [](const std::filesystem::path& file, const JobSpec&) {
              if (read_file(file, 1 << 20).starts_with("no media"))
                throw Error(ErrorCode::kUnsupported, "there is no audio in it");
              return MediaSummary{.content_type = "video/mp4"};
            },
            [this] { ++wakes_; }};
  }

  void put(const std::string& path, const std::string& content = "media") const {
    std::filesystem::create_directories((watched_ / path).parent_path());
    std::ofstream(watched_ / path, std::ios::binary | std::ios::trunc) << content;
  }
  /// Looks twice, with time to settle between.
  int look_settled(WatchFolder& folder) {
    const int taken = folder.look();
    clock_.advance(seconds(5));
    return taken + folder.look();
  }
  /// Ends the next job with a result in each format.
  Job finish_next(const std::string& base, const std::string& text) {
    const auto claimed = jobs_.claim_next("server", clock_.now(), std::chrono::minutes(1), {});
    EXPECT_TRUE(claimed);
    std::vector<JobFile> files;
    for (const std::string ending : {".en.srt", ".en.vtt"}) {
      data_.workspace(claimed->job.id).write_atomically(base + ending, text);
      files.push_back(
          {.name = base + ending, .content_type = "text/plain", .language = "en", .size_bytes = text.size()});
    }
    jobs_.finish(claimed->lease, {.files = files, .notes = {}}, clock_.now());
    return claimed->job;
  }
  std::string content(const std::string& path) const { return read_file(watched_ / path, 1 << 20); }
  bool exists(const std::string& path) const { return std::filesystem::exists(watched_ / path); }
  std::size_t jobs() const { return jobs_.ids().size(); }

  TemporaryFolder folder_;
  const std::filesystem::path watched_ = folder_ / "in";
  DataFolder data_{folder_.path() / "data"};
  store::Storage storage_{{.path = data_.database(), .ballast_bytes = 0}};
  store::SqliteJobStore jobs_{storage_};
  store::SqliteWatchStore memory_{storage_};
  ChangeFeed feed_{1000};
  FakeClock clock_;
  WatchFolder::Options options_;
  int wakes_ = 0;
};

TEST_F(WatchFolderTest, MediaBecomesAJobAndItsResultLiesBesideIt) {
  put("show/talk.mp4");
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 1);
  EXPECT_EQ(wakes_, 1);
  const Job job = finish_next("talk", "1\n");
  EXPECT_EQ(job.spec.source_name, "talk.mp4");
  EXPECT_EQ(job.media.size_bytes, 5U);
  EXPECT_EQ(folder.look(), 0);
  EXPECT_EQ(content("show/talk.en.srt"), "1\n");
  EXPECT_FALSE(exists("show/talk.en.vtt")) << "nobody asked for it";
  clock_.advance(std::chrono::hours(48));
  EXPECT_EQ(look_settled(folder), 0);
  WatchFolder restarted = make();
  EXPECT_EQ(look_settled(restarted), 0) << "once, over restarts too";
  EXPECT_EQ(jobs(), 1U);
}

TEST_F(WatchFolderTest, WaitsUntilAFileDoesNotChange) {
  WatchFolder folder = make();
  put("a.mp4", "1");
  EXPECT_EQ(folder.look(), 0);
  clock_.advance(seconds(4));
  put("a.mp4", "12");
  EXPECT_EQ(folder.look(), 0);
  clock_.advance(seconds(4));
  EXPECT_EQ(folder.look(), 0);
  clock_.advance(seconds(1));
  EXPECT_EQ(folder.look(), 1);
}

TEST_F(WatchFolderTest, WaitsUntilTheWriterHasClosedIt) {
  WatchFolder folder = make();
  folder.look();
  std::ofstream writer(watched_ / "a.mp4");
  writer << "first" << std::flush;
  EXPECT_EQ(look_settled(folder), 0) << "the writer only pauses";
  writer.close();
  EXPECT_EQ(look_settled(folder), 1);
}

TEST_F(WatchFolderTest, PartialDownloadsAndOtherFilesAreLeftAlone) {
  for (const char* const name : {"a.mp4.part", "b.crdownload", ".hidden.mp4", "c.mp4~", "~d.mp4", "talk.en.srt",
                                 "x.txt", "noending", ".git/e.mp4"})
    put(name);
  put("empty.mp4", "");
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 0);
  EXPECT_EQ(jobs(), 0U);
}

TEST_F(WatchFolderTest, FollowsNoLink) {
  std::filesystem::create_directories(folder_ / "outside");
  std::ofstream(folder_ / "outside" / "secret.mp4") << "media";
  std::filesystem::create_symlink(folder_ / "outside", watched_ / "link");
  std::filesystem::create_symlink(folder_ / "outside" / "secret.mp4", watched_ / "secret.mp4");
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 0);
  const WatchedTree tree(watched_);
  EXPECT_THROW(static_cast<void>(tree.open("link/secret.mp4")), Error);
  EXPECT_THROW(static_cast<void>(tree.open("secret.mp4")), Error);
  EXPECT_THROW(static_cast<void>(tree.open("../outside/secret.mp4")), Error);
  EXPECT_THROW(static_cast<void>(tree.write("link/x.srt", "x", /*replace=*/true)), Error);
  EXPECT_THROW(static_cast<void>(tree.write("../x.srt", "x", /*replace=*/true)), Error);
}

TEST_F(WatchFolderTest, NeverOverAFileThatItDidNotWrite) {
  put("talk.mp4");
  put("talk.en.srt", "by hand");
  WatchFolder folder = make();
  look_settled(folder);
  finish_next("talk", "by us");
  folder.look();
  EXPECT_EQ(content("talk.en.srt"), "by hand");
  EXPECT_NE(memory_.find("talk.mp4")->note, "");
}

TEST_F(WatchFolderTest, ReplacesItsOwnResultUnlessItWasEdited) {
  put("talk.mp4");
  WatchFolder folder = make();
  look_settled(folder);
  finish_next("talk", "first");
  folder.look();
  put("talk.mp4", "another cut");
  EXPECT_EQ(look_settled(folder), 1) << "it is another file now";
  finish_next("talk", "second");
  folder.look();
  EXPECT_EQ(content("talk.en.srt"), "second");
  put("talk.en.srt", "second, edited");
  put("talk.mp4", "a third cut");
  look_settled(folder);
  finish_next("talk", "third");
  folder.look();
  EXPECT_EQ(content("talk.en.srt"), "second, edited");
}

TEST_F(WatchFolderTest, TwoFilesOfOneNameDoNotWriteOverEachOther) {
  put("talk.mkv", "one");
  put("talk.mp4", "two");
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 2);
  finish_next("talk", "first");
  folder.look();
  finish_next("talk", "second");
  folder.look();
  EXPECT_EQ(content("talk.en.srt"), "first");
}

TEST_F(WatchFolderTest, ATouchedFileIsNotDoneAgain) {
  put("talk.mp4");
  WatchFolder folder = make();
  look_settled(folder);
  put("talk.mp4");
  std::filesystem::last_write_time(watched_ / "talk.mp4", std::filesystem::file_time_type::clock::now() - seconds(90));
  EXPECT_EQ(look_settled(folder), 0);
  EXPECT_EQ(jobs(), 1U);
}

TEST_F(WatchFolderTest, WhatIsNoMediaIsNotedOnce) {
  put("a.mp4", "no media");
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 0);
  EXPECT_EQ(memory_.find("a.mp4")->state, WatchedState::kRefused);
  EXPECT_EQ(memory_.find("a.mp4")->note, "there is no audio in it");
  EXPECT_EQ(look_settled(folder), 0);
  put("a.mp4", "media after all");
  EXPECT_EQ(look_settled(folder), 1);
}

TEST_F(WatchFolderTest, AnUnreadableFileIsNotedAndHoldsUpNothing) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  put("a.mp4");
  put("b.mp4");
  ::chmod((watched_ / "a.mp4").c_str(), 0);
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 1);
  EXPECT_EQ(memory_.find("a.mp4")->state, WatchedState::kRefused);
}

TEST_F(WatchFolderTest, ATooLargeFileIsNotedAndHoldsUpNothing) {
  options_.max_file_bytes = 10;
  put("a.mp4", "media media media");
  put("b.mp4");
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 1);
  EXPECT_EQ(memory_.find("a.mp4")->state, WatchedState::kRefused);
}

TEST_F(WatchFolderTest, AKillBetweenJobAndMemoryMakesNoSecondJob) {
  put("talk.mp4");
  {
    WatchFolder folder = make();
    look_settled(folder);
  }
  storage_.write(store::Storage::Room::kMayUseBallast,
                 [](store::Database& database) { database.run("DELETE FROM watched_files"); });
  WatchFolder folder = make();
  look_settled(folder);
  EXPECT_EQ(jobs(), 1U);
  EXPECT_TRUE(memory_.find("talk.mp4"));
}

TEST_F(WatchFolderTest, ResultsMayGoElsewhere) {
  options_.output = folder_ / "out";
  std::filesystem::create_directories(options_.output);
  put("show/talk.mp4");
  WatchFolder folder = make();
  look_settled(folder);
  finish_next("talk", "text");
  folder.look();
  EXPECT_EQ(read_file(options_.output / "show/talk.en.srt", 100), "text");
  EXPECT_FALSE(exists("show/talk.en.srt"));
}

TEST_F(WatchFolderTest, AFailedJobIsNoted) {
  put("talk.mp4");
  WatchFolder folder = make();
  look_settled(folder);
  jobs_.fail(jobs_.claim_next("s", clock_.now(), seconds(60), {})->lease,
             {.code = ErrorCode::kCorrupt, .message = "it is damaged"}, std::nullopt, clock_.now());
  folder.look();
  EXPECT_EQ(memory_.find("talk.mp4")->note, "it is damaged");
  EXPECT_EQ(look_settled(folder), 0);
}

TEST_F(WatchFolderTest, AFullQueueIsWaitedFor) {
  options_.max_queued_jobs = 1;
  put("a.mp4", "a");
  put("b.mp4", "b");
  WatchFolder folder = make();
  EXPECT_EQ(look_settled(folder), 1);
  finish_next("a", "text");
  EXPECT_EQ(folder.look(), 1);
}

}  // namespace
}  // namespace voxlate::jobs
