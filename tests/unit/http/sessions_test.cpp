// Signing in and out, cookies, pages of other sites, keys and limits, over real connections.

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "http/identify.h"
#include "tests/unit/http/accounts_fixture.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using SessionsTest = AccountsServerTest;

struct CrossSiteCase {
  const char* name;
  const char* headers;  ///< besides the cookie
  bool allowed;
};

// A request that changes something, with a good cookie, from here and elsewhere.
constexpr std::array kCrossSite = {
    CrossSiteCase{"our page", "Sec-Fetch-Site: same-origin\r\n", true},
    CrossSiteCase{"our page, both headers", "Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1\r\n", true},
    CrossSiteCase{"fetch of another site", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n", false},
    CrossSiteCase{"form of another site", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", false},
    CrossSiteCase{"page of a sister name", "Sec-Fetch-Site: same-site\r\n", false},
    CrossSiteCase{"typed address", "Sec-Fetch-Site: none\r\n", false},
    CrossSiteCase{"unknown value", "Sec-Fetch-Site: trust-me\r\n", false},
    CrossSiteCase{"empty value", "Sec-Fetch-Site:\r\n", false},
    CrossSiteCase{"other site that names our origin", "Sec-Fetch-Site: cross-site\r\nOrigin: http://127.0.0.1\r\n",
                  false},
    CrossSiteCase{"old browser, our origin", "Origin: http://127.0.0.1\r\n", true},
    CrossSiteCase{"old browser, our origin in capitals", "Origin: HTTP://127.0.0.1\r\n", true},
    CrossSiteCase{"old browser, other origin", "Origin: https://evil.example\r\n", false},
    CrossSiteCase{"old browser, other port", "Origin: http://127.0.0.1:8080\r\n", false},
    CrossSiteCase{"old browser, other scheme", "Origin: https://127.0.0.1\r\n", false},
    CrossSiteCase{"old browser, our name as a beginning", "Origin: http://127.0.0.1.evil.example\r\n", false},
    CrossSiteCase{"null origin", "Origin: null\r\n", false},
    CrossSiteCase{"empty origin", "Origin:\r\n", false},
    CrossSiteCase{"only our referer", "Referer: http://127.0.0.1/jobs\r\n", true},
    CrossSiteCase{"only other referer", "Referer: https://evil.example/http://127.0.0.1/\r\n", false},
    CrossSiteCase{"referer with our name as a beginning", "Referer: http://127.0.0.1.evil.example/\r\n", false},
    CrossSiteCase{"other origin, our referer", "Origin: https://evil.example\r\nReferer: http://127.0.0.1/\r\n", false},
    CrossSiteCase{"nothing", "", false},
    CrossSiteCase{"a script's own header", "X-Requested-With: XMLHttpRequest\r\n", false},
};

TEST_F(SessionsTest, OnlyOurOwnPagesChangeSomethingWithACookie) {
  start();
  const User ann = add_user("ann");
  const std::string token = sign_in(ann).token;
  for (const CrossSiteCase& item : kCrossSite) {
    SCOPED_TRACE(item.name);
    const std::string headers = "Cookie: sid=" + token + "\r\n" + item.headers;
    const std::string id = add_job(ann.id);
    const Answer answer = ask("POST", "/api/jobs/" + id + "/cancel", headers);
    EXPECT_EQ(answer.status, item.allowed ? 200 : 403) << answer.body;
    EXPECT_EQ(store_.get(id)->state, item.allowed ? JobState::kCancelled : JobState::kQueued);
    EXPECT_EQ(code(answer), item.allowed ? "" : "cross_site_request");
    EXPECT_EQ(ask("GET", "/api/jobs/" + id, headers).status, 200);
  }
}

struct CookieCase {
  const char* name;
  std::string cookies;  ///< TOKEN stands for the good one
  int status;
};

TEST_F(SessionsTest, OnlyTheOneRightCookieSignsIn) {
  start();
  const std::string token = sign_in(add_user("ann")).token;
  const std::string other = sign_in(add_user("bob")).token;
  const std::vector<CookieCase> cases = {
      {"the token", "Cookie: sid=TOKEN\r\n", 200},
      {"among others", "Cookie: a=b; sid=TOKEN; theme=dark\r\n", 200},
      {"none", "", 401},
      {"empty", "Cookie: sid=\r\n", 401},
      {"another name", "Cookie: SID=TOKEN\r\n", 401},
      {"name within a name", "Cookie: xsid=TOKEN\r\n", 401},
      {"name of https over http", "Cookie: __Host-sid=TOKEN\r\n", 401},
      {"cut", "Cookie: sid=" + token.substr(1) + "\r\n", 401},
      {"longer", "Cookie: sid=TOKENx\r\n", 401},
      {"another token", "Cookie: sid=" + accounts::random_token() + "\r\n", 401},
      {"its hash", "Cookie: sid=" + accounts::token_hash(token) + "\r\n", 401},
      {"twice in one header", "Cookie: sid=TOKEN; sid=" + other + "\r\n", 401},
      {"twice in two headers", "Cookie: sid=" + other + "\r\nCookie: sid=TOKEN\r\n", 401},
      {"as a bearer token", "Authorization: Bearer TOKEN\r\n", 401},
      {"a wrong bearer token beside it", "Cookie: sid=TOKEN\r\nAuthorization: Bearer vox_x_y\r\n", 401},
      {"basic authorization beside it", "Cookie: sid=TOKEN\r\nAuthorization: Basic YTpi\r\n", 200},
      {"in the query", "", 401},
  };
  for (CookieCase item : cases) {
    SCOPED_TRACE(item.name);
    const auto at = item.cookies.find("TOKEN");
    if (at != std::string::npos) item.cookies.replace(at, 5, token);
    const Answer answer = ask("GET", "/api/jobs?sid=" + token + "&key=" + token, item.cookies);
    EXPECT_EQ(answer.status, item.status) << answer.body;
  }
}

TEST(FindCredentials, HttpsHasACookieOfItsOwn) {
  const std::string token(43, 'x');
  RequestHead head{
      .method = "GET", .target = "/", .headers = {{.name = "cookie", .value = "sid=a; __Host-sid=" + token}}};
  EXPECT_EQ(find_credentials(head, /*secure=*/true).value, token);
  EXPECT_EQ(find_credentials(head, /*secure=*/false).value, "a");
  EXPECT_EQ(session_cookie(token, std::chrono::seconds(60), /*secure=*/true),
            "__Host-sid=" + token + "; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
  EXPECT_EQ(session_cookie(token, std::chrono::seconds(60), /*secure=*/false),
            "sid=" + token + "; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
  head.headers = {{.name = "host", .value = "a.example"}, {.name = "origin", .value = "https://a.example"}};
  EXPECT_TRUE(is_from_own_page(head, /*secure=*/true));
  EXPECT_FALSE(is_from_own_page(head, /*secure=*/false));
}

TEST(IsFromHere, AProxyIsNotHere) {
  RequestHead head{.method = "POST", .target = "/"};
  class NoBody final : public BodyReader {
   public:
    std::size_t read(std::span<char>) override { return 0; }
    const std::optional<Problem>& failure() const override { return none_; }

   private:
    const std::optional<Problem> none_;
  } body;
  Request request{.head = head, .body = body, .id = {}, .path = "/", .query = {}, .captures = {}};
  request.peer = "127.0.0.1";
  EXPECT_TRUE(is_from_here(request));
  head.headers = {{.name = "x-forwarded-for", .value = "127.0.0.1"}};
  EXPECT_FALSE(is_from_here(request));
  head.headers.clear();
  request.peer = "192.0.2.1";
  EXPECT_FALSE(is_from_here(request));
}

std::string token_of(const Answer& answer) {
  const std::string cookie = answer.header("set-cookie");
  return cookie.starts_with("sid=") ? cookie.substr(4, cookie.find(';') - 4) : std::string();
}

std::string credentials(const std::string& name, const std::string& password) {
  return json({{"name", name}, {"password", password}}).dump();
}

TEST_F(SessionsTest, RegistersTheFirstUserSignsOutAndInAgain) {
  start();
  EXPECT_EQ(json::parse(ask("GET", "/api/auth/me").body)["registration"], "first");
  const Answer made = ask("POST", "/api/auth/register", {}, credentials("Root", kPassword));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json::parse(made.body)["user"]["role"], "admin");
  EXPECT_THAT(made.header("set-cookie"), HasSubstr("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"));
  const std::string first = token_of(made);
  EXPECT_EQ(ask("GET", "/api/users", cookie(first)).status, 200);
  EXPECT_EQ(code(ask("POST", "/api/auth/register", {}, credentials("eve", kPassword))), "registration_closed");
  EXPECT_EQ(json::parse(ask("GET", "/api/auth/me").body)["registration"], "closed");

  const Answer out = ask("POST", "/api/auth/logout", cookie(first));
  EXPECT_EQ(out.status, 204);
  EXPECT_THAT(out.header("set-cookie"), HasSubstr("sid=; Path=/; Max-Age=0"));
  EXPECT_EQ(out.header("clear-site-data"), R"("cookies", "storage", "cache")");
  EXPECT_EQ(code(ask("GET", "/api/jobs", cookie(first))), "session_expired");

  const Answer in = ask("POST", "/api/auth/login", {}, credentials("ROOT", kPassword));
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_NE(token_of(in), first);
  const json me = json::parse(ask("GET", "/api/auth/me", cookie(token_of(in))).body);
  EXPECT_EQ(me["user"]["name"], "root");
  EXPECT_EQ(me["scope"], "admin");
}

TEST_F(SessionsTest, RegistrationTakesNoRoleAndNoSecondAdministrator) {
  account_options_.open_registration = true;
  start();
  const Answer forged =
      ask("POST", "/api/auth/register", {}, R"({"name":"eve","password":"a long enough one","role":"admin"})");
  EXPECT_EQ(forged.status, 422);
  EXPECT_EQ(code(forged), "unknown_field");
  EXPECT_EQ(ask("POST", "/api/auth/register", {}, credentials("root", kPassword)).status, 201);
  const Answer second = ask("POST", "/api/auth/register", {}, credentials("eve", kPassword));
  EXPECT_EQ(json::parse(second.body)["user"]["role"], "user");
  EXPECT_EQ(code(ask("POST", "/api/auth/register", {}, credentials("eve", kPassword))), "account_conflict");
  for (const char* bad : {"", "a", "password1", "eveeve"}) {
    EXPECT_EQ(ask("POST", "/api/auth/register", {}, credentials("mallory", bad)).status, 422) << bad;
  }
}

TEST_F(SessionsTest, WhatIsNotJsonIsRefused) {
  start();
  EXPECT_EQ(ask("POST", "/api/auth/login", {}, "name=a&password=b", "application/x-www-form-urlencoded").status, 415);
  EXPECT_EQ(ask("POST", "/api/auth/login", {}, credentials("a", "b"), "text/plain").status, 415);
  for (const std::string& bad : {std::string("[]"), std::string("{"), std::string("null"), std::string(200, '['),
                                 "{\"name\":" + std::string(100, '[') + std::string(100, ']') + "}"}) {
    EXPECT_EQ(ask("POST", "/api/auth/login", {}, bad).status, 400) << bad;
  }
  EXPECT_EQ(ask("POST", "/api/auth/login", {}, credentials(std::string(20'000, 'a'), "b")).status, 413);
  EXPECT_EQ(ask("POST", "/api/auth/login", {}, R"({"name":1,"password":true})").status, 422);
}

TEST_F(SessionsTest, WrongPasswordAndUnknownNameAreAnsweredAlike) {
  start();
  add_real_user("ann");
  const auto answer = [&](const std::string& name) {
    Answer got = ask("POST", "/api/auth/login", {}, credentials(name, "not the password"));
    json document = json::parse(got.body);
    document.erase("request_id");
    document.erase("instance");
    return std::to_string(got.status) + document.dump();
  };
  EXPECT_EQ(answer("ann"), answer("nobody"));
}

TEST_F(SessionsTest, EverythingThatEndsASessionEndsItAtOnceAndForGood) {
  start();
  const User ann = add_real_user("ann");
  const User root = add_user("root", Role::kAdmin);
  const std::string admin = cookie(sign_in(root).token);
  const std::string me = "/api/users/" + ann.id;
  struct Ending {
    const char* name;
    std::function<void(const Signed&)> end;
  };
  const std::vector<Ending> endings = {
      {"logout", [&](const Signed& s) { ask("POST", "/api/auth/logout", cookie(s.token)); }},
      {"from the list", [&](const Signed& s) { ask("DELETE", "/api/sessions/" + s.id, cookie(sign_in(ann).token)); }},
      {"login with it",
       [&](const Signed& s) { ask("POST", "/api/auth/login", cookie(s.token), credentials("ann", kPassword)); }},
      {"role", [&](const Signed&) { ask("PATCH", me, admin, R"({"role":"admin"})"); }},
      {"rest",
       [&](const Signed&) {
         ask("PATCH", me, admin, R"({"active":false})");
         ask("PATCH", me, admin, R"({"active":true})");
       }},
      {"password by an administrator",
       [&](const Signed&) {
         ask("PATCH", me, admin, json({{"password", kPassword}}).dump());
       }},
      {"own password",
       [&](const Signed&) {
         ask("POST", "/api/auth/password", cookie(sign_in(ann).token),
             json({{"old_password", kPassword}, {"new_password", "another good one"}}).dump());
       }},
      {"deletion", [&](const Signed&) { ask("DELETE", me, admin); }},
  };
  for (const Ending& ending : endings) {
    SCOPED_TRACE(ending.name);
    const Signed session = sign_in(ann);
    ASSERT_EQ(ask("GET", "/api/jobs", cookie(session.token)).status, 200);
    ending.end(session);
    EXPECT_EQ(code(ask("GET", "/api/jobs", cookie(session.token))), "session_expired");
  }
}

TEST_F(SessionsTest, AnEventStreamEndsWithItsSession) {
  start();
  const User ann = add_user("ann");
  const Signed session = sign_in(ann);
  Client client(port_);
  client.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n" + cookie(session.token) + "\r\n");
  ASSERT_TRUE(client.wait_for("retry: 2000"));
  account_store_.end_session(ann.id, session.id);
  client.clear();
  EXPECT_TRUE(client.wait_for("0\r\n\r\n"));  // the end of the chunked body
}

TEST_F(SessionsTest, KeysAreToldOnceAndStayWithinTheirScope) {
  start();
  const User ann = add_user("ann");
  const std::string session = cookie(sign_in(ann).token);
  const Answer made = ask("POST", "/api/keys", session, R"({"name":"script","scope":"read","expires_in_days":30})");
  ASSERT_EQ(made.status, 201) << made.body;
  const json key = json::parse(made.body);
  const std::string text = key["key"];
  EXPECT_TRUE(text.starts_with("vox_" + key["id"].get<std::string>() + "_"));
  EXPECT_EQ(ask("GET", "/api/keys", session).body.find(text), std::string::npos);
  EXPECT_EQ(json::parse(ask("GET", "/api/auth/me", bearer(text)).body)["scope"], "read");
  EXPECT_EQ(ask("GET", "/api/jobs", bearer(text)).status, 200);
  EXPECT_EQ(code(ask("POST", "/api/jobs/x/cancel", bearer(text))), "not_allowed");
  EXPECT_EQ(ask("GET", "/api/jobs", "authorization: BEARER " + text + "\r\n").status, 200);
  EXPECT_EQ(ask("POST", "/api/keys", session, R"({"name":"x","scope":"admin"})").status, 422);
  EXPECT_EQ(ask("DELETE", "/api/keys/" + key["id"].get<std::string>(), session).status, 204);
  EXPECT_EQ(code(ask("GET", "/api/jobs", bearer(text))), "session_expired");
  // A key needs no proof of its page: no page can send it.
  const std::string writer = bearer(add_key(ann, KeyScope::kWrite).text);
  EXPECT_EQ(ask("POST", "/api/jobs/" + add_job(ann.id) + "/cancel", writer).status, 200);
}

TEST_F(SessionsTest, LimitsOfRequestsAreToldAndKept) {
  account_options_.requests = {.quota = 5, .window = std::chrono::seconds(600)};
  start();
  const std::string ann = cookie(sign_in(add_user("ann")).token);
  for (int left = 4; left >= 0; --left) {
    const Answer answer = ask("GET", "/api/jobs", ann);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("ratelimit-policy"), "\"api\";q=5;w=600");
    EXPECT_THAT(answer.header("ratelimit"), HasSubstr("\"api\";r=" + std::to_string(left) + ";t="));
  }
  const Answer refused = ask("GET", "/api/jobs", ann);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code(refused), "rate_limited");
  EXPECT_EQ(refused.header("retry-after"), "120");
  EXPECT_EQ(refused.header("ratelimit"), "\"api\";r=0;t=120");
  EXPECT_EQ(ask("GET", "/api/jobs", cookie(sign_in(add_user("bob")).token)).status, 200);
  EXPECT_EQ(ask("GET", "/livez").status, 200);
}

TEST_F(SessionsTest, QuotasOfAUserAre429WithTheTimeToComeBack) {
  account_options_.quota = {.stored_bytes = 5, .jobs_per_day = 2, .media_per_day = std::chrono::minutes(60)};
  account_options_.max_queued_jobs = 10;
  start();
  const User ann = add_user("ann");
  const std::string who = cookie(sign_in(ann).token);
  const auto submit = [&](const std::string& content) {
    const Form form = Form().file("talk.wav", content);
    return ask("POST", "/api/jobs", who, form.text(), "multipart/form-data; boundary=" + form.boundary);
  };
  EXPECT_EQ(submit("abc").status, 202);
  Answer refused = submit("abc");
  EXPECT_EQ(refused.status, 429) << refused.body;
  EXPECT_EQ(code(refused), "quota_exceeded");
  EXPECT_THAT(refused.body, HasSubstr("At most 5 bytes"));
  EXPECT_EQ(submit("ab").status, 202);
  refused = submit("");
  EXPECT_THAT(refused.body, HasSubstr("At most 2 jobs a day"));
  EXPECT_EQ(refused.header("retry-after"), "57600");  // the clock stands at 08:00
  EXPECT_EQ(
      std::distance(std::filesystem::directory_iterator(data_.path() / "jobs"), std::filesystem::directory_iterator()),
      2);
  const json usage = json::parse(ask("GET", "/api/auth/me", who).body)["user"]["usage"];
  EXPECT_EQ(usage, json({{"stored_bytes", 5}, {"jobs_today", 2}, {"minutes_today", 3}, {"queued_jobs", 2}}));
}

TEST_F(SessionsTest, AdministratorsManageUsers) {
  start();
  const std::string admin = cookie(sign_in(add_user("root", Role::kAdmin)).token);
  const Answer made =
      ask("POST", "/api/users", admin, R"({"name":"Ann","password":"a long enough one","quota":{"jobs_per_day":3}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const json ann = json::parse(made.body);
  EXPECT_EQ(ann["name"], "ann");
  EXPECT_EQ(ann["quota"]["jobs_per_day"], 3);
  EXPECT_TRUE(ann["quota"]["stored_bytes"].is_null());
  EXPECT_EQ(made.header("location"), "/api/users/" + ann["id"].get<std::string>());
  const std::string path = "/api/users/" + ann["id"].get<std::string>();
  const json changed =
      json::parse(ask("PATCH", path, admin, R"({"quota":{"stored_bytes":7,"jobs_per_day":null}})").body);
  EXPECT_EQ(changed["quota"]["stored_bytes"], 7);
  EXPECT_TRUE(changed["quota"]["jobs_per_day"].is_null());
  for (const char* bad : {R"({"quota":{"jobs_per_day":-1}})", R"({"quota":{"jobs":1}})", R"({"role":"king"})",
                          R"({"active":1})", R"({"email":"x"})", R"({"password":"short"})", R"({"name":"bob"})"}) {
    EXPECT_EQ(ask("PATCH", path, admin, bad).status, 422) << bad;
  }
  const std::string job = add_job(ann["id"]);
  EXPECT_EQ(ask("DELETE", path, admin).status, 204);
  EXPECT_EQ(ask("GET", path, admin).status, 404);
  EXPECT_FALSE(store_.get(job));
  const User root = *account_store_.find_user_by_login("root");
  EXPECT_EQ(code(ask("DELETE", "/api/users/" + root.id, admin)), "account_conflict");
  EXPECT_EQ(code(ask("PATCH", "/api/users/" + root.id, admin, R"({"role":"user"})")), "account_conflict");
  const json audit = json::parse(ask("GET", "/api/audit", admin).body);
  std::vector<std::string> events;
  for (const json& record : audit["records"]) events.push_back(record["event"]);
  EXPECT_THAT(events, ::testing::ElementsAre("user.delete", "user.change", "user.create"));
}

std::uint64_t resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

TEST_F(SessionsTest, AFloodOfLoginsIsTurnedAwayInBoundedMemory) {
  account_options_.throttle = {.attempts_per_minute_account = 0, .attempts_per_minute_address = 0};
  start();
  ask("POST", "/api/auth/login", {}, credentials("first use", "x"));
  const std::uint64_t before = resident_bytes();
  std::atomic<int> tried = 0;
  std::atomic<int> turned_away = 0;
  std::atomic<int> other = 0;
  std::atomic<std::uint64_t> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 50; ++i) {
      threads.emplace_back([&, i] {
        Client client(port_);
        for (int j = 0; j < 20; ++j) {
          const std::string body = credentials("user" + std::to_string(100 * i + j), "guess");
          client.send(
              "POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
              "Content-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
          const Answer answer = client.read_answer();
          if (answer.status == 401)
            ++tried;
          else if (answer.status == 429 && answer.header("retry-after") == "1")
            ++turned_away;
          else
            ++other;
          std::uint64_t seen = most;
          const std::uint64_t now = resident_bytes();
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
        }
      });
    }
  }
  EXPECT_EQ(tried + turned_away, 1000);
  EXPECT_EQ(other, 0);
  EXPECT_GE(turned_away, 1);
  EXPECT_LE(most - std::min<std::uint64_t>(before, most), std::uint64_t{100} << 20);
  RecordProperty("tried", tried);
  RecordProperty("turned_away", turned_away);
  RecordProperty("rss_growth_bytes", std::to_string(most - std::min<std::uint64_t>(before, most)));
}

TEST_F(ServerTest, WithAccountsOffNobodySignsInAndAnyBearerTokenWill) {
  start();
  EXPECT_EQ(json::parse(get("/api/auth/me").body)["accounts"], false);
  EXPECT_EQ(get("/api/jobs", "Authorization: Bearer sk-anything\r\n").status, 200);
  for (const char* path : {"/api/users", "/api/keys", "/api/sessions", "/api/audit"}) {
    expect_problem(get(path), 409, "accounts_off");
  }
  EXPECT_TRUE(get("/api/jobs").header("ratelimit").empty());
}

}  // namespace
}  // namespace voxlate::http
