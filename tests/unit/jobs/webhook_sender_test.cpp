#include "jobs/webhook_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/hashing.h"
#include "base/ids.h"
#include "base/temporary_folder.h"
#include "store/sqlite_job_store.h"
#include "store/sqlite_webhook_store.h"
#include "tests/unit/jobs/fake_clock.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

std::string header(const WebhookMessage& message, const std::string& name) {
  for (const auto& [key, value] : message.headers) {
    if (key == name) return value;
  }
  return {};
}

class WebhookSenderTest : public ::testing::Test {
 protected:
  std::string add_job(const std::string& owner = "ann", const std::string& webhook_url = "") {
    NewJob job;
    job.id = random_id();
    job.owner = owner;
    job.spec.webhook_url = webhook_url;
    jobs_.enqueue(job, clock_.now());
    return job.id;
  }
  std::string cancelled_job(const std::string& owner = "ann") {
    const std::string id = add_job(owner);
    jobs_.request_cancel(id, clock_.now());
    return id;
  }
  WebhookStore::Added target(const std::string& owner = "ann", const std::string& url = "https://example.com/hook") {
    return webhooks_.add(owner, url, 10, clock_.now());
  }

  WebhookSender make() {
    return {{.connections = 0}, webhooks_, clock_, [this](const WebhookMessage& message, const std::stop_token&) {
              sent_.push_back(message);
              return answer_;
            }};
  }
  WebhookDelivery newest(const WebhookStore::Added& added) const {
    return webhooks_.deliveries(added.target.id, 1).at(0);
  }

  TemporaryFolder folder_;
  store::Storage storage_{{.path = folder_.path() / "voxlate.db", .ballast_bytes = 0}};
  store::SqliteJobStore jobs_{storage_};
  store::SqliteWebhookStore webhooks_{storage_};
  FakeClock clock_;
  WebhookSender::Answer answer_{.status = 204};
  std::vector<WebhookMessage> sent_;
};

TEST_F(WebhookSenderTest, EveryEndOfAJobIsToldToItsOwner) {
  WebhookSender sender = make();
  const auto anns = target("ann");
  target("bob", "https://bob.example/hook");
  const std::string completed = add_job();
  jobs_.finish(jobs_.claim_next("s", clock_.now(), minutes(1), {})->lease, {}, clock_.now());
  const std::string failed = add_job();
  jobs_.fail(jobs_.claim_next("s", clock_.now(), minutes(1), {})->lease, {}, std::nullopt, clock_.now());
  const std::string cancelled = cancelled_job();
  const std::string crashed = add_job();
  jobs_.claim_next("old", clock_.now(), minutes(1), {});
  jobs_.requeue_orphans("new", 1, clock_.now());
  while (sender.send_one({})) {
  }
  std::vector<std::string> told;
  for (const WebhookMessage& message : sent_) {
    EXPECT_EQ(message.url, "https://example.com/hook");
    const auto body = nlohmann::json::parse(message.body);
    EXPECT_EQ(body.size(), 3U) << "no more than what happened";
    EXPECT_EQ(body.at("data").size(), 1U);
    EXPECT_FALSE(body.at("timestamp").get<std::string>().empty());
    told.push_back(body.at("type").get<std::string>() + " " + body.at("data").at("id").get<std::string>());
  }
  EXPECT_THAT(told, testing::UnorderedElementsAre("job.completed " + completed, "job.failed " + failed,
                                                  "job.cancelled " + cancelled, "job.failed " + crashed));
  EXPECT_EQ(newest(anns).state, DeliveryState::kDelivered);
}

TEST_F(WebhookSenderTest, ARetryOfAJobThatIsNoEndIsNotTold) {
  WebhookSender sender = make();
  target();
  add_job();
  jobs_.fail(jobs_.claim_next("s", clock_.now(), minutes(1), {})->lease, {}, clock_.now() + hours(1), clock_.now());
  EXPECT_FALSE(sender.send_one({}));
}

TEST_F(WebhookSenderTest, AJobsOwnAddressIsToldWithItsOwnKey) {
  WebhookSender sender = make();
  const std::string id = add_job("", "https://example.com/one");
  jobs_.request_cancel(id, clock_.now());
  ASSERT_TRUE(sender.send_one({}));
  const WebhookMessage& message = sent_.at(0);
  EXPECT_EQ(message.url, "https://example.com/one");
  EXPECT_EQ(header(message, "webhook-signature"), sign(webhooks_.job_key(id), header(message, "webhook-id"),
                                                       header(message, "webhook-timestamp"), message.body));
  EXPECT_NE(webhooks_.job_key(id), webhooks_.job_key(random_id()));
}

TEST_F(WebhookSenderTest, TwoSignaturesWhileTheOldSecretIsValid) {
  WebhookSender sender = make();
  const auto added = target();
  const std::string new_key = webhooks_.rotate(added.target.id, clock_.now() + hours(24));
  for (const int signatures : {2, 1}) {
    cancelled_job();
    ASSERT_TRUE(sender.send_one({}));
    const WebhookMessage& message = sent_.back();
    const auto expected = [&](const std::string& key) {
      return sign(key, header(message, "webhook-id"), header(message, "webhook-timestamp"), message.body);
    };
    EXPECT_EQ(header(message, "webhook-signature"),
              signatures == 2 ? expected(new_key) + " " + expected(added.key) : expected(new_key));
    clock_.advance(hours(24));
  }
}

TEST_F(WebhookSenderTest, IsTriedAgainWithTheSameIdUntilItIsDisabled) {
  WebhookSender sender = make();
  const auto added = target();
  cancelled_job();
  answer_ = {.status = 500};
  const std::array<std::chrono::milliseconds, 9> delays = {seconds(5), minutes(5), minutes(30), hours(2), hours(5),
                                                           hours(10),  hours(14),  hours(20),   hours(24)};
  for (const auto delay : delays) {
    ASSERT_TRUE(sender.send_one({}));
    EXPECT_FALSE(sender.send_one({}));
    clock_.advance(delay * 8 / 10 - std::chrono::milliseconds(1));
    EXPECT_FALSE(sender.send_one({})) << "too early after " << delay.count();
    clock_.advance(delay * 4 / 10 + std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(webhooks_.get(added.target.id)->disabled_at);
  ASSERT_TRUE(sender.send_one({}));
  EXPECT_EQ(sent_.size(), 10U);
  for (const WebhookMessage& message : sent_) EXPECT_EQ(header(message, "webhook-id"), header(sent_[0], "webhook-id"));
  EXPECT_NE(header(sent_[0], "webhook-timestamp"), header(sent_[1], "webhook-timestamp"));
  EXPECT_EQ(newest(added).state, DeliveryState::kFailed);
  EXPECT_EQ(newest(added).attempt, 10);
  EXPECT_THAT(webhooks_.get(added.target.id)->disabled_reason, HasSubstr("10 attempts"));
  cancelled_job();
  EXPECT_FALSE(sender.send_one({})) << "nothing is written for a disabled one";
  webhooks_.enable(added.target.id);
  answer_ = {.status = 200};
  EXPECT_TRUE(webhooks_.replay(added.target.id, newest(added).id, clock_.now()));
  EXPECT_TRUE(sender.send_one({}));
  EXPECT_EQ(header(sent_.back(), "webhook-id"), header(sent_[0], "webhook-id"));
  EXPECT_EQ(newest(added).state, DeliveryState::kDelivered);
}

TEST_F(WebhookSenderTest, GoneDisablesAtOnceAndGivesUpTheRest) {
  WebhookSender sender = make();
  const auto added = target();
  cancelled_job();
  cancelled_job();
  answer_ = {.status = 410};
  EXPECT_TRUE(sender.send_one({}));
  EXPECT_FALSE(sender.send_one({}));
  EXPECT_TRUE(webhooks_.get(added.target.id)->disabled_at);
  for (const WebhookDelivery& delivery : webhooks_.deliveries(added.target.id, 10))
    EXPECT_EQ(delivery.state, DeliveryState::kFailed);
}

TEST_F(WebhookSenderTest, OnlySuccessIsSuccessAndAPauseIsObeyed) {
  for (const int status : {0, 100, 301, 302, 400, 404, 429, 503}) {
    const DeliveryOutcome outcome = judge({.status = status}, 1, 0.5, kStart);
    EXPECT_EQ(outcome.retry_at, kStart + seconds(5)) << status;
    EXPECT_NE(outcome.error, "");
  }
  EXPECT_EQ(judge({.status = 429, .retry_after = minutes(10)}, 1, 0.5, kStart).retry_at, kStart + minutes(10));
  EXPECT_EQ(judge({.status = 503, .retry_after = seconds(1)}, 2, 0.5, kStart).retry_at, kStart + minutes(5));
  EXPECT_EQ(judge({.status = 299}, 1, 0.5, kStart).error, "");
  EXPECT_FALSE(webhook_delay(10, 0.5));
}

TEST_F(WebhookSenderTest, AStopLeavesTheMessageInTheOutbox) {
  const auto added = target();
  cancelled_job();
  WebhookSender stopped({.connections = 0}, webhooks_, clock_,
                        [](const WebhookMessage&, const std::stop_token&) -> WebhookSender::Answer {
                          throw Error(ErrorCode::kCancelled, "stopped");
                        });
  EXPECT_FALSE(stopped.send_one({}));
  EXPECT_EQ(newest(added).attempt, 0);
  WebhookSender next = make();
  EXPECT_TRUE(next.send_one({}));
}

TEST_F(WebhookSenderTest, OneMessageAtATimeToOneAddress) {
  target();
  target("ann", "https://other.example/hook");
  cancelled_job();
  cancelled_job();
  std::vector<std::string> nested;
  WebhookSender* sender = nullptr;
  WebhookSender made({.connections = 0}, webhooks_, clock_, [&](const WebhookMessage& message, const std::stop_token&) {
    nested.push_back(message.url);
    const std::size_t depth = nested.size();
    if (depth == 1) {
      EXPECT_TRUE(sender->send_one({})) << "a slow address does not hold up the other one";
    }
    if (depth == 2) {
      EXPECT_FALSE(sender->send_one({}));
    }
    return WebhookSender::Answer{.status = 200};
  });
  sender = &made;
  EXPECT_TRUE(made.send_one({}));
  ASSERT_GE(nested.size(), 2U);
  EXPECT_NE(nested[0], nested[1]);
}

TEST_F(WebhookSenderTest, TheLogIsPruned) {
  WebhookSender sender = make();
  const auto added = target();
  cancelled_job();
  sender.send_one({});
  clock_.advance(std::chrono::days(31));
  cancelled_job();
  EXPECT_EQ(sender.prune(), 1);
  EXPECT_EQ(webhooks_.deliveries(added.target.id, 10).size(), 1U) << "what is not settled stays";
}

/// What the command prints.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 256> buffer{};
  std::string text;
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) text += buffer.data();
  return text;
}

TEST(WebhookSignature, IsWhatOpensslComputes) {
  const std::string key = "0123456789abcdefghijklmnopqrstuv";
  const std::string body = R"({"type":"job.completed","timestamp":"2026-01-01T00:00:00.000Z","data":{"id":"a"}})";
  const std::string command = "printf '%s' 'msg_1.1700000000." + body +
                              "' | openssl dgst -sha256 -mac HMAC -macopt key:" + key + " -binary | openssl base64 -A";
  const std::string expected = output_of(command);
  if (expected.empty()) GTEST_SKIP() << "there is no openssl command here";
  EXPECT_EQ(sign(key, "msg_1", "1700000000", body), "v1," + expected);
}

TEST(Hmac, IsThatOfRfc4231) {
  // RFC 4231, test case 2.
  std::string hex;
  for (const char c : hmac_sha256("Jefe", "what do ya want for nothing?")) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  EXPECT_EQ(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Base64, GoesBothWays) {
  for (const char* const text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    EXPECT_EQ(unbase64(base64(text)), text);
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");  // RFC 4648, 10
  EXPECT_THROW(unbase64("Zm9"), Error);
  EXPECT_THROW(unbase64("Zm9%"), Error);
}

}  // namespace
}  // namespace voxlate::jobs
