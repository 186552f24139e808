// Users, sessions and keys on the real server, with restarts and kills between.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"
#include "store/sqlite_account_store.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::vector<std::string> kOn = {"--set", "accounts.mode=on"};
constexpr const char* kPassword = "correct horse battery";

/// A browser: keeps its cookie and says where its requests come from.
class Browser {
 public:
  explicit Browser(const ServerProcess& server) : port_(server.port()) {}

  int status_of_get(const std::string& path) {
    return httplib::Client("127.0.0.1", port_).Get(path, headers())->status;
  }
  json get(const std::string& path) {
    return json::parse(httplib::Client("127.0.0.1", port_).Get(path, headers())->body);
  }

  json post(const std::string& path, const json& body, int expected) {
    const auto answer = httplib::Client("127.0.0.1", port_).Post(path, headers(), body.dump(), "application/json");
    EXPECT_EQ(answer->status, expected) << path << " " << answer->body;
    const std::string cookie = answer->get_header_value("Set-Cookie");
    if (!cookie.empty()) cookie_ = cookie.substr(0, cookie.find(';'));
    return answer->body.empty() ? json() : json::parse(answer->body);
  }

  int remove(const std::string& path) { return httplib::Client("127.0.0.1", port_).Delete(path, headers())->status; }

  /// The answer to an upload of something that is no media.
  int upload_status() {
    const httplib::MultipartFormDataItems items{{"file", "words", "notes.txt", "text/plain"}};
    return httplib::Client("127.0.0.1", port_).Post("/api/jobs", headers(), items)->status;
  }

  void move_to(const ServerProcess& server) { port_ = server.port(); }

 private:
  httplib::Headers headers() const {
    return {{"Cookie", cookie_.empty() ? "theme=dark" : cookie_}, {"Sec-Fetch-Site", "same-origin"}};
  }

  int port_;
  std::string cookie_;
};

json credentials(const std::string& name) { return {{"name", name}, {"password", kPassword}}; }

int status_with_key(const ServerProcess& server, const std::string& path, const std::string& key) {
  httplib::Client client("127.0.0.1", server.port());
  return client.Get(path, {{"Authorization", "Bearer " + key}})->status;
}

TEST(AccountsEndToEnd, TwoUsersWithSessionsAndKeysAcrossRestarts) {
  const TemporaryFolder folder;
  auto server = std::make_unique<ServerProcess>(folder / "data", kOn);
  EXPECT_EQ(get(*server, "/livez").status, 200);
  EXPECT_EQ(get(*server, "/api/jobs").status, 401);

  Browser root(*server);
  EXPECT_EQ(root.get("/api/auth/me")["registration"], "first");
  root.post("/api/auth/register", credentials("root"), 201);
  Browser stranger(*server);
  stranger.post("/api/auth/register", credentials("eve"), 403);
  const std::string ann_id = root.post("/api/users", credentials("ann"), 201)["id"];

  Browser ann(*server);
  ann.post("/api/auth/login", credentials("ann"), 200);
  EXPECT_EQ(ann.status_of_get("/api/users"), 403);
  EXPECT_TRUE(ann.upload_status() == 415 || ann.upload_status() == 422);
  const json key = ann.post("/api/keys", {{"name", "script"}, {"scope", "read"}}, 201);
  const std::string text = key["key"];
  EXPECT_EQ(status_with_key(*server, "/api/jobs", text), 200);

  server->kill_hard();
  server = std::make_unique<ServerProcess>(folder / "data", kOn);
  for (Browser* browser : {&root, &ann, &stranger}) browser->move_to(*server);
  EXPECT_EQ(ann.get("/api/auth/me")["user"]["name"], "ann");
  EXPECT_EQ(status_with_key(*server, "/api/jobs", text), 200);

  EXPECT_EQ(ann.remove("/api/keys/" + key["id"].get<std::string>()), 204);
  ann.post("/api/auth/logout", json::object(), 204);
  server->kill_hard();  // what ended has ended for good
  server = std::make_unique<ServerProcess>(folder / "data", kOn);
  for (Browser* browser : {&root, &ann}) browser->move_to(*server);
  EXPECT_EQ(ann.status_of_get("/api/jobs"), 401);
  EXPECT_EQ(status_with_key(*server, "/api/jobs", text), 401);

  EXPECT_EQ(root.remove("/api/users/" + ann_id), 204);
  ann.post("/api/auth/login", credentials("ann"), 401);
  const std::string log = server->log();
  EXPECT_EQ(log.find(kPassword), std::string::npos);
  EXPECT_EQ(log.find(text), std::string::npos);
}

TEST(AccountsEndToEnd, AUserSeesNoJobOfAnother) {
  const TemporaryFolder folder;
  const ServerProcess server(folder / "data", kOn);
  Browser root(server);
  root.post("/api/auth/register", credentials("root"), 201);
  std::vector<std::unique_ptr<Browser>> users;
  for (const char* name : {"ann", "bob"}) {
    root.post("/api/users", credentials(name), 201);
    users.push_back(std::make_unique<Browser>(server));
    users.back()->post("/api/auth/login", credentials(name), 200);
  }
  const json key = users[0]->post("/api/keys", {{"name", "upload"}}, 201);
  std::ofstream(folder / "talk.wav", std::ios::binary) << wav_of(std::string(32'000, '\0'), 16'000);
  const Response job =
      submit(server, folder / "talk.wav", {}, {{"Authorization", "Bearer " + key["key"].get<std::string>()}});
  ASSERT_EQ(job.status, 202) << job.body;
  const std::string path = "/api/jobs/" + job.json["id"].get<std::string>();
  EXPECT_EQ(users[0]->status_of_get(path), 200);
  EXPECT_EQ(users[1]->status_of_get(path), 404);
  EXPECT_EQ(users[1]->remove(path), 404);
  EXPECT_EQ(users[1]->get("/api/jobs")["jobs"].size(), 0U);
  EXPECT_EQ(root.get("/api/jobs")["jobs"].size(), 1U);
  EXPECT_EQ(users[0]->remove(path), 204);
}

int run_user_command(const std::filesystem::path& data, const std::string& arguments, const std::string& input,
                     std::string* output = nullptr) {
  const std::filesystem::path file = data.string() + ".out";
  const int status = run_program({"sh", "-c",
                                  "printf '" + input + "' | " + VOXLATE_BINARY + " user " + arguments + " --data-dir " +
                                      data.string() + " >" + file.string() + " 2>&1"});
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  if (output != nullptr) *output = text.str();
  return status;
}

TEST(AccountsEndToEnd, UsersAreMadeOnTheCommandLineWhileNoServerRuns) {
  const TemporaryFolder folder;
  const std::filesystem::path data = folder / "data";
  std::string output;
  EXPECT_EQ(run_user_command(data, "add root --admin --email root@example.org", "correct horse battery\\n", &output), 0)
      << output;
  EXPECT_EQ(run_user_command(data, "add ann", "password1\\n", &output), 2);
  EXPECT_THAT(output, HasSubstr("tried first"));
  EXPECT_EQ(run_user_command(data, "add ROOT", "correct horse battery\\n", &output), 1);
  EXPECT_THAT(output, HasSubstr("the user name is taken"));
  EXPECT_EQ(run_user_command(data, "passwd nobody", "correct horse battery\\n", &output), 1);
  {
    const ServerProcess server(data, kOn);
    Browser root(server);
    EXPECT_EQ(root.get("/api/auth/me")["registration"], "closed");
    root.post("/api/auth/login", {{"name", "root@example.org"}, {"password", kPassword}}, 200);
    EXPECT_EQ(root.get("/api/auth/me")["user"]["role"], "admin");
    EXPECT_EQ(run_user_command(data, "add bob", "correct horse battery\\n", &output), 1);
    EXPECT_THAT(output, HasSubstr("a server is running on"));
  }
  EXPECT_EQ(run_user_command(data, "passwd root", "another good one\\n", &output), 0) << output;
  EXPECT_EQ(run_user_command(data, "list", "", &output), 0);
  EXPECT_THAT(output, HasSubstr("root                     admin  active"));
  const ServerProcess server(data, kOn);
  Browser root(server);
  root.post("/api/auth/login", credentials("root"), 401);
  root.post("/api/auth/login", {{"name", "root"}, {"password", "another good one"}}, 200);
}

TEST(AccountsEndToEnd, OldRecordsOfTheAuditAreMovedIntoTheArchive) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "data");
  {
    store::Storage storage({.path = folder / "data" / "voxlate.db", .ballast_bytes = 0});
    store::SqliteAccountStore store(storage);
    for (const int day : {0, 1, 40}) {
      store.append_audit(
          {.at = TimePoint(std::chrono::days(20'000 + day)), .event = "auth.fail", .detail = "old \"one\""});
    }
  }
  const ServerProcess server(folder / "data", kOn);
  const auto lines_of = [&](const char* name) {
    std::ifstream file(folder / "data" / "archive" / name);
    std::vector<json> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
    return lines;
  };
  // Days 20000 and 20001 after 1970 are in October 2024; the newest record stays.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (lines_of("audit-2024-10.jsonl").size() < 2 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // another process, which cannot signal us
  }
  const auto archived = lines_of("audit-2024-10.jsonl");
  ASSERT_EQ(archived.size(), 2U);
  EXPECT_EQ(archived[0]["at"], "2024-10-04T00:00:00.000Z");
  EXPECT_EQ(archived[0]["detail"], "old \"one\"");
  EXPECT_EQ(archived[1]["previous"], archived[0]["hash"]);
  Browser root(server);
  root.post("/api/auth/register", credentials("root"), 201);
  const json audit = root.get("/api/audit")["records"];
  EXPECT_EQ(audit.back()["previous"], archived[1]["hash"]);
}

TEST(AccountsEndToEnd, AServerForTheNetworkHasAccountsUnlessToldOtherwise) {
  const TemporaryFolder folder;
  try {
    const ServerProcess server(folder / "data", {"--host", "0.0.0.0", "--set", "accounts.mode=off"});
    FAIL() << "expected the start to be refused";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("accounts.allow_open_network"));
  }
}

}  // namespace
}  // namespace voxlate::e2e
