#include <gtest/gtest.h>

#include "base/ids.h"
#include "tests/unit/http/accounts_fixture.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;

constexpr int kMisses = 3;

/// Asks for jobs that are not there; the last answer.
template <typename Test>
Answer miss(const Test& ask, int times) {
  Answer answer;
  for (int i = 0; i < times; ++i) answer = ask("/api/jobs/" + random_id());
  return answer;
}

class GuessingTest : public AccountsServerTest {
 protected:
  void SetUp() override {
    options_.max_missed_ids_per_minute = kMisses;
    start();
    ann_ = add_user("ann");
    bob_ = add_user("bob");
    token_ = sign_in(ann_).token;
  }

  Answer get(const std::string& target) const { return ask("GET", target, cookie(token_)); }
  Answer miss(int times) const {
    return http::miss([this](const std::string& target) { return get(target); }, times);
  }

  User ann_;
  User bob_;
  std::string token_;
};

TEST_F(GuessingTest, WhoMissesTooOftenHasToWait) {
  EXPECT_EQ(miss(kMisses).status, 404);
  const Answer refused = miss(1);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code(refused), "rate_limited");
  const int wait_s = std::stoi(refused.header("retry-after"));
  EXPECT_GE(wait_s, 1);
  EXPECT_LE(wait_s, 60 / kMisses) << "one try comes back after that";
}

TEST_F(GuessingTest, SomebodyElsesIdIsAMissAndAbsentAndPresentIdsAreRefusedAlike) {
  const std::string own = add_job(ann_.id);
  const std::string foreign = add_job(bob_.id);
  for (int i = 0; i < kMisses; ++i) EXPECT_EQ(get("/api/jobs/" + foreign).status, 404);
  for (const std::string& id : {own, foreign, random_id()}) EXPECT_EQ(get("/api/jobs/" + id).status, 429) << id;
  EXPECT_EQ(ask("GET", "/api/jobs/" + foreign, cookie(sign_in(bob_).token)).status, 200) << "others are not concerned";
}

TEST_F(GuessingTest, AllWaysToAnIdCountTogether) {
  const std::string tus = cookie(token_) + "Tus-Resumable: 1.0.0\r\n";
  EXPECT_EQ(ask("HEAD", "/api/uploads/" + random_id(), tus).status, 404);
  EXPECT_EQ(ask("DELETE", "/api/webhooks/" + random_id(), cookie(token_)).status, 404);
  EXPECT_EQ(ask("POST", "/api/jobs", cookie(token_), json{{"upload", random_id()}}.dump()).status, 404);
  EXPECT_EQ(get("/api/jobs/" + random_id() + "/transcript").status, 429);
  EXPECT_EQ(ask("HEAD", "/api/uploads/" + random_id(), tus).status, 429);
  EXPECT_EQ(ask("POST", "/api/jobs", cookie(token_), json{{"upload", random_id()}}.dump()).status, 429);
}

TEST_F(GuessingTest, WhatIsNoGuessGoesOn) {
  miss(kMisses + 1);
  EXPECT_EQ(get("/api/jobs").status, 200);
  EXPECT_EQ(get("/api/auth/me").status, 200);
  EXPECT_EQ(get("/api/models/base-q5_1").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
}

TEST_F(GuessingTest, HitsAndNamesEverybodyKnowsCountForNothing) {
  const std::string own = add_job(ann_.id);
  for (int i = 0; i < 3 * kMisses; ++i) {
    EXPECT_EQ(get("/api/jobs/" + own).status, 200);
    EXPECT_EQ(get("/v1/models/none").status, 404);
    EXPECT_EQ(get("/api/nothing").status, 404);
  }
}

class GuessingWithoutAccounts : public ServerTest {
 protected:
  void SetUp() override {
    options_.max_missed_ids_per_minute = kMisses;
    options_.trusted_proxies = {*IpRange::parse("127.0.0.1/32")};
    start();
  }
  Answer miss(const std::string& headers, int times) const {
    return http::miss([&](const std::string& target) { return get(target, headers); }, times);
  }
};

TEST_F(GuessingWithoutAccounts, ThisMachineIsNotCounted) { EXPECT_EQ(miss("", 3 * kMisses).status, 404); }

TEST_F(GuessingWithoutAccounts, OthersAreCountedByAddress) {
  EXPECT_EQ(miss("X-Forwarded-For: 203.0.113.7\r\n", kMisses).status, 404);
  EXPECT_EQ(miss("X-Forwarded-For: 203.0.113.7\r\n", 1).status, 429);
  EXPECT_EQ(miss("X-Forwarded-For: 203.0.113.8\r\n", 1).status, 404);
}

}  // namespace
}  // namespace voxlate::http
