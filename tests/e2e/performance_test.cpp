// How the real server watches itself: timings of a real job, figures over time, alerts, workers, advice, Prometheus.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// Asks again and again until `done` says so; the last answer.
json poll(const std::function<json()>& ask, const std::function<bool(const json&)>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  json answer = ask();
  while (!done(answer) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    answer = ask();
  }
  return answer;
}

std::map<std::string, json> by(const json& list, const std::string& name) {
  std::map<std::string, json> found;
  for (const json& one : list) found[one.at(name)] = one;
  return found;
}

class PerformanceOfTheServer : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(PerformanceOfTheServer, TimesEveryStageOfAJobAndLogsIt) {
  if (speech_clips().size() != 5) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
  if (!has_program("ffmpeg")) GTEST_SKIP() << "needs ffmpeg";
  const auto sentences = make_recording(folder_ / "talk.wav", /*pause_s=*/0.5);
  const ServerProcess server(folder_ / "data");
  const Response accepted = submit(server, folder_ / "talk.wav", {{"targets", "es"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const json job = wait_until_finished(server, accepted.json.at("id"));
  ASSERT_EQ(job.at("status"), "completed") << job.dump(1);

  const auto stages = by(get(server, "/api/performance/timings").json.at("stages"), "stage");
  for (const char* stage : {"receive", "probe", "read", "transcribe", "translate", "layout", "write", "job"}) {
    ASSERT_TRUE(stages.contains(stage)) << stage;
    EXPECT_GE(stages.at(stage).at("count"), 1) << stage;
    EXPECT_GT(stages.at(stage).at("total_s"), 0) << stage;
  }
  const json& whole = stages.at("job");
  EXPECT_NEAR(whole.at("media_s"), job.at("duration_s"), 0.5);
  const double parts = stages.at("transcribe").at("total_s").get<double>() +
                       stages.at("translate").at("total_s").get<double>() +
                       stages.at("layout").at("total_s").get<double>() + stages.at("write").at("total_s").get<double>();
  EXPECT_LE(parts, whole.at("total_s").get<double>() * 1.001);
  EXPECT_GT(parts, whole.at("total_s").get<double>() * 0.8) << "something takes long that is no stage";
  EXPECT_THAT(server.log(), ContainsRegex("stage done job_id=" + job.at("id").get<std::string>() +
                                          " stage=transcribe wall_ms=[0-9.]+ media_ms=[0-9]+ rtf=0"));
  const json workers = get(server, "/api/system/status").json.at("workers").at("stage_tasks");
  EXPECT_GE(workers.at("completed"), 3) << "utterances, a translation, a probe";
  EXPECT_EQ(workers.at("active"), 0);

  // Figures of ten seconds, that of the job among them, and kept over a restart.
  const auto history = [&] { return get(server, "/api/performance/history?range=15m").json; };
  const json points = poll(history, [](const json& answer) { return !answer.at("points").empty(); }).at("points");
  ASSERT_FALSE(points.empty());
  EXPECT_GT(points[0].at("mean").at(2), 0) << "percent of memory";
}

TEST_F(PerformanceOfTheServer, SaysHowManyWorkersAreBestAndWhereSettingsComeFrom) {
  ::setenv("MAX_WORKERS_LIMIT", "9", /*overwrite=*/1);
  const ServerProcess server(folder_ / "data", {"--set", "workers.min=3"});
  ::unsetenv("MAX_WORKERS_LIMIT");
  const auto performance = [&] { return get(server, "/api/performance").json; };
  const json now = poll(performance, [](const json& answer) { return answer.at("workers").at("reasons").size() > 0; });
  EXPECT_GE(now.at("workers").at("limit"), 3);
  EXPECT_LE(now.at("workers").at("limit"), 9);
  const auto settings = by(now.at("settings"), "key");
  EXPECT_EQ(settings.at("workers.max").at("value"), "9");
  EXPECT_THAT(settings.at("workers.max").at("origin").get<std::string>(), HasSubstr("MAX_WORKERS_LIMIT"));
  EXPECT_THAT(settings.at("workers.min").at("origin").get<std::string>(), HasSubstr("flag"));
  EXPECT_EQ(settings.at("memory.watchdog").at("on"), true);
  EXPECT_EQ(now.dump().find("://"), std::string::npos) << "addresses may hold passwords";
  EXPECT_THAT(server.log(), HasSubstr("Memory monitoring enabled"));
}

TEST_F(PerformanceOfTheServer, FollowsThePlanWhenAsked) {
  const ServerProcess server(folder_ / "data", {"--set", "workers.count=13"});
  const auto advice = [&] { return get(server, "/api/performance/optimization").json; };
  const auto has_plan = [](const json& answer) {
    return by(answer.at("recommendations"), "id").contains("follow-worker-plan");
  };
  ASSERT_TRUE(has_plan(poll(advice, has_plan)));
  const Response done =
      post_json(server, "/api/performance/optimize",
                {{"force_memory_cleanup", true}, {"apply", json::array({"follow-worker-plan", "no-such"})}});
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json.at("done").size(), 2U) << done.body;
  EXPECT_EQ(done.json.at("refused").at(0).at("id"), "no-such");
  EXPECT_NE(get(server, "/api/performance").json.at("workers").at("limit"), 13);
  EXPECT_FALSE(has_plan(advice()));
  EXPECT_THAT(server.log(), ContainsRegex("Optimal workers calculated: [0-9]+ \\(based on [0-9]+ cores, [0-9]+GB"));
  EXPECT_THAT(server.log(), ContainsRegex("Performance optimization completed - memory cleaned: [0-9]+MB"));
}

TEST_F(PerformanceOfTheServer, RaisesAlertsAndShowsThemEverywhere) {
  const ServerProcess server(folder_ / "data",
                             {"--set", "alerts.disk_free_bytes=1024T", "--set", "alerts.raise_seconds=1"});
  const auto status = [&] { return get(server, "/api/system/status").json; };
  const auto raised = [](const json& answer) { return by(answer.at("alerts"), "id").contains("disk_space"); };
  ASSERT_TRUE(raised(poll(status, raised)));
  EXPECT_THAT(get(server, "/metrics").body, HasSubstr("voxlate_alert_active{alert=\"disk_space\"} 1\n"));
  EXPECT_THAT(server.log(), HasSubstr("alert raised id=disk_space"));
  const auto history = [&] { return get(server, "/api/performance/history?range=15m").json; };
  const auto marked = [](const json& answer) { return by(answer.at("marks"), "kind").contains("alert"); };
  EXPECT_TRUE(marked(poll(history, marked)));
}

}  // namespace
}  // namespace voxlate::e2e
