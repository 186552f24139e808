// Repeated requests; see Note [Repeated requests].

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <span>

#include "base/file.h"
#include "base/hashing.h"
#include "http/fingerprint.h"
#include "http/routes.h"
#include "tests/unit/http/accounts_fixture.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxFile = std::uint64_t{64} << 20U;

std::string with_key(const std::string& key) { return "Idempotency-Key: " + key + "\r\n"; }
const std::string kKey = "0123456789abcdef";
const std::string kOtherKey = "fedcba9876543210";

class IdempotencyTest : public ServerTest {
 protected:
  Answer add_webhook(const std::string& key, const std::string& url = "https://example.com/hook") const {
    return ask("POST", "/api/webhooks", with_key(key) + "Content-Type: application/json\r\n",
               json{{"url", url}}.dump());
  }
  std::size_t webhooks() const { return webhooks_.list({}).size(); }

  Answer create_upload(const std::string& headers, const std::string& body = {}) const {
    return ask("POST", "/api/uploads", "Tus-Resumable: 1.0.0\r\n" + with_key(kKey) + headers, body);
  }

  /// All that lies in the database and its log.
  std::string database_bytes() const {
    std::string bytes;
    for (const char* file : {"voxlate.db", "voxlate.db-wal"}) bytes += read_file(data_.path() / file, kMaxFile);
    return bytes;
  }
};

TEST_F(IdempotencyTest, ARepetitionGetsTheSameBytesAndMakesNothing) {
  start();
  const Answer first = add_webhook(kKey);
  const Answer second = add_webhook("\"" + kKey + "\"");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(first.header("idempotent-replayed"), "");
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.body, first.body) << "the secret too";
  EXPECT_EQ(second.header("location"), first.header("location"));
  EXPECT_EQ(second.header("content-type"), first.header("content-type"));
  EXPECT_EQ(second.header("idempotent-replayed"), "true");
  EXPECT_NE(second.header("x-request-id"), first.header("x-request-id"));
  EXPECT_EQ(webhooks(), 1U);
  EXPECT_EQ(add_webhook(kOtherKey).status, 201);
  EXPECT_EQ(webhooks(), 2U);
}

TEST_F(IdempotencyTest, AnotherRequestUnderTheKeyIsRefused) {
  start();
  ASSERT_EQ(add_webhook(kKey).status, 201);
  expect_problem(add_webhook(kKey, "https://example.com/other"), 422, "idempotency_key_reused");
  expect_problem(add_webhook("short"), 400, "invalid_idempotency_key");
  expect_problem(add_webhook(kKey + "!"), 400, "invalid_idempotency_key");
  EXPECT_EQ(webhooks(), 1U);
}

TEST_F(IdempotencyTest, AKeyIsOfItsRoute) {
  start();
  const std::string id = json::parse(add_webhook(kKey).body).at("id");
  const Answer rotated = ask("POST", "/api/webhooks/" + id + "/rotate", with_key(kKey));
  ASSERT_EQ(rotated.status, 200) << rotated.body;
  EXPECT_EQ(ask("POST", "/api/webhooks/" + id + "/rotate", with_key(kKey)).body, rotated.body);
  EXPECT_NE(ask("POST", "/api/webhooks/" + id + "/rotate", with_key(kOtherKey)).body, rotated.body);
  const std::string other = json::parse(add_webhook(kOtherKey, "https://example.com/b").body).at("id");
  expect_problem(ask("POST", "/api/webhooks/" + other + "/rotate", with_key(kKey)), 422, "idempotency_key_reused");
}

TEST_F(IdempotencyTest, AFailureIsNotKept) {
  options_.max_webhooks = 1;
  start();
  const std::string id = json::parse(add_webhook(kOtherKey).body).at("id");
  expect_problem(add_webhook(kKey), 409, "conflict");
  EXPECT_EQ(ask("DELETE", "/api/webhooks/" + id).status, 204);
  EXPECT_EQ(add_webhook(kKey).status, 201) << "it was never carried out";
}

TEST_F(IdempotencyTest, ParallelRepetitionsMakeOneThing) {
  constexpr int kClients = 32;
  start();
  std::atomic<int> made = 0;
  std::atomic<int> in_flight = 0;
  std::latch ready(kClients);
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        ready.arrive_and_wait();
        const Answer answer = add_webhook(kKey);
        if (answer.status == 201) ++made;
        if (answer.status == 409 && answer.header("retry-after") == "1") ++in_flight;
      });
    }
  }
  EXPECT_GE(made, 1);
  EXPECT_EQ(made + in_flight, kClients);
  EXPECT_EQ(webhooks(), 1U);
}

TEST_F(IdempotencyTest, TheFirstIsAwaited) {
  start();
  Client first(port_);
  const auto request = [&](const std::string& more) {
    return head("POST", "/api/uploads",
                "Tus-Resumable: 1.0.0\r\nUpload-Length: 10\r\nContent-Type: application/offset+octet-stream\r\n" +
                    with_key(kKey) + more);
  };
  first.send(request("Expect: 100-continue\r\nContent-Length: 10\r\n"));
  ASSERT_TRUE(first.wait_for("100 Continue\r\n\r\n")) << "it reads, so it holds its key";
  first.clear();
  Client second(port_);
  second.send(request("Content-Length: 10\r\n") + "0123456789");
  const Answer refused = second.read_answer();
  expect_problem(refused, 409, "idempotency_in_flight");
  EXPECT_EQ(refused.header("retry-after"), "1");
  first.send("0123456789");
  EXPECT_EQ(first.read_answer().status, 201);
}

// As a server that was killed in the middle leaves it.
TEST_F(IdempotencyTest, WhatWasCutOffIsNeverRunAgain) {
  answers_.begin({.owner = "", .route = "POST /api/webhooks", .key = kKey}, clock_.now());
  start();
  expect_problem(add_webhook(kKey), 409, "idempotency_cut_off");
  expect_problem(add_webhook(kKey), 409, "idempotency_cut_off");
  EXPECT_EQ(webhooks(), 0U);
  EXPECT_EQ(add_webhook(kOtherKey).status, 201);
}

TEST_F(IdempotencyTest, AnswersAreKeptOverARestart) {
  start();
  const Answer first = add_webhook(kKey);
  stop();
  start();
  EXPECT_EQ(add_webhook(kKey).body, first.body);
  EXPECT_EQ(webhooks(), 1U);
}

TEST_F(IdempotencyTest, AnUploadIsMadeOnce) {
  start();
  const Answer first = create_upload("Upload-Length: 10\r\nUpload-Metadata: filename YS53YXY=\r\n");
  const Answer second = create_upload("Upload-Metadata: filename YS53YXY=\r\nUpload-Length: 10\r\n");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(second.status, 201) << second.body;
  for (const char* name : {"location", "upload-offset", "upload-expires", "tus-resumable"}) {
    EXPECT_NE(first.header(name), "") << name;
    EXPECT_EQ(second.header(name), first.header(name)) << name;
    EXPECT_EQ(second.headers.count(name), 1U) << name;
  }
  expect_problem(create_upload("Upload-Length: 11\r\nUpload-Metadata: filename YS53YXY=\r\n"), 422,
                 "idempotency_key_reused");
  EXPECT_EQ(uploads_.all().size(), 1U);
}

TEST_F(IdempotencyTest, AnUploadWithItsFirstBytesIsMadeOnce) {
  start();
  const std::string headers = "Upload-Length: 200000\r\nContent-Type: application/offset+octet-stream\r\n";
  const std::string body(150'000, 'x');
  const Answer first = create_upload(headers, body);
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(first.header("upload-offset"), "150000");
  const Answer second = create_upload(headers, body);
  EXPECT_EQ(second.header("location"), first.header("location"));
  EXPECT_EQ(second.header("upload-offset"), "150000");
  expect_problem(create_upload(headers, std::string(149'999, 'x') + "y"), 422, "idempotency_key_reused");
  EXPECT_EQ(uploads_.all().size(), 1U);
}

TEST_F(IdempotencyTest, ATranscriptionRunsOnceWhateverItsBoundary) {
  int runs = 0;
  on_wake_ = [&] {
    const auto claimed = store_.claim_next("test", clock_.now(), std::chrono::minutes(1), {});
    if (!claimed) return;
    ++runs;
    store_.finish(claimed->lease, {}, clock_.now());
  };
  start();
  const auto transcribe = [&](const std::string& boundary, const std::string& language) {
    Form form;
    form.boundary = boundary;
    form.file("a.wav", std::string(40'000, '-') + "sound").field("language", language);
    return ask("POST", "/v1/audio/transcriptions",
               with_key(kKey) + "Content-Type: multipart/form-data; boundary=" + boundary + "\r\n", form.text());
  };
  const Answer first = transcribe("first-boundary", "en");
  ASSERT_EQ(first.status, 200) << first.body;
  // The job is gone by then, as it is half a minute after the answer.
  for (const std::string& id : store_.ids()) store_.remove(id);
  const Answer second = transcribe("--another----boundary", "en");
  EXPECT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("idempotent-replayed"), "true");
  const Answer other = transcribe("first-boundary", "de");
  EXPECT_EQ(other.status, 400);
  EXPECT_EQ(json::parse(other.body)["error"]["code"], "idempotency_key_reused");
  EXPECT_EQ(runs, 1);
}

// The key that the client chose opens what is sealed with accounts off, so it is not kept either.
TEST_F(IdempotencyTest, NeitherKeyNorAnswerLiesInTheDatabase) {
  start();
  const std::string url = "https://example.com/hook";
  ASSERT_EQ(add_webhook(kKey, url).status, 201);
  stop();
  const std::string bytes = database_bytes();
  EXPECT_NE(bytes.find(url), std::string::npos);
  EXPECT_EQ(bytes.find("\"secret\""), std::string::npos);
  EXPECT_EQ(bytes.find(kKey), std::string::npos);
  EXPECT_NE(bytes.find(sha256_hex(kKey)), std::string::npos);
}

class NoBody final : public BodyReader {
 public:
  std::size_t read(std::span<char>) override { return 0; }
  const std::optional<Problem>& failure() const override { return failure_; }

 private:
  const std::optional<Problem> failure_;
};

/// Of a request with that body, which comes in pieces of `step` bytes.
std::string fingerprint_of(const std::string& content_type, std::string_view body, std::size_t step) {
  RequestHead head;
  head.headers.push_back({.name = "content-type", .value = content_type});
  NoBody no_body;
  const Request request{.head = head, .body = no_body, .id = {}, .path = "/api/things", .query = {}, .captures = {}};
  Fingerprint fingerprint("/api/things", request);
  for (std::size_t at = 0; at < body.size(); at += step) fingerprint.add_body(body.substr(at, step));
  return fingerprint.finish();
}

TEST(Fingerprint, IsTheSameHoweverTheBodyIsCut) {
  const std::string type = "multipart/form-data; boundary=--b-";
  const std::string body = "----b-\r\n----b\r\n-----b----b-\r\nx------b---";
  const std::string whole = fingerprint_of(type, body, body.size());
  for (std::size_t step = 1; step < body.size(); ++step) EXPECT_EQ(fingerprint_of(type, body, step), whole) << step;
  EXPECT_NE(fingerprint_of(type, body + "x", 3), whole);
}

TEST(Fingerprint, LeavesOutTheBoundaryAndNothingElse) {
  const auto form = [](const std::string& boundary, const std::string& content) {
    return fingerprint_of("multipart/form-data; boundary=" + boundary,
                          "--" + boundary + "\r\n\r\n" + content + "\r\n--" + boundary + "--\r\n", 7);
  };
  EXPECT_EQ(form("first", "content"), form("another-one", "content"));
  EXPECT_NE(form("first", "content"), form("first", "Content"));
  EXPECT_NE(fingerprint_of("text/plain", "a", 1), fingerprint_of("application/json", "a", 1));
  EXPECT_NE(fingerprint_of("text/plain", "", 1), fingerprint_of("text/plain", "a", 1));
}

// A route that makes something says so in the table, or here why it need not.
TEST(IdempotentRoutes, EveryPostIsDecided) {
  const std::vector<std::string_view> repeatable_by_nature = {
      "/api/jobs/{id}/cancel",
      "/api/jobs/{id}/retry",  // a state
      "/api/models/{id}/download",
      "/api/models/{id}/unload",    // a state
      "/api/webhooks/{id}/enable",  // a state
      "/api/auth/register",         // the name is taken then; the answer is a session
      "/api/auth/login",
      "/api/auth/logout",    // sessions
      "/api/auth/password",  // the old password is wrong then
      "/v1/audio/speech",    // makes nothing yet
      "/inference",
      "/load",  // dialects without keys: equal requests share
      "/asr",
      "/detect-language",  //   their work (AwaitedJobs)
      "/translate",
      "/detect",  // nothing is kept of it
      "/translate_file"};
  for (const Route& route : kRoutes) {
    if (route.method != "POST") continue;
    const bool by_nature = std::find(repeatable_by_nature.begin(), repeatable_by_nature.end(), route.pattern) !=
                           repeatable_by_nature.end();
    EXPECT_EQ(by_nature, route.repeats == Repeats::kRun) << route.pattern;
  }
}

class IdempotentAccounts : public AccountsServerTest {
 protected:
  void SetUp() override {
    start();
    admin_ = add_user("root", Role::kAdmin);
    session_ = sign_in(admin_).token;
  }

  Answer make_key(const std::string& token, const std::string& key, const std::string& name = "laptop") const {
    return ask("POST", "/api/keys", cookie(token) + with_key(key), json{{"name", name}}.dump());
  }

  User admin_;
  std::string session_;
};

TEST_F(IdempotentAccounts, ARepeatedKeyIsShownToItsSessionOnly) {
  const Answer first = make_key(session_, kKey);
  ASSERT_EQ(first.status, 201) << first.body;
  const Answer second = make_key(session_, kKey);
  EXPECT_EQ(second.status, 201) << second.body;
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(code(make_key(sign_in(admin_).token, kKey)), "idempotency_sealed");
  EXPECT_EQ(code(make_key(session_, kKey, "phone")), "idempotency_key_reused");
  EXPECT_EQ(account_store_.list_keys(admin_.id).size(), 1U);
  const std::string text = json::parse(first.body).at("key");
  stop();
  for (const char* file : {"voxlate.db", "voxlate.db-wal"}) {
    EXPECT_EQ(read_file(data_.path() / file, kMaxFile).find(text.substr(text.rfind('_') + 1)), std::string::npos)
        << file;
  }
}

TEST_F(IdempotentAccounts, AUserIsMadeOnce) {
  const std::string body = json{{"name", "ann"}, {"password", kPassword}}.dump();
  const Answer first = ask("POST", "/api/users", cookie(session_) + with_key(kKey), body);
  ASSERT_EQ(first.status, 201) << first.body;
  const Answer second = ask("POST", "/api/users", cookie(sign_in(admin_).token) + with_key(kKey), body);
  EXPECT_EQ(second.status, 201) << second.body;
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("location"), first.header("location"));
  EXPECT_EQ(code(ask("POST", "/api/users", cookie(session_), body)), "account_conflict") << "without a key";
}

TEST_F(IdempotentAccounts, KeysAreEachUsersOwn) {
  const User other = add_user("ann");
  const Answer first = make_key(session_, kKey);
  const Answer second = make_key(sign_in(other).token, kKey);
  EXPECT_EQ(second.status, 201) << second.body;
  EXPECT_EQ(second.header("idempotent-replayed"), "");
  EXPECT_NE(second.body, first.body);
}

TEST_F(IdempotentAccounts, NothingIsLeftOfAUserWhoIsGone) {
  const User other = add_user("ann");
  const std::string token = sign_in(other).token;
  ASSERT_EQ(make_key(token, kKey).status, 201);
  ASSERT_EQ(ask("DELETE", "/api/users/" + other.id, cookie(session_)).status, 204);
  EXPECT_EQ(std::get<AnswerStore::Begun>(
                answers_.begin({.owner = other.id, .route = "POST /api/keys", .key = kKey}, clock_.now())),
            AnswerStore::Begun::kNew);
}

}  // namespace
}  // namespace voxlate::http
