#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "http/metrics_text.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using PerformanceRoutesTest = ServerTest;

TEST_F(PerformanceRoutesTest, TimingsAreShownAndReset) {
  start();
  performance_.times.record("transcribe", 400ms, 2000ms);
  performance_.times.record("write", 2ms, 0ms);
  const json stages = json::parse(get("/api/performance/timings").body).at("stages");
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0].at("stage"), "transcribe");
  EXPECT_EQ(stages[0].at("count"), 1);
  EXPECT_DOUBLE_EQ(stages[0].at("total_s"), 0.4);
  EXPECT_DOUBLE_EQ(stages[0].at("real_time_factor"), 0.2);
  EXPECT_NEAR(stages[0].at("p95_s"), 0.4, 0.012);
  EXPECT_TRUE(stages[1].at("real_time_factor").is_null());
  EXPECT_EQ(ask("DELETE", "/api/performance/timings").status, 204);
  EXPECT_TRUE(json::parse(get("/api/performance/timings").body).at("stages").empty());
}

TEST_F(PerformanceRoutesTest, AReceivedFileIsTimed) {
  start();
  make_job();
  const auto figures = performance_.times.figures();
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0].stage, "receive");
  EXPECT_EQ(figures[0].count, 1U);
}

TEST_F(PerformanceRoutesTest, HistoryHasColumnsPointsAndMarks) {
  start();
  const json history = json::parse(get("/api/performance/history?range=6h").body);
  EXPECT_EQ(history.at("begin"), "1970-02-11T10:00:00.000Z");
  EXPECT_EQ(history.at("step_s"), 10);
  EXPECT_EQ(history.at("columns").at(0), "cpu_percent");
  const json& point = history.at("points").at(0);
  EXPECT_EQ(point.at("mean").size(), history.at("columns").size());
  EXPECT_DOUBLE_EQ(point.at("mean").at(0), 12.5);
  EXPECT_DOUBLE_EQ(point.at("peak").at(0), 99.25);
  EXPECT_TRUE(point.at("mean").at(1).is_null());
  EXPECT_EQ(history.at("marks").at(0).at("kind"), "release");
  EXPECT_EQ(json::parse(get("/api/performance/history").body).at("begin"), "1970-02-11T15:45:00.000Z");
}

TEST_F(PerformanceRoutesTest, RangesThatAreNoneAreRefused) {
  start();
  for (const char* range : {"", "6", "h", "0h", "-1h", "6x", "6.5h", "401d", "999999999999d", "1h2"}) {
    expect_problem(get(std::string("/api/performance/history?range=") + range), 422, "invalid_input");
  }
}

TEST_F(PerformanceRoutesTest, OptimizeDoesWhatIsAsked) {
  start();
  const Answer answer = ask("POST", "/api/performance/optimize", "Content-Type: application/json\r\n",
                            R"({"force_memory_cleanup": true, "aggressive": true, "apply": ["more-jobs"]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json result = json::parse(answer.body);
  EXPECT_EQ(result.at("freed_bytes"), 150'000'000);
  EXPECT_EQ(result.at("memory_percent_before"), 88);
  EXPECT_EQ(result.at("refused").at(0).at("id"), "more-jobs");
  ASSERT_EQ(performance_.asked.size(), 1U);
  EXPECT_TRUE(performance_.asked[0].aggressive);
  EXPECT_EQ(performance_.asked[0].apply, std::vector<std::string>{"more-jobs"});
  for (const char* body :
       {"[]", "{\"aggressive\": 1}", "{\"apply\": \"x\"}", "{\"apply\": [1]}", "{\"more\": true}", "x"}) {
    expect_problem(ask("POST", "/api/performance/optimize", "Content-Type: application/json\r\n", body), 422,
                   "invalid_input");
  }
  EXPECT_EQ(performance_.asked.size(), 1U);
}

TEST_F(PerformanceRoutesTest, ShowsSettingsMemoryAndAdvice) {
  start();
  const json performance = json::parse(get("/api/performance").body);
  EXPECT_EQ(performance.at("profile"), "production");
  EXPECT_EQ(performance.at("settings").at(0).at("origin"), "flag");
  EXPECT_EQ(performance.at("workers").at("limit"), 4);
  EXPECT_DOUBLE_EQ(performance.at("resources").at("memory_percent"), 25);
  const json memory = json::parse(get("/api/performance/memory").body);
  EXPECT_EQ(memory.at("other_bytes"), 4000);
  EXPECT_EQ(memory.at("jobs").at(0).at("estimated_bytes"), 300);
  EXPECT_EQ(memory.at("holders").at(0).at("created"), 3);
  const json advice = json::parse(get("/api/performance/optimization").body).at("recommendations").at(0);
  EXPECT_EQ(advice.at("group"), "cpu");
  EXPECT_EQ(advice.at("evidence").at("jobs_queued"), 5);
  EXPECT_EQ(advice.at("setting").at("suggested"), "4");
}

TEST_F(PerformanceRoutesTest, SystemEventsTellTheStateEachSecond) {
  start();
  Client client(port_);
  client.send(head("GET", "/api/system/events"));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.header("content-type"), "text/event-stream");
  ASSERT_TRUE(client.wait_for("event: system")) << "at once";
  client.clear();
  ASSERT_TRUE(client.wait_for("event: system")) << "and a second later";
  ASSERT_TRUE(client.wait_for("}\n\n"));
  const std::string text = client.received();
  const auto begin = text.find("data: ") + 6;
  const json event = json::parse(text.substr(begin, text.find('\n', begin) - begin));
  EXPECT_EQ(event.at("memory_level"), "normal");
  EXPECT_DOUBLE_EQ(event.at("resources").at("cpu_percent"), 12.3);
  EXPECT_TRUE(event.at("alerts").is_array());
}

TEST_F(PerformanceRoutesTest, SystemEventsCountAmongTheStreams) {
  options_.max_event_streams = 1;
  start();
  {
    Client client(port_);
    client.send(head("GET", "/api/system/events"));
    ASSERT_TRUE(client.wait_for("event: system"));
    expect_problem(get("/api/events"), 503, "too_many_streams");
  }
  // The place is free once the server has seen that the client is gone.
  Answer answer;
  do {
    Client client(port_);
    client.send(head("GET", "/api/system/events"));
    answer = client.read_answer();
  } while (answer.status == 503);
  EXPECT_EQ(answer.status, 200);
}

MetricsFacts some_facts() {
  health::StageTimes times;
  times.record("transcribe", 400ms, 2000ms);
  times.record("transcribe", 4000s, 2000ms);
  times.record("write", 900us, 0ms);
  MetricsFacts facts;
  facts.status.resources.cpu_percent = 12.5;
  facts.status.resources.memory_used_bytes = 5'000'000'000;
  facts.status.resources.gpus = {{.index = 0, .memory_total_bytes = 10, .load_percent = 50}, {.index = 1}};
  facts.status.resources.disk_read_bytes_per_s = 1e20;
  facts.status.models = {{.id = "a\"b\\c\nd", .engine = "whisper", .device = "cpu", .compute_type = "auto"}};
  facts.status.alerts = {{.id = "stage:transcribe"}};
  facts.status.versions = {{"voxlate", "0.1.0"}, {"sqlite", "3"}};
  facts.queue = {{JobState::kQueued, 2}, {JobState::kFailed, 1}};
  facts.stages = times.figures();
  facts.holders = {{.name = "heap \"x\"", .bytes = 12}};
  return facts;
}

TEST(MetricsText, HasEveryFigureInTheUnitsOfPrometheus) {
  const std::string text = metrics_text(some_facts());
  for (const char* line : {
           "# TYPE voxlate_cpu_usage_ratio gauge\nvoxlate_cpu_usage_ratio 0.125\n",
           "\nvoxlate_memory_used_bytes 5e+09\n",
           "\nvoxlate_jobs{state=\"queued\"} 2\n",
           "\nvoxlate_build_info{version=\"0.1.0\"} 1\n",
           "\nvoxlate_memory_holder_bytes{holder=\"heap \\\"x\\\"\"} 12\n",
           "voxlate_stage_duration_seconds_bucket{stage=\"transcribe\",le=\"0.5\"} 1\n",
           "voxlate_stage_duration_seconds_bucket{stage=\"transcribe\",le=\"7200\"} 2\n",
           "voxlate_stage_duration_seconds_bucket{stage=\"transcribe\",le=\"+Inf\"} 2\n",
           "voxlate_stage_duration_seconds_sum{stage=\"transcribe\"} 4000.4\n",
           "voxlate_stage_media_seconds_total{stage=\"transcribe\"} 4\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin\n" << text;
  }
  EXPECT_EQ(text.find("memory_stall"), std::string::npos) << "what is not known is left out";
}

// Prometheus' own library for Python reads it: whether it is right is not for us to say.
TEST(MetricsText, IsReadByPrometheus) {
  if (std::system("/usr/bin/python3 -c 'import prometheus_client' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3-prometheus-client is not installed";
  }
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "metrics").string();
  std::ofstream(path) << metrics_text(some_facts());
  const std::string program = "/usr/bin/python3 " VOXLATE_SOURCE_DIR "/tests/unit/http/read_metrics.py " + path;
  FILE* const pipe = ::popen(program.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) said.append(buffer.data(), size);
  EXPECT_EQ(::pclose(pipe), 0) << said;
  const json read = json::parse(said, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(read.is_object()) << said;
  EXPECT_EQ(read.at("types").at("voxlate_stage_duration_seconds"), "histogram");
  EXPECT_EQ(read.at("types").at("voxlate_memory_releases"), "counter");
  const json& samples = read.at("samples");
  EXPECT_EQ(samples.at("voxlate_jobs{state=queued}"), 2);
  EXPECT_EQ(samples.at("voxlate_model_bytes{compute_type=auto,device=cpu,engine=whisper,model=a\"b\\c\nd}"), 0);
  EXPECT_EQ(samples.at("voxlate_stage_duration_seconds_bucket{le=7200,stage=transcribe}").get<int>() +
                samples.at("voxlate_stage_duration_seconds_bucket{le=+Inf,stage=transcribe}").get<int>(),
            4)
      << said;
}

TEST_F(PerformanceRoutesTest, MetricsAreServedAsPrometheusAsksForThem) {
  start();
  make_job();
  const Answer answer = get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(answer.body.find("\nvoxlate_jobs{state=\"queued\"} 1\n"), std::string::npos) << answer.body;
  EXPECT_TRUE(answer.body.ends_with("\n"));
}

}  // namespace
}  // namespace voxlate::http
