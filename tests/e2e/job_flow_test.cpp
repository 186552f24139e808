// The main job on the real server: a video goes in, English and Spanish subtitles come out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// PocketSphinx on these five sentences; bench/word_error_rate measures it on real speech at large.
constexpr double kMaxWordErrorRate = 0.35;
constexpr double kMaxTimeErrorS = 0.5;

class JobFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    if (speech_clips().size() != 5) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
    if (!has_program("ffmpeg")) GTEST_SKIP() << "needs ffmpeg";
  }

  static std::string file_url(const json& job, std::string_view ending) {
    for (const json& file : job.at("files")) {
      if (file.at("name").get<std::string>().ends_with(ending)) return file.at("url");
    }
    ADD_FAILURE() << "no file ends with " << ending << " in " << job.dump(1);
    return "/";
  }

  TemporaryFolder folder_;
};

std::string text_of(const json& transcript) {
  std::string text;
  for (const json& segment : transcript.at("segments")) text += segment.at("text").get<std::string>() + " ";
  return text;
}

/// The begin of the first word that lies in [begin, end).
double first_word_in(const json& transcript, double begin_s, double end_s) {
  for (const json& segment : transcript.at("segments")) {
    for (const json& word : segment.at("words")) {
      if (word.at("end").get<double>() > begin_s && word.at("start").get<double>() < end_s) return word.at("start");
    }
  }
  return -1;
}

TEST_F(JobFlow, VideoBecomesEnglishAndSpanishSubtitles) {
  const auto sentences = make_recording(folder_ / "talk.mp4", /*pause_s=*/2.0);
  const ServerProcess server(folder_ / "data");
  const Response accepted = submit(server, folder_ / "talk.mp4", {{"targets", "es"}, {"formats", "srt,json"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const json job = wait_until_finished(server, accepted.json.at("id"));
  ASSERT_EQ(job.at("status"), "completed") << job.dump(1);

  const json transcript = get(server, job.at("links").at("transcript")).json;
  const double error_rate = word_error_rate(all_text(sentences), text_of(transcript));
  RecordProperty("word_error_rate", std::to_string(error_rate));
  EXPECT_LE(error_rate, kMaxWordErrorRate) << text_of(transcript);
  for (const Sentence& sentence : sentences) {
    EXPECT_NEAR(first_word_in(transcript, sentence.begin_s, sentence.end_s), sentence.begin_s, kMaxTimeErrorS)
        << sentence.text;
  }
  EXPECT_THAT(get(server, file_url(job, ".en.srt")).body, HasSubstr("00:00:0"));
  EXPECT_THAT(get(server, file_url(job, ".es.srt")).body, HasSubstr("mujer"));
  EXPECT_THAT(get(server, file_url(job, ".es.vtt")).body, HasSubstr("WEBVTT"));
}

TEST_F(JobFlow, SoundOnlyFileWorksToo) {
  const auto sentences = make_recording(folder_ / "talk.wav", /*pause_s=*/1.0);
  const ServerProcess server(folder_ / "data");
  const json job = wait_until_finished(server, submit(server, folder_ / "talk.wav").json.at("id"));
  ASSERT_EQ(job.at("status"), "completed") << job.dump(1);
  EXPECT_LE(word_error_rate(all_text(sentences), text_of(get(server, job.at("links").at("transcript")).json)),
            kMaxWordErrorRate);
}

TEST_F(JobFlow, CuesKeepTheContainersStartOffset) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.5);
  ASSERT_EQ(run_program({"ffmpeg",
                         "-y",
                         "-f",
                         "lavfi",
                         "-i",
                         "testsrc=size=160x90:rate=5:duration=60",
                         "-itsoffset",
                         "7",
                         "-i",
                         (folder_ / "talk.wav").string(),
                         "-map",
                         "0:v",
                         "-map",
                         "1:a",
                         "-c:v",
                         "libx264",
                         "-preset",
                         "ultrafast",
                         "-c:a",
                         "aac",
                         (folder_ / "late.mkv").string()}),
            0);
  const ServerProcess server(folder_ / "data");
  const json job = wait_until_finished(server, submit(server, folder_ / "late.mkv").json.at("id"));
  ASSERT_EQ(job.at("status"), "completed") << job.dump(1);
  const json transcript = get(server, job.at("links").at("transcript")).json;
  EXPECT_NEAR(first_word_in(transcript, 0, 100), 7.5, kMaxTimeErrorS);
}

TEST_F(JobFlow, ManyJobsAtOnceAllFinish) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.5);
  const ServerProcess server(folder_ / "data");
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(submit(server, folder_ / "talk.wav", {{"targets", "es"}, {"cache", "false"}}).json.at("id"));
  }
  std::set<std::string> texts;
  for (const std::string& id : ids) {
    const json job = wait_until_finished(server, id);
    EXPECT_EQ(job.at("status"), "completed") << job.dump(1);
    texts.insert(get(server, file_url(job, ".es.vtt")).body);
  }
  EXPECT_EQ(texts.size(), 1U) << "the result of a job depends on its company";
}

TEST_F(JobFlow, CancelStopsARunningJobAndRetryFinishesIt) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.2, /*repeats=*/4);
  const ServerProcess server(folder_ / "data");
  const std::string id = submit(server, folder_ / "talk.wav").json.at("id");
  EXPECT_EQ(post(server, "/api/jobs/" + id + "/cancel").status, 200);
  EXPECT_EQ(wait_until_finished(server, id, /*limit_s=*/10).at("status"), "cancelled");
  EXPECT_EQ(post(server, "/api/jobs/" + id + "/retry").status, 202);
  EXPECT_EQ(wait_until_finished(server, id).at("status"), "completed");
}

TEST_F(JobFlow, DeleteLeavesNothing) {
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.2);
  const ServerProcess server(folder_ / "data");
  const std::string finished = submit(server, folder_ / "talk.wav").json.at("id");
  wait_until_finished(server, finished);
  EXPECT_EQ(remove(server, "/api/jobs/" + finished).status, 204);
  EXPECT_EQ(get(server, "/api/jobs/" + finished).status, 404);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data" / "jobs" / finished));
}

}  // namespace
}  // namespace voxlate::e2e
