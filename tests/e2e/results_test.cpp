// Results of earlier jobs on the real server: the same media with the same options is recognised once, whichever way it
// comes, and in another format or language without being recognised again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <regex>
#include <thread>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "spoken_words.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;
using ::testing::Contains;

constexpr std::uint64_t kMaxFileBytes = 64 << 20;

int count(const std::string& text, std::string_view part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

class JobResults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_program("espeak-ng")) GTEST_SKIP() << "needs Debian's package espeak-ng";
    std::filesystem::create_directories(data_ / "models");
    std::filesystem::copy_file(test_words_model(), data_ / "models" / test_words_model().filename());
    const auto words = test_words();
    SpokenWords speech;
    for (std::size_t i = 0; i < 24; ++i) {
      speech.say(words[i % words.size()].first, {"en-us+m4", 145, 45});
      speech.pause(i % 3 == 2 ? 0.9 : 0.15);
    }
    speech.write(audio_);
  }

  static std::string id_of(const Response& accepted) {
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    return accepted.json.value("id", "");
  }

  json finished(const ServerProcess& server, const std::string& id) {
    json job = wait_until_finished(server, id);
    EXPECT_EQ(job.at("status"), "completed") << job.dump(1);
    return job;
  }

  json run(const ServerProcess& server, const Fields& fields = {{"language", "en"}}) {
    return finished(server, id_of(submit(server, audio_, fields)));
  }

  /// What curl gets, head included.
  std::string curl(const ServerProcess& server, const std::string& path, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"curl", "-sS", "-f", "-i", "-o", (folder_ / "answer").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(server.url() + path);
    EXPECT_EQ(run_program(arguments), 0) << path;
    return read_file(folder_ / "answer", kMaxFileBytes);
  }

  /// The id of a complete upload of the file.
  std::string upload_by_tus(const ServerProcess& server) {
    const std::string answer = curl(
        server, "/api/uploads",
        {"-H", "Tus-Resumable: 1.0.0", "-H", "Upload-Length: " + std::to_string(std::filesystem::file_size(audio_)),
         "-H", "Content-Type: application/offset+octet-stream", "--data-binary", "@" + audio_.string()});
    std::smatch found;
    EXPECT_TRUE(std::regex_search(answer, found, std::regex("Location: /api/uploads/([a-z0-9]+)"))) << answer;
    return found.str(1);
  }

  static int transcriptions(const ServerProcess& server) { return count(server.log(), "transcribed"); }

  static std::string content(const ServerProcess& server, const json& job, const std::string& suffix) {
    for (const json& file : job.at("files")) {
      if (file.at("name").get<std::string>().ends_with(suffix)) return get(server, file.at("url")).body;
    }
    ADD_FAILURE() << "no file " << suffix << " in " << job.at("files").dump(1);
    return {};
  }

  const TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_ / "data";
  const std::filesystem::path audio_ = folder_ / "speech.wav";
};

TEST_F(JobResults, TheSecondSubmissionIsAnsweredAtOnceAndAlike) {
  using Clock = std::chrono::steady_clock;
  const ServerProcess server(data_);
  const json first = run(server);
  EXPECT_TRUE(first.at("cached").empty());
  std::vector<double> took_ms;
  json again;
  for (int i = 0; i < 9; ++i) {
    const std::string id = id_of(submit(server, audio_, {{"language", "en"}}));
    const Clock::time_point begin = Clock::now();
    again = get(server, "/api/jobs/" + id).json;
    while (again.at("status") == "queued" || again.at("status") == "processing")
      again = get(server, "/api/jobs/" + id).json;
    took_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    EXPECT_EQ(again.at("cached"), json({"transcript"})) << again.dump(1);
  }
  std::ranges::sort(took_ms);
  RecordProperty("median_ms", std::to_string(took_ms[took_ms.size() / 2]));
  EXPECT_LT(took_ms[took_ms.size() / 2], 500) << "on a machine that does other things";
  EXPECT_EQ(transcriptions(server), 1);
  EXPECT_EQ(content(server, again, ".en.srt"), content(server, first, ".en.srt"));
  EXPECT_EQ(get(server, again.at("links").at("transcript")).json.at("segments"),
            get(server, first.at("links").at("transcript")).json.at("segments"));
  EXPECT_EQ(again.at("progress").at("fraction"), 1);
}

TEST_F(JobResults, TenAtOnceCostOneTranscription) {
  const ServerProcess server(data_);
  std::vector<std::string> ids(10);
  {
    std::vector<std::jthread> clients;
    for (std::string& id : ids) clients.emplace_back([&] { id = id_of(submit(server, audio_, {{"language", "en"}})); });
  }
  int made = 0;
  for (const std::string& id : ids) made += finished(server, id).at("cached").empty() ? 1 : 0;
  EXPECT_EQ(made, 1);
  EXPECT_EQ(transcriptions(server), 1);
}

TEST_F(JobResults, ManyUploadsOfTheSameCostOneTranscription) {
  const ServerProcess server(data_);
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    const std::string upload = upload_by_tus(server);
    ids.push_back(id_of(post_json(server, "/api/jobs", {{"upload", upload}, {"language", "en"}})));
  }
  for (const std::string& id : ids) finished(server, id);
  EXPECT_EQ(transcriptions(server), 1);
  EXPECT_THAT(run(server).at("cached"), Contains("transcript")) << "however it comes";
}

TEST_F(JobResults, OtherFormatsAndTargetsUseTheTranscriptAgain) {
  std::filesystem::copy_file(test_translate_package("es"), data_ / "models" / test_translate_package("es").filename());
  const ServerProcess server(data_);
  run(server);
  const json formats = run(server, {{"language", "en"}, {"formats", "tsv,txt"}, {"profile", "bbc"}});
  EXPECT_EQ(formats.at("cached"), json({"transcript"}));
  EXPECT_FALSE(content(server, formats, ".en.tsv").empty());
  const json spanish = run(server, {{"language", "en"}, {"targets", "es"}});
  EXPECT_EQ(spanish.at("cached"), json({"transcript"})) << spanish.dump(1);
  const json again = run(server, {{"language", "en"}, {"targets", "es"}});
  EXPECT_EQ(again.at("cached"), json({"transcript", "es"}));
  EXPECT_EQ(content(server, again, ".es.srt"), content(server, spanish, ".es.srt"));
  EXPECT_EQ(transcriptions(server), 1);
}

TEST_F(JobResults, OtherOptionsAndRefusalsAreRecognisedAnew) {
  const ServerProcess server(data_);
  run(server);
  EXPECT_TRUE(run(server, {{"language", "en"}, {"prompt", "names"}}).at("cached").empty());
  EXPECT_TRUE(run(server, {{"language", "en"}, {"cache", "false"}}).at("cached").empty());
  EXPECT_EQ(transcriptions(server), 3);
  EXPECT_GT(remove(server, "/api/caches/results").json.at("freed_bytes"), 0);
  EXPECT_TRUE(run(server).at("cached").empty());
  const ServerProcess without(folder_ / "other",
                              {"--set", "cache.results=false", "--set", "models.dir=" + (data_ / "models").string()});
  run(without);
  EXPECT_TRUE(run(without).at("cached").empty());
  EXPECT_EQ(transcriptions(without), 2);
}

TEST_F(JobResults, InFilesTheySurviveARestartButNoOtherSetting) {
  std::vector<std::string> flags = {"--set", "cache.type=file", "--set", "server.min_free_disk_bytes=0"};
  {
    const ServerProcess server(data_, flags);
    run(server);
  }
  {
    const ServerProcess server(data_, flags);
    EXPECT_EQ(run(server).at("cached"), json({"transcript"}));
  }
  flags.insert(flags.end(), {"--set", "whisper.beam_size=2"});
  const ServerProcess server(data_, flags);
  EXPECT_TRUE(run(server).at("cached").empty());
}

TEST_F(JobResults, ClientsOfOtherServersShareThem) {
  const ServerProcess server(data_);
  run(server, {{"language", "en"}, {"model", "test-words"}});
  const std::string file = "@" + audio_.string();
  curl(server, "/v1/audio/transcriptions", {"-F", "file=" + file, "-F", "model=test-words", "-F", "language=en"});
  curl(server, "/inference", {"-F", "file=" + file, "-F", "language=en"});
  EXPECT_EQ(transcriptions(server), 1);
}

}  // namespace
}  // namespace voxlate::e2e
