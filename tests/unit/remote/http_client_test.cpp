#include "remote/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "tests/unit/scripted_server.h"
#include "voxlate/error.h"

namespace voxlate::remote {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using SteadyClock = std::chrono::steady_clock;

void send_json(const Connection& connection, const std::string& body) {
  connection.send(answer_head("200 OK", body.size()) + body);
}

/// The failure of a request; kInternal with "no error" when there is none.
Error failure(HttpClient& client, const HttpRequest& request, const std::stop_token& stop = {}) {
  try {
    client.ask(request, stop);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "no error"};
}

TEST(HttpClient, AsksWithoutAndWithABody) {
  ScriptedServer server([](const auto&, const auto& connection) { send_json(connection, "[1]"); });
  HttpClient client({});
  EXPECT_EQ(client.ask({.url = server.url("languages"), .json = "", .bearer_key = ""}, {}).body, "[1]");
  const std::string body(2'000'000, 'x');
  const HttpAnswer answer = client.ask({.url = server.url("a/b"), .json = body, .bearer_key = "secret"}, {});
  EXPECT_EQ(answer.status, 200);
  const std::vector<ScriptedRequest> requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].target, "/languages");
  EXPECT_THAT(requests[0].field("User-Agent"), StartsWith("voxlate/"));
  EXPECT_EQ(requests[0].field("Authorization"), "");
  EXPECT_EQ(requests[1].method, "POST");
  EXPECT_EQ(requests[1].field("Authorization"), "Bearer secret");
  EXPECT_EQ(requests[1].field("Content-Type"), "application/json");
  EXPECT_EQ(requests[1].field("Expect"), "") << "some servers never answer it";
  EXPECT_EQ(requests[1].body, body);
}

TEST(HttpClient, AnErrorStatusIsAnAnswer) {
  ScriptedServer server(
      [](const auto&, const auto& connection) { connection.send(answer_head("400 Bad Request", 2) + "no"); });
  const HttpAnswer answer = HttpClient({}).ask({.url = server.url(), .json = "", .bearer_key = ""}, {});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "no");
}

TEST(HttpClient, ASilentServerIsLeftAtTheDeadline) {
  ScriptedServer server([](const auto&, const auto& connection) { connection.hold(); });
  HttpClient client({.timeout = milliseconds(100)});
  const Error error = failure(client, {.url = server.url(), .json = "{}", .bearer_key = "secret"});
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  EXPECT_THAT(error.what(), HasSubstr("did not answer within 0.1 s"));
  EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
}

TEST(HttpClient, StopsSoon) {
  std::latch asked(1);
  ScriptedServer server([&](const auto&, const auto& connection) {
    asked.count_down();
    connection.hold();
  });
  HttpClient client({});
  std::stop_source stop;
  SteadyClock::time_point stopped_at;
  std::jthread stopper([&] {
    asked.wait();
    stopped_at = SteadyClock::now();
    stop.request_stop();
  });
  EXPECT_EQ(failure(client, {.url = server.url(), .json = "", .bearer_key = ""}, stop.get_token()).code(),
            ErrorCode::kCancelled);
  stopper.join();
  EXPECT_LT(SteadyClock::now() - stopped_at, milliseconds(500)) << "meant are 100 ms; the rest is for a busy machine";
}

TEST(HttpClient, RefusesAnAnswerWithoutEnd) {
  ScriptedServer server([](const auto&, const auto& connection) {
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(100'000, 'x'));
    connection.hold();
  });
  HttpClient client({.max_answer_bytes = 65536});
  const Error error = failure(client, {.url = server.url(), .json = "", .bearer_key = ""});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("sent more than the 64 KiB"));
}

TEST(HttpClient, FollowsNoRedirect) {
  ScriptedServer other([](const auto&, const auto& connection) { send_json(connection, "{}"); });
  ScriptedServer server([&](const auto&, const auto& connection) {
    connection.send(answer_head("307 Temporary Redirect", 0, "Location: " + other.url("x?token=1") + "\r\n"));
  });
  HttpClient client({});
  const Error error = failure(client, {.url = server.url(), .json = "{}", .bearer_key = "secret"});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("sends on to another address on 127.0.0.1"));
  EXPECT_THAT(error.what(), Not(HasSubstr("token")));
  EXPECT_TRUE(other.requests().empty());
}

TEST(HttpClient, SaysWhenNobodyListens) {
  std::string url;
  {
    const ScriptedServer server([](const auto&, const auto&) {});
    url = server.url();
  }
  HttpClient client({});
  const Error error = failure(client, {.url = url, .json = "", .bearer_key = ""});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("127.0.0.1"));
}

TEST(HttpClient, ABrokenOffAnswerIsNoAnswer) {
  ScriptedServer server([](const auto&, const auto& connection) { connection.send(answer_head("200 OK", 10) + "12"); });
  HttpClient client({});
  EXPECT_EQ(failure(client, {.url = server.url(), .json = "", .bearer_key = ""}).code(), ErrorCode::kUnavailable);
}

TEST(HttpClient, TakesNoOtherProtocol) {
  HttpClient client({});
  for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", ""})
    EXPECT_EQ(failure(client, {.url = url, .json = "", .bearer_key = ""}).code(), ErrorCode::kUnavailable) << url;
}

TEST(HttpClient, PausesWhenTold) {
  std::atomic<int> asked = 0;
  ScriptedServer server([&](const auto&, const auto& connection) {
    if (++asked == 1) return connection.send(answer_head("429 Too Many Requests", 0, "Retry-After: 1\r\n"));
    send_json(connection, "{}");
  });
  const auto begin = SteadyClock::now();
  EXPECT_EQ(HttpClient({}).ask({.url = server.url(), .json = "", .bearer_key = ""}, {}).status, 200);
  EXPECT_EQ(asked, 2);
  EXPECT_GE(SteadyClock::now() - begin, std::chrono::seconds(1));
}

TEST(HttpClient, DoesNotWaitLongerThanItsTime) {
  ScriptedServer server([](const auto&, const auto& connection) {
    connection.send(answer_head("503 Service Unavailable", 0, "Retry-After: 60\r\n"));
  });
  const auto begin = SteadyClock::now();
  const HttpAnswer answer =
      HttpClient({.timeout = std::chrono::seconds(5)}).ask({.url = server.url(), .json = "", .bearer_key = ""}, {});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.retry_after, std::chrono::seconds(60));
  EXPECT_LT(SteadyClock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpClient, APauseEndsWithAStop) {
  std::stop_source stop;
  ScriptedServer server([&](const auto&, const auto& connection) {
    connection.send(answer_head("429 Too Many Requests", 0, "Retry-After: 30\r\n"));
    stop.request_stop();
  });
  HttpClient client({});
  EXPECT_EQ(failure(client, {.url = server.url(), .json = "", .bearer_key = ""}, stop.get_token()).code(),
            ErrorCode::kCancelled);
}

TEST(HttpClient, AsksOnlySoManyTimesAtOnce) {
  std::atomic<int> asked = 0;
  std::atomic<int> active = 0;
  std::atomic<int> most = 0;
  std::latch two_asked(2);
  ScriptedServer server(
      [&](const auto&, const auto& connection) {
        const int now = ++active;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        if (++asked <= 2) two_asked.arrive_and_wait();
        --active;
        send_json(connection, "{}");
      },
      /*threads=*/6);
  HttpClient client({.max_requests = 2});
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 6; ++i)
      askers.emplace_back([&] { client.ask({.url = server.url(), .json = "", .bearer_key = ""}, {}); });
  }
  EXPECT_EQ(most, 2) << "two did ask at once, for they waited for each other";
  EXPECT_EQ(server.requests().size(), 6U);
}

TEST(HttpClient, AStopEndsTheWaitForATurn) {
  std::latch asked(1);
  ScriptedServer server([&](const auto&, const auto& connection) {
    asked.count_down();
    connection.hold();
  });
  HttpClient client({.max_requests = 1});
  std::stop_source first_stop;
  std::jthread first(
      [&] { failure(client, {.url = server.url(), .json = "", .bearer_key = ""}, first_stop.get_token()); });
  asked.wait();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure(client, {.url = server.url(), .json = "", .bearer_key = ""}, stop.get_token()).code(),
            ErrorCode::kCancelled);
  first_stop.request_stop();
}

}  // namespace
}  // namespace voxlate::remote
