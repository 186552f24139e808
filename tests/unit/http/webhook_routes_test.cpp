#include "base/ids.h"
#include "store/sqlite_job_store.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;

class WebhookRoutesTest : public ServerTest {
 protected:
  Answer add(const std::string& url = "https://example.com/hook") const {
    return ask("POST", "/api/webhooks", "Content-Type: application/json\r\n", json{{"url", url}}.dump());
  }
  std::string added() const { return json::parse(add().body).at("id"); }

  /// The end of a job in the store that has the webhooks.
  std::string end_a_job() {
    store::SqliteJobStore jobs(storage_);
    NewJob job;
    job.id = random_id();
    jobs.enqueue(job, clock_.now());
    jobs.request_cancel(job.id, clock_.now());
    return job.id;
  }
};

TEST_F(WebhookRoutesTest, TheSecretIsShownOnce) {
  start();
  const Answer answer = add();
  ASSERT_EQ(answer.status, 201) << answer.body;
  const json webhook = json::parse(answer.body);
  EXPECT_EQ(webhook["secret"].get<std::string>().size(), std::string("whsec_").size() + 44);
  EXPECT_EQ(answer.header("location"), "/api/webhooks/" + webhook["id"].get<std::string>());
  const json list = json::parse(get("/api/webhooks").body)["webhooks"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["url"], "https://example.com/hook");
  EXPECT_FALSE(list[0].contains("secret"));
  const json rotated = json::parse(ask("POST", "/api/webhooks/" + webhook["id"].get<std::string>() + "/rotate").body);
  EXPECT_NE(rotated["secret"], webhook["secret"]);
  EXPECT_FALSE(rotated["old_secret_until"].is_null());
}

TEST_F(WebhookRoutesTest, RefusesWhatMayNotBeCalled) {
  options_.max_webhooks = 1;
  start();
  expect_problem(add("http://127.0.0.1/"), 422, "url_not_allowed");
  expect_problem(ask("POST", "/api/webhooks", "", "{}"), 422, "invalid_input");
  expect_problem(ask("POST", "/api/webhooks", "", R"({"url": 1})"), 422, "invalid_input");
  expect_problem(ask("POST", "/api/webhooks", "", R"({"url": "https://example.com/", "x": 1})"), 422, "invalid_input");
  EXPECT_EQ(add().status, 201);
  expect_problem(add(), 409, "conflict");
}

TEST_F(WebhookRoutesTest, ShowsTheLogAndSendsAgain) {
  start();
  const std::string id = added();
  const std::string job_id = end_a_job();
  const auto due = webhooks_.next_due(clock_.now(), {});
  ASSERT_TRUE(due);
  webhooks_.record(due->delivery.id, {.status = 200}, clock_.now());
  const std::string log = "/api/webhooks/" + id + "/deliveries";
  const json delivery = json::parse(get(log).body)["deliveries"][0];
  EXPECT_EQ(delivery["type"], "job.cancelled");
  EXPECT_EQ(delivery["job_id"], job_id);
  EXPECT_EQ(delivery["state"], "delivered");
  EXPECT_EQ(delivery["status"], 200);
  EXPECT_EQ(delivery["attempts"], 1);
  EXPECT_TRUE(delivery["next_at"].is_null());
  const Answer replayed = ask("POST", log + "/" + delivery["id"].get<std::string>() + "/replay");
  EXPECT_EQ(replayed.status, 202) << replayed.body;
  EXPECT_EQ(json::parse(replayed.body)["state"], "pending");
  EXPECT_EQ(webhooks_.next_due(clock_.now(), {})->delivery.id, due->delivery.id);
  EXPECT_EQ(wakes_, 1);
  expect_problem(ask("POST", log + "/msg_none/replay"), 404, "not_found");
  expect_problem(get(log + "?limit=0"), 422, "invalid_input");
}

TEST_F(WebhookRoutesTest, ADisabledOneSaysWhyAndCanBeEnabled) {
  start();
  const std::string id = added();
  end_a_job();
  const std::string delivery = webhooks_.next_due(clock_.now(), {})->delivery.id;
  webhooks_.record(delivery, {.status = 410, .error = "gone", .disable = true}, clock_.now());
  EXPECT_EQ(json::parse(get("/api/webhooks").body)["webhooks"][0]["disabled_reason"], "gone");
  expect_problem(ask("POST", "/api/webhooks/" + id + "/deliveries/" + delivery + "/replay"), 409, "conflict");
  const json enabled = json::parse(ask("POST", "/api/webhooks/" + id + "/enable").body);
  EXPECT_TRUE(enabled["disabled_at"].is_null());
}

TEST_F(WebhookRoutesTest, ADeletedOneIsAbsentOnEveryRoute) {
  start();
  const std::string id = added();
  EXPECT_EQ(ask("DELETE", "/api/webhooks/" + id).status, 204);
  for (const std::string& gone : {id, random_id(), std::string("x")}) {
    const std::string path = "/api/webhooks/" + gone;
    expect_problem(ask("DELETE", path), 404, "not_found");
    expect_problem(get(path + "/deliveries"), 404, "not_found");
    for (const char* const verb : {"/rotate", "/enable", "/deliveries/msg_1/replay"})
      expect_problem(ask("POST", path + verb), 404, "not_found");
  }
}

}  // namespace
}  // namespace voxlate::http
