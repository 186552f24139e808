#include <algorithm>
#include <fstream>
#include <set>

#include "http/routes.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;
using RoutesTest = ServerTest;

// "METHOD /path" of every operation of web/openapi.yaml: paths are indented by two spaces, methods by four.
std::set<std::string> documented_operations() {
  std::ifstream file(std::string(VOXLATE_SOURCE_DIR) + "/web/openapi.yaml");
  std::set<std::string> operations;
  std::string line;
  std::string path;
  bool in_paths = false;
  while (std::getline(file, line)) {
    if (!line.empty() && line.front() != ' ') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.starts_with("  /") && line.ends_with(":")) path = line.substr(2, line.size() - 3);
    for (const std::string method : {"get", "post", "put", "patch", "delete", "head", "options"}) {
      if (line == "    " + method + ":") {
        std::string upper = method;
        std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
        operations.insert(upper + " " + path);
      }
    }
  }
  return operations;
}

TEST(Routes, AreTheOnesThatOpenApiDescribes) {
  std::set<std::string> registered;
  for (const Route& route : kRoutes) registered.insert(std::string(route.method) + " " + std::string(route.pattern));
  EXPECT_EQ(registered.size(), kRoutes.size());
  EXPECT_EQ(registered, documented_operations());
}

TEST(MatchPattern, DecodesSegmentsOneByOne) {
  const auto captures = match_pattern("/api/jobs/{id}/files/{name}", "/api/jobs/abc/files/a%20b.srt");
  ASSERT_TRUE(captures);
  EXPECT_EQ(captures->at("id"), "abc");
  EXPECT_EQ(captures->at("name"), "a b.srt");
}

TEST(MatchPattern, RefusesWhatCouldLeaveItsSegment) {
  for (const char* path :
       {"/f/..%2Fx", "/f/a%00b", "/f/a%0Ab", "/f/%5C..", "/f/%zz", "/f/", "/f", "/f/a/b", "/f/%ff"}) {
    EXPECT_FALSE(match_pattern("/f/{name}", path)) << path;
  }
}

TEST_F(RoutesTest, EveryAnswerCarriesTheSecurityHeaders) {
  start();
  const std::string id = make_job();
  const std::vector<std::pair<std::string, std::string>> requests = {
      {"GET", "/livez"},          {"GET", "/api/jobs"},
      {"GET", "/api/jobs/" + id}, {"GET", "/api/jobs/" + id + "/source"},
      {"GET", "/nowhere"},        {"GET", "/api/nowhere"},
      {"PUT", "/api/jobs"},       {"BREW", "/"},
      {"OPTIONS", "/api/jobs"},   {"GET", "/"},
      {"HEAD", "/livez"},         {"DELETE", "/api/jobs/" + id}};
  for (const auto& [method, target] : requests) {
    const Answer answer = ask(method, target);
    SCOPED_TRACE(method + " " + target);
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.header("referrer-policy"), "no-referrer");
    EXPECT_EQ(answer.header("cross-origin-opener-policy"), "same-origin");
    EXPECT_EQ(answer.header("cross-origin-resource-policy"), "same-origin");
    EXPECT_EQ(answer.header("permissions-policy"), "camera=(), microphone=(self), geolocation=()");
    EXPECT_EQ(answer.header("x-frame-options"), "DENY");
    EXPECT_NE(answer.header("content-security-policy").find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_FALSE(answer.header("cache-control").empty());
    EXPECT_EQ(answer.header("x-request-id").size(), 26U);
    EXPECT_TRUE(answer.header("server").empty());
    EXPECT_TRUE(answer.header("exception_what").empty());
    for (const auto& header : answer.headers) EXPECT_EQ(answer.headers.count(header.first), 1U) << header.first;
  }
}

TEST_F(RoutesTest, ShowsAJob) {
  start();
  const std::string id = make_job("Vortrag \xC3\xA4.mp4", "12345");
  const Answer answer = get("/api/jobs/" + id);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  const json job = json::parse(answer.body);
  EXPECT_EQ(job["id"], id);
  EXPECT_EQ(job["name"], "Vortrag \xC3\xA4.mp4");
  EXPECT_EQ(job["status"], "queued");
  EXPECT_EQ(job["size_bytes"], 5);
  EXPECT_EQ(job["duration_s"], 12.345);
  EXPECT_EQ(job["waiting_for"], json({{"reason", "queue"}, {"jobs_ahead", 0}}));
  EXPECT_EQ(job["created_at"], "2027-01-15T08:00:00.000Z");
  EXPECT_TRUE(job["started_at"].is_null());
  EXPECT_TRUE(job["audio_track"].is_null());
  EXPECT_EQ(job["links"]["events"], "/api/jobs/" + id + "/events");
}

TEST_F(RoutesTest, AJobForAModelThatIsBeingDownloadedSaysSo) {
  models_.downloads = {"base"};
  complete_spec_ = [](JobSpec& spec) { spec.model = "base"; };
  start();
  const json job = json::parse(get("/api/jobs/" + make_job()).body);
  EXPECT_EQ(job["waiting_for"], json({{"reason", "model"}, {"model", "base"}}));
}

TEST_F(RoutesTest, ShowsEveryMemberThatOpenApiRequires) {
  start();
  const json job = json::parse(get("/api/jobs/" + make_job()).body);
  std::set<std::string> members;
  for (const auto& item : job.items()) members.insert(item.key());
  EXPECT_EQ(members, (std::set<std::string>{"id",           "name",        "status",
                                            "priority",     "language",    "engine",
                                            "model",        "task",        "prompt",
                                            "vad",          "targets",     "translator",
                                            "glossary",     "formats",     "profile",
                                            "audio_track",  "size_bytes",  "duration_s",
                                            "content_type", "media",       "created_at",
                                            "started_at",   "finished_at", "progress",
                                            "waiting_for",  "attempt",     "cancel_requested",
                                            "error",        "notes",       "files",
                                            "links",        "origin",      "cached"}));
}

TEST_F(RoutesTest, UnknownJobIsNotFoundOnEveryRoute) {
  start();
  for (const std::string id : {"aaaaaaaaaaaaaaaaaaaaaaaaaa", "nonsense", "..", "%2e%2e%2f"}) {
    for (const char* suffix : {"", "/transcript", "/source", "/events", "/files/x.srt"}) {
      expect_problem(get("/api/jobs/" + id + suffix), 404, "not_found");
    }
    expect_problem(ask("DELETE", "/api/jobs/" + id), 404, "not_found");
    expect_problem(ask("POST", "/api/jobs/" + id + "/cancel"), 404, "not_found");
    expect_problem(ask("POST", "/api/jobs/" + id + "/retry"), 404, "not_found");
  }
}

TEST_F(RoutesTest, ListsNewestFirstInPages) {
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(make_job("talk " + std::to_string(i) + ".mp4"));
  std::vector<std::string> seen;
  std::string next = "/api/jobs?limit=2&q=TALK&state=queued";
  while (!next.empty()) {
    const json page = json::parse(get(next).body);
    for (const json& job : page["jobs"]) seen.push_back(job["id"]);
    next = page["next"].is_null() ? "" : page["next"].get<std::string>();
    ASSERT_LE(seen.size(), 5U);
  }
  std::ranges::reverse(ids);
  EXPECT_EQ(seen, ids);
  EXPECT_TRUE(json::parse(get("/api/jobs?state=failed").body)["jobs"].empty());
}

TEST_F(RoutesTest, RefusesBadListParameters) {
  start();
  for (const char* query : {"limit=0", "limit=9999", "limit=x", "limit=-1", "state=done", "after=../x"}) {
    expect_problem(get("/api/jobs?" + std::string(query)), 422, "invalid_input");
  }
}

TEST_F(RoutesTest, CancelsRetriesAndDeletes) {
  start();
  const std::string id = make_job();
  EXPECT_EQ(json::parse(ask("POST", "/api/jobs/" + id + "/cancel").body)["status"], "cancelled");
  expect_problem(ask("POST", "/api/jobs/" + id + "/cancel"), 409, "conflict");
  const int wakes = wakes_;
  const Answer retried = ask("POST", "/api/jobs/" + id + "/retry");
  EXPECT_EQ(retried.status, 202);
  EXPECT_EQ(json::parse(retried.body)["status"], "queued");
  EXPECT_EQ(wakes_, wakes + 1);
  expect_problem(ask("POST", "/api/jobs/" + id + "/retry"), 409, "conflict");
  EXPECT_EQ(job_folders(), 1U);
  const Answer deleted = ask("DELETE", "/api/jobs/" + id);
  EXPECT_EQ(deleted.status, 204);
  EXPECT_TRUE(deleted.header("content-length").empty());
  EXPECT_EQ(job_folders(), 0U);
  expect_problem(get("/api/jobs/" + id), 404, "not_found");
}

TEST_F(RoutesTest, TellsTheTranscript) {
  start();
  const std::string id = make_job();
  const json running = json::parse(get("/api/jobs/" + id + "/transcript").body);
  EXPECT_EQ(running["complete"], false);
  EXPECT_EQ(running["segments"][0]["start"], 0.12);
  EXPECT_EQ(running["segments"][0]["words"][0],
            json({{"word", "hello"}, {"start", 0.12}, {"end", 0.9}, {"confidence", 0.5}}));
  finish_next("talk.en.srt", "x");
  EXPECT_EQ(json::parse(get("/api/jobs/" + id + "/transcript").body)["complete"], true);
}

TEST_F(RoutesTest, TellsCapabilitiesAndStatus) {
  options_.max_upload_bytes = 1234;
  options_.max_media_duration = std::chrono::hours(2);
  start();
  make_job();
  const json capabilities = json::parse(get("/api/capabilities").body);
  EXPECT_EQ(capabilities["engines"][0]["id"], "sphinx");
  EXPECT_EQ(capabilities["translations"], json::parse(R"([
    {"source": "en", "targets": ["es", "fr"], "engine": "apertium", "through": []},
    {"source": "en", "targets": ["ca"], "engine": "apertium", "through": ["es"]}])"));
  EXPECT_EQ(capabilities["limits"], json({{"max_upload_bytes", 1234}, {"max_duration_s", 7200}}));
  EXPECT_EQ(capabilities["imports"], true);
  EXPECT_EQ(capabilities["version"], "0.1.0");
  const json status = json::parse(get("/api/system/status").body);
  EXPECT_EQ(status["memory"]["percent"], 25.0);
  EXPECT_EQ(status["memory_percent"], 25.0);
  EXPECT_EQ(status["system_resources"]["cpu_percent"], 12.3);
  EXPECT_EQ(status["queue"]["queued"], 1);
  EXPECT_EQ(status["queue"]["failed"], 0);
  EXPECT_EQ(status["queue_size"], 1);
  EXPECT_EQ(status["queue_status"]["queue_size"], 1);
  EXPECT_EQ(status["models"][0]["id"], "base");
  EXPECT_EQ(status["models"][0]["in_use"], true);
  EXPECT_EQ(status["gpus"][0]["memory_total_bytes"], 1000);
  EXPECT_TRUE(status["gpus"][0]["temperature_c"].is_null());
  EXPECT_EQ(status["media_sandbox"], json({{"landlock_abi", 7}, {"seccomp", true}, {"namespaces", false}}));
  EXPECT_EQ(status["versions"]["voxlate"], "0.1.0");
}

TEST_F(RoutesTest, ProbesAnswer) {
  start();
  for (const char* path : {"/livez", "/readyz", "/health"}) {
    EXPECT_EQ(get(path).status, 200) << path;
    EXPECT_EQ(get(path).body, R"({"status":"ok"})");
  }
}

TEST_F(RoutesTest, IsNotReadyWhenTheDiskIsNearlyFull) {
  options_.min_free_disk_bytes = std::uint64_t{1} << 62;
  start();
  expect_problem(get("/readyz"), 503, "unavailable");
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(RoutesTest, ServesTheContract) {
  start();
  const Answer answer = get("/api/openapi.yaml");
  EXPECT_EQ(answer.header("content-type"), "application/yaml");
  std::ifstream file(std::string(VOXLATE_SOURCE_DIR) + "/web/openapi.yaml");
  EXPECT_EQ(answer.body, std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST_F(RoutesTest, WrongMethodNamesTheRightOnes) {
  start();
  const Answer answer = ask("PUT", "/api/jobs");
  expect_problem(answer, 405, "method_not_allowed");
  EXPECT_EQ(answer.header("allow"), "POST, GET, HEAD, OPTIONS");
  EXPECT_EQ(ask("OPTIONS", "/api/jobs").header("allow"), "POST, GET, HEAD, OPTIONS");
  expect_problem(ask("POST", "/"), 405, "method_not_allowed");
  expect_problem(get("/api/nowhere"), 404, "not_found");
}

TEST_F(RoutesTest, HeadHasTheHeadersOfGetAndNoBody) {
  start();
  for (const std::string target : {"/livez", "/api/jobs", "/api/nowhere"}) {
    Client client(port_);
    client.send(head("HEAD", target, "Connection: close\r\n"));
    const Answer answer = client.read_answer(/*head_only=*/true);
    const Answer full = get(target);
    EXPECT_EQ(answer.status, full.status) << target;
    EXPECT_EQ(answer.header("content-length"), full.header("content-length")) << target;
    EXPECT_TRUE(client.closed()) << target;
  }
}

TEST_F(RoutesTest, OneConnectionCarriesManyRequestsAlsoPipelined) {
  start();
  Client client(port_);
  client.send(head("GET", "/livez") + head("GET", "/api/jobs") + head("GET", "/api/nowhere"));
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(client.read_answer().body, R"({"jobs":[],"next":null})");
  EXPECT_EQ(client.read_answer().status, 404);
  client.send("GET /livez HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_answer().header("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(RoutesTest, InternalFailuresTellNothing) {
  complete_spec_ = [](JobSpec&) { throw Error(ErrorCode::kInternal, "secret /etc/passwd SELECT"); };
  start();
  const Answer answer = post(Form().file("a.wav", "x"));
  expect_problem(answer, 500, "internal");
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  complete_spec_ = [](JobSpec&) { throw std::out_of_range("secret"); };
  const Answer other = post(Form().file("a.wav", "x"));
  expect_problem(other, 500, "internal");
  EXPECT_EQ(other.body.find("secret"), std::string::npos);
}

TEST_F(RoutesTest, RefusesOtherSitesAndForeignNames) {
  start();
  const std::string id = make_job();
  const std::string target = "/api/jobs/" + id + "/cancel";
  for (const char* header :
       {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site: none\r\n",
        "Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://127.0.0.1:1\r\n"}) {
    expect_problem(ask("POST", target, header), 403, "cross_site_request");
    EXPECT_EQ(get("/api/jobs/" + id, header).status, 200) << header;
  }
  Client client(port_);
  client.send("GET /api/jobs HTTP/1.1\r\nHost: evil.example:5000\r\n\r\n");
  expect_problem(client.read_answer(), 421, "misdirected_request");
  for (const char* host : {"localhost:5000", "[::1]:5000", "app.localhost", "192.168.1.7"}) {
    client.send("GET /livez HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200) << host;
  }
  EXPECT_EQ(ask("POST", target, "Origin: http://127.0.0.1\r\n").status, 200);
}

TEST_F(RoutesTest, SaysSoWhenTheClientIsNotBuiltIn) {
  start();
  const Answer page = get("/");
  if (page.status == 200) GTEST_SKIP() << "this build has the client";
  expect_problem(page, 404, "client_not_built");
  expect_problem(get("/jobs/abc"), 404, "client_not_built");
  expect_problem(get("/assets/x.js"), 404, "not_found");
}

TEST_F(RoutesTest, ServesTheClientWhenItIsBuiltIn) {
  start();
  const Answer page = get("/");
  if (page.status != 200) GTEST_SKIP() << "built without the client (VOXLATE_WEB=OFF)";
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page.header("content-security-policy").find("require-trusted-types-for 'script'"), std::string::npos);
  EXPECT_EQ(get("/jobs/aaaaaaaaaaaaaaaaaaaaaaaaaa").body, page.body);
  EXPECT_EQ(get("/", "If-None-Match: " + page.header("etag") + "\r\n").status, 304);
  expect_problem(get("/assets/none.js"), 404, "not_found");
  const auto script = page.body.find("/assets/");
  ASSERT_NE(script, std::string::npos);
  const Answer asset = get(page.body.substr(script, page.body.find('"', script) - script), "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(asset.status, 200);
  EXPECT_EQ(asset.header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(asset.header("content-encoding"), "gzip");
}

TEST_F(RoutesTest, SaysThatThePortIsTaken) {
  start();
  Server second({.port = port_}, services_over(store_));
  try {
    second.bind();
    FAIL() << "bound a port that is in use";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_NE(std::string(error.what()).find("in use"), std::string::npos);
  }
}

}  // namespace
}  // namespace voxlate::http
