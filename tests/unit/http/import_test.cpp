#include "http/job_document.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;

class ImportTest : public ServerTest {
 protected:
  Answer import(const std::string& document, const std::string& more = {}) const {
    return ask("POST", "/api/jobs", more + "Content-Type: application/json\r\n", document);
  }
};

TEST_F(ImportTest, QueuesAJobThatWaitsForItsDownload) {
  start();
  const Answer answer = import(
      R"({"url": "https://example.com/a/My%20Talk.mp4?x=1", "language": "en", "targets": ["es"], "vad": true, "audio_track": 1})");
  ASSERT_EQ(answer.status, 202) << answer.body;
  const std::string id = json::parse(answer.body).at("id");
  EXPECT_FALSE(json::parse(answer.body).contains("webhook_secret"));
  EXPECT_EQ(answer.header("location"), "/api/jobs/" + id);
  const json job = json::parse(get("/api/jobs/" + id).body);
  EXPECT_EQ(job["name"], "My Talk.mp4");
  EXPECT_EQ(job["language"], "en");
  EXPECT_EQ(job["targets"], json({"es"}));
  EXPECT_EQ(job["audio_track"], 1);
  EXPECT_EQ(job["status"], "queued");
  EXPECT_EQ(job["waiting_for"], json({{"reason", "download"}, {"downloaded_bytes", 10}, {"total_bytes", 100}}));
  EXPECT_EQ(store_.get(id)->awaited_url, "https://example.com/a/My%20Talk.mp4?x=1");
  EXPECT_EQ(wakes_, 1);
  EXPECT_FALSE(store_.claim_next("s", clock_.now(), std::chrono::minutes(1), {}));
}

TEST_F(ImportTest, AnAddressInsideIsRefusedBeforeAnythingHappens) {
  start();
  expect_problem(import(R"({"url": "http://127.0.0.1/"})"), 422, "url_not_allowed");
  expect_problem(import(R"({"url": "https://example.com/a", "webhook_url": "http://10.0.0.1/"})"), 422,
                 "url_not_allowed");
  expect_problem(post(Form().file("a.mp4", "x").field("webhook_url", "http://10.0.0.1/")), 422, "url_not_allowed");
  EXPECT_TRUE(store_.ids().empty());
  EXPECT_EQ(job_folders(), 0U);
}

TEST_F(ImportTest, CanBeSwitchedOff) {
  options_.imports = false;
  start();
  EXPECT_EQ(json::parse(get("/api/capabilities").body).at("imports"), false);
  expect_problem(import(R"({"url": "https://example.com/talk.mp4"})"), 422, "url_not_allowed");
  EXPECT_TRUE(store_.ids().empty());
}

TEST_F(ImportTest, RefusesWhatIsNoJob) {
  start();
  for (const char* const document :
       {"", "{", "[]", "null", "\"https://example.com/\"", "{\"url\": \"https://example.com/\"} x"})
    expect_problem(import(*document == 0 ? " " : document), 400, "malformed_request");
  expect_problem(import("{}"), 422, "invalid_input");
  expect_problem(import(R"({"url": {"a": 1}})"), 422, "invalid_input");
  expect_problem(import(R"({"url": "https://example.com/", "targets": [1]})"), 422, "invalid_input");
  expect_problem(import(R"({"url": "https://example.com/", "tagets": "es"})"), 422, "unknown_field");
  expect_problem(import(std::string(100'000, '[')), 400, "malformed_request");
  expect_problem(import(R"({"url": "https://example.com/", "prompt": ")" + std::string(300'000, 'a') + "\"}"), 413,
                 "too_large");
}

TEST_F(ImportTest, AKeyLeadsToTheSameJob) {
  start();
  const std::string key = "Idempotency-Key: 0123456789abcdef\r\n";
  const Answer first = import(R"({"url": "https://example.com/a.mp4", "webhook_url": "https://example.com/h"})", key);
  const Answer again = import(R"({"webhook_url": "https://example.com/h", "url": "https://example.com/a.mp4"})", key);
  EXPECT_EQ(again.status, 202) << again.body;
  EXPECT_EQ(first.body, again.body);
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_TRUE(json::parse(first.body).at("webhook_secret").get<std::string>().starts_with("whsec_"));
  expect_problem(import(R"({"url": "https://example.com/b.mp4", "webhook_url": "https://example.com/h"})", key), 422,
                 "invalid_input");
}

}  // namespace
}  // namespace voxlate::http
