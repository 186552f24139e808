// Who may do what: every route of kRoutes with every kind of caller. A route without a row does not compile.

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "http/routes.h"
#include "tests/unit/http/accounts_fixture.h"

namespace voxlate::http {
namespace {

/// What the path's `{id}` names.
enum class Thing { kNone, kQueuedJob, kFinishedJob, kCancelledJob, kModel, kUser, kKey, kSession, kWebhook, kUpload };

struct Row {
  std::string_view method;
  std::string_view pattern;
  Thing thing = Thing::kNone;
  int success = 200;            ///< for whoever may
  std::string_view body = {};   ///< JSON; "form": a file; "bytes": of an upload
  bool needs_session = false;   ///< no API key may
  bool foreign_is_own = false;  ///< administrators have no more than their own either: sessions, keys
};

constexpr std::array kRows = {
    Row{"POST", "/api/jobs", Thing::kNone, 202, "form"},
    Row{"GET", "/api/jobs"},
    Row{"GET", "/api/jobs/{id}", Thing::kQueuedJob},
    Row{"DELETE", "/api/jobs/{id}", Thing::kQueuedJob, 204},
    Row{"POST", "/api/jobs/{id}/cancel", Thing::kQueuedJob},
    Row{"POST", "/api/jobs/{id}/retry", Thing::kCancelledJob, 202},
    Row{"GET", "/api/jobs/{id}/transcript", Thing::kFinishedJob},
    Row{"GET", "/api/jobs/{id}/files/{name}", Thing::kFinishedJob},
    Row{"GET", "/api/jobs/{id}/source", Thing::kFinishedJob},
    Row{"GET", "/api/jobs/{id}/events", Thing::kQueuedJob},
    Row{"GET", "/api/events"},
    Row{"GET", "/api/capabilities"},
    Row{"GET", "/api/system/status"},
    Row{"GET", "/api/caches"},
    Row{"DELETE", "/api/caches/{name}"},
    Row{"GET", "/api/system/events"},
    Row{"GET", "/api/performance"},
    Row{"GET", "/api/performance/timings"},
    Row{"DELETE", "/api/performance/timings", Thing::kNone, 204},
    Row{"GET", "/api/performance/history"},
    Row{"GET", "/api/performance/memory"},
    Row{"GET", "/api/performance/optimization"},
    Row{"POST", "/api/performance/optimize", Thing::kNone, 200, "{}"},
    Row{"GET", "/api/models"},
    Row{"GET", "/api/models/{id}", Thing::kModel},
    Row{"POST", "/api/models/{id}/download", Thing::kModel, 202},
    Row{"POST", "/api/models/{id}/unload", Thing::kModel},
    Row{"DELETE", "/api/models/{id}", Thing::kModel, 204},
    Row{"POST", "/api/auth/register", Thing::kNone, 403, R"({"name":"eve","password":"a long enough one"})"},
    Row{"POST", "/api/auth/login", Thing::kNone, 401, R"({"name":"new","password":"x"})"},
    Row{"POST", "/api/auth/logout", Thing::kNone, 204},
    Row{"GET", "/api/auth/me"},
    Row{"POST", "/api/auth/password", Thing::kNone, 401,
        R"({"old_password":"wrong","new_password":"a long enough one"})", true},
    Row{"GET", "/api/users"},
    Row{"POST", "/api/users", Thing::kNone, 201, R"({"name":"new","password":"a long enough one"})"},
    Row{"GET", "/api/users/{id}", Thing::kUser},
    Row{"PATCH", "/api/users/{id}", Thing::kUser, 200, R"({"email":"new@example.org"})"},
    Row{"DELETE", "/api/users/{id}", Thing::kUser, 204},
    Row{"GET", "/api/keys"},
    Row{"POST", "/api/keys", Thing::kNone, 201, R"({"name":"script","scope":"read"})", true},
    Row{"DELETE", "/api/keys/{id}", Thing::kKey, 204, {}, true, true},
    Row{"GET", "/api/sessions"},
    Row{"DELETE", "/api/sessions/{id}", Thing::kSession, 204, {}, true, true},
    Row{"GET", "/api/audit"},
    Row{"OPTIONS", "/api/uploads", Thing::kNone, 204},
    Row{"POST", "/api/uploads", Thing::kNone, 201},
    Row{"OPTIONS", "/api/uploads/{id}", Thing::kUpload, 204},
    Row{"HEAD", "/api/uploads/{id}", Thing::kUpload},
    Row{"PATCH", "/api/uploads/{id}", Thing::kUpload, 204, "bytes"},
    Row{"DELETE", "/api/uploads/{id}", Thing::kUpload, 204},
    Row{"GET", "/api/webhooks"},
    Row{"POST", "/api/webhooks", Thing::kNone, 201, R"({"url":"https://example.org/hook"})"},
    Row{"DELETE", "/api/webhooks/{id}", Thing::kWebhook, 204},
    Row{"POST", "/api/webhooks/{id}/rotate", Thing::kWebhook},
    Row{"POST", "/api/webhooks/{id}/enable", Thing::kWebhook},
    Row{"GET", "/api/webhooks/{id}/deliveries", Thing::kWebhook},
    Row{"POST", "/api/webhooks/{id}/deliveries/{delivery}/replay", Thing::kWebhook, 202},
    Row{"GET", "/api/openapi.yaml"},
    // Without a file or text: what follows is the same for everybody who gets this far.
    Row{"POST", "/v1/audio/transcriptions", Thing::kNone, 400},
    Row{"POST", "/v1/audio/translations", Thing::kNone, 400},
    Row{"POST", "/v1/audio/speech", Thing::kNone, 400},
    Row{"GET", "/v1/models"},
    Row{"GET", "/v1/models/{id}", Thing::kModel, 404},
    Row{"POST", "/inference", Thing::kNone, 415},
    Row{"POST", "/load", Thing::kNone, 400},
    Row{"POST", "/asr", Thing::kNone, 415},
    Row{"POST", "/detect-language", Thing::kNone, 415},
    Row{"POST", "/translate", Thing::kNone, 400},
    Row{"POST", "/detect", Thing::kNone, 400},
    Row{"GET", "/languages"},
    Row{"POST", "/translate_file", Thing::kNone, 415},
    Row{"GET", "/download_file/{id}", Thing::kModel, 404},
    Row{"GET", "/frontend/settings"},
    Row{"GET", "/metrics"},
    Row{"GET", "/livez"},
    Row{"GET", "/readyz"},
    Row{"GET", "/health"},
};

constexpr bool has_row(const Route& route) {
  return std::ranges::any_of(
      kRows, [&](const Row& row) { return row.method == route.method && row.pattern == route.pattern; });
}
static_assert(std::ranges::all_of(kRoutes, has_row), "a route has no row: say here who may use it");
static_assert(kRows.size() == kRoutes.size(), "a row has no route");

enum class Who {
  kAnonymous,
  kOwner,
  kOtherUser,
  kAdmin,
  kRevokedKey,
  kExpiredSession,
  kReadKey,
  kWriteKey,
  kAdminKeyOfAdmin,
  kReadKeyOfAdmin,
};
constexpr std::array kEverybody = {Who::kAnonymous,       Who::kOwner,          Who::kOtherUser, Who::kAdmin,
                                   Who::kRevokedKey,      Who::kExpiredSession, Who::kReadKey,   Who::kWriteKey,
                                   Who::kAdminKeyOfAdmin, Who::kReadKeyOfAdmin};

std::string_view name_of(Who who) {
  constexpr std::array<std::string_view, 10> kNames = {"anonymous",
                                                       "owner",
                                                       "other user",
                                                       "admin",
                                                       "revoked key",
                                                       "expired session",
                                                       "read key",
                                                       "write key",
                                                       "admin key of an admin",
                                                       "read key of an admin"};
  return kNames.at(static_cast<std::size_t>(who));
}

// What may be done with it; the owner's keys and the two users differ in whose things they see.
Access most_of(Who who) {
  switch (who) {
    case Who::kAdmin:
    case Who::kAdminKeyOfAdmin: return Access::kAdmin;
    case Who::kReadKey:
    case Who::kReadKeyOfAdmin: return Access::kRead;
    case Who::kOwner:
    case Who::kOtherUser:
    case Who::kWriteKey: return Access::kWrite;
    default: return Access::kOpen;
  }
}

bool is_key(Who who) {
  return who == Who::kReadKey || who == Who::kWriteKey || who == Who::kAdminKeyOfAdmin || who == Who::kReadKeyOfAdmin;
}

bool is_owner(Who who) { return who == Who::kOwner || who == Who::kReadKey || who == Who::kWriteKey; }

bool is_admins(Who who) { return who == Who::kAdmin || who == Who::kAdminKeyOfAdmin || who == Who::kReadKeyOfAdmin; }

bool sees_everything(Who who) { return who == Who::kAdmin || who == Who::kAdminKeyOfAdmin; }

int expected(const Row& row, const Route& route, Who who) {
  if (route.access == Access::kOpen) return row.success;
  if (most_of(who) == Access::kOpen) return 401;
  if (route.access == Access::kInspect) return is_admins(who) ? row.success : 403;
  if (most_of(who) < route.access) return 403;
  if (row.needs_session && is_key(who)) return 403;
  constexpr std::array kOwned = {Thing::kQueuedJob, Thing::kFinishedJob, Thing::kCancelledJob, Thing::kWebhook,
                                 Thing::kUpload};
  const bool everybodys = std::ranges::find(kOwned, row.thing) == kOwned.end() && !row.foreign_is_own;
  if (everybodys || is_owner(who) || (sees_everything(who) && !row.foreign_is_own)) return row.success;
  return 404;
}

class TenancyTest : public AccountsServerTest {
 protected:
  void SetUp() override {
    account_options_.throttle = {.attempts_per_minute_account = 0, .attempts_per_minute_address = 0};
    start();
    admin_ = add_user("root", Role::kAdmin);
  }

  /// New ones for each cell, since some cells delete what they work on.
  struct World {
    User owner;
    User other;
    std::string headers;
    std::string id;
  };

  World make_world(const Row& row, Who who) {
    ++worlds_;
    World world{.owner = add_user("owner" + std::to_string(worlds_)),
                .other = add_user("other" + std::to_string(worlds_)),
                .headers = {},
                .id = {}};
    world.headers = headers_of(world, who);
    world.id = make_thing(world, row.thing);
    return world;
  }

  std::string headers_of(const World& world, Who who) {
    switch (who) {
      case Who::kAnonymous: return {};
      case Who::kOwner: return cookie(sign_in(world.owner).token);
      case Who::kOtherUser: return cookie(sign_in(world.other).token);
      case Who::kAdmin: return cookie(sign_in(admin_).token);
      case Who::kReadKey: return bearer(add_key(world.owner, KeyScope::kRead).text);
      case Who::kWriteKey: return bearer(add_key(world.owner, KeyScope::kWrite).text);
      case Who::kAdminKeyOfAdmin: return bearer(admin_key(KeyScope::kAdmin));
      case Who::kReadKeyOfAdmin: return bearer(admin_key(KeyScope::kRead));
      case Who::kRevokedKey: {
        const auto key = add_key(world.owner, KeyScope::kAdmin);
        account_store_.remove_key(world.owner.id, key.key.id);
        return bearer(key.text);
      }
      case Who::kExpiredSession: {
        const Signed session = sign_in(world.owner);
        account_store_.touch_session(session.id, clock_.now(), clock_.now());
        return cookie(session.token);
      }
    }
    return {};
  }

  std::string admin_key(KeyScope scope) {
    auto [found, added] = admin_keys_.try_emplace(scope);
    if (added) found->second = add_key(admin_, scope).text;
    return found->second;
  }

  std::string make_thing(const World& world, Thing thing) {
    switch (thing) {
      case Thing::kNone: return {};
      case Thing::kQueuedJob: return add_job(world.owner.id);
      case Thing::kFinishedJob: return add_job(world.owner.id, /*finished=*/true);
      case Thing::kCancelledJob: {
        const std::string id = add_job(world.owner.id);
        store_.request_cancel(id, clock_.now());
        return id;
      }
      case Thing::kUpload: return add_upload(world.owner.id);
      case Thing::kModel: return "base-q5_1";
      case Thing::kUser: return add_user("victim" + std::to_string(worlds_)).id;
      case Thing::kKey: return add_key(world.owner, KeyScope::kRead).key.id;
      case Thing::kSession: return sign_in(world.owner).id;
      case Thing::kWebhook: {
        const std::string id =
            webhooks_.add(world.owner.id, "https://example.org/hook", /*max_targets=*/10, clock_.now()).target.id;
        add_job(world.owner.id, /*finished=*/true);
        return id;
      }
    }
    return {};
  }

  std::string add_upload(const std::string& owner) {
    const Upload upload{.id = random_id(),
                        .owner = owner,
                        .kind = Upload::Kind::kWhole,
                        .length_bytes = 5,
                        .expires_at = clock_.now() + std::chrono::hours(1)};
    EXPECT_TRUE(uploads_.add(upload, 100));
    create_file(data_.upload(upload.id));
    return upload.id;
  }

  /// Cancels what is queued, so that the next finished job is the one that was just added.
  void empty_queue() {
    for (const Job& job : store_.list({.state = JobState::kQueued, .search = {}, .after_id = {}, .limit = 1000}).jobs)
      store_.remove(job.id);
  }

  Answer call(const Row& row, const std::string& id, const std::string& headers) {
    std::string path(row.pattern);
    const auto replace = [&](std::string_view name, std::string_view value) {
      const auto at = path.find(name);
      if (at != std::string::npos) path.replace(at, name.size(), value);
    };
    replace("{id}", id);
    replace("{name}", "talk.en.srt");
    const auto deliveries = webhooks_.deliveries(id, /*limit=*/1);
    replace("{delivery}", deliveries.empty() ? "x" : deliveries.front().id);
    if (path.ends_with("/events")) {  // never ends by itself
      Client client(port_);
      client.send("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n");
      return client.read_answer();
    }
    if (row.body == "form") {
      const Form form = Form().file("talk.wav", "abc");
      return ask("POST", path, headers, form.text(), "multipart/form-data; boundary=" + form.boundary);
    }
    if (path.starts_with("/api/uploads")) return call_upload(row, path, headers);
    std::string body(row.body);
    const auto fresh = body.find("\"new\"");
    if (fresh != std::string::npos) body.replace(fresh, 5, "\"new" + std::to_string(worlds_) + "\"");
    const auto address = body.find("new@");
    if (address != std::string::npos) body.replace(address, 4, "new" + std::to_string(worlds_) + "@");
    return ask(std::string(row.method), path, headers, body);
  }

  Answer call_upload(const Row& row, const std::string& path, std::string headers) {
    headers += "Tus-Resumable: 1.0.0\r\n";
    if (row.method == "POST") headers += "Upload-Length: 5\r\n";
    if (row.body.empty()) return ask(std::string(row.method), path, headers);
    return ask(std::string(row.method), path, headers + "Upload-Offset: 0\r\n", "01234",
               "application/offset+octet-stream");
  }

  User admin_;
  std::map<KeyScope, std::string> admin_keys_;
  int worlds_ = 0;
};

const Row& row_of(const Route& route) {
  return *std::ranges::find_if(
      kRows, [&](const Row& row) { return row.method == route.method && row.pattern == route.pattern; });
}

TEST_F(TenancyTest, EveryRouteWithEveryCaller) {
  int cells = 0;
  for (const Route& route : kRoutes) {
    const Row& row = row_of(route);
    for (const Who who : kEverybody) {
      empty_queue();
      SCOPED_TRACE(std::string(row.method) + " " + std::string(row.pattern) + " by " + std::string(name_of(who)));
      const World world = make_world(row, who);
      const Answer answer = call(row, world.id, world.headers);
      EXPECT_EQ(answer.status, expected(row, route, who)) << answer.body;
      EXPECT_EQ(answer.header("www-authenticate"), answer.status == 401 ? "Bearer" : "");
      ++cells;
    }
  }
  RecordProperty("cells", cells);
}

// Everything but the ids of the requests themselves.
std::string comparable(const Answer& answer) {
  std::string text = std::to_string(answer.status) + "\n";
  const std::string request_id = answer.header("x-request-id");
  for (const auto& [name, value] : answer.headers) {
    if (name != "date" && name != "x-request-id") text += name + ": " + value + "\n";
  }
  text += answer.body;
  for (auto at = text.find(request_id); at != std::string::npos; at = text.find(request_id)) {
    text.replace(at, request_id.size(), "ID");
  }
  return text;
}

TEST_F(TenancyTest, AForeignIdIsAnAbsentOneToTheByte) {
  int compared = 0;
  for (const Route& route : kRoutes) {
    const Row& row = row_of(route);
    for (const Who who : kEverybody) {
      if (row.success == 404 || expected(row, route, who) != 404) continue;
      empty_queue();
      SCOPED_TRACE(std::string(row.method) + " " + std::string(row.pattern) + " by " + std::string(name_of(who)));
      const World world = make_world(row, who);
      const std::string foreign = comparable(call(row, world.id, world.headers));
      EXPECT_EQ(foreign, comparable(call(row, random_id(), world.headers)));
      ++compared;
    }
  }
  EXPECT_GE(compared, 10);
}

TEST_F(TenancyTest, ForeignThingsStayAsTheyWere) {
  const User owner = add_user("ann");
  const std::string id = add_job(owner.id);
  const std::string eve = cookie(sign_in(add_user("eve")).token);
  for (const char* suffix : {"/cancel", "/retry"}) ask("POST", "/api/jobs/" + id + suffix, eve);
  ask("DELETE", "/api/jobs/" + id, eve);
  EXPECT_EQ(store_.get(id)->state, JobState::kQueued);
  EXPECT_EQ(nlohmann::json::parse(ask("GET", "/api/jobs", eve).body)["jobs"].size(), 0U);
  EXPECT_EQ(nlohmann::json::parse(ask("GET", "/api/jobs?q=talk", eve).body)["jobs"].size(), 0U);
  EXPECT_EQ(code(ask("GET", "/api/jobs?after=" + id, eve)), code(ask("GET", "/api/jobs?after=" + random_id(), eve)));
}

TEST_F(TenancyTest, UnknownPathsTellNothingToWhoIsNotSignedIn) {
  const std::string ann = cookie(sign_in(add_user("ann")).token);
  for (const char* path : {"/api/nothing", "/api", "/api/jobs/x/y/z"}) {
    EXPECT_EQ(ask("GET", path).status, 401) << path;
    EXPECT_EQ(ask("GET", path, ann).status, 404) << path;
  }
  EXPECT_EQ(ask("PUT", "/api/jobs").status, 401);
  EXPECT_EQ(ask("PUT", "/api/jobs", ann).status, 405);
  EXPECT_NE(ask("GET", "/").status, 401);  // the page that signs in
}

TEST_F(TenancyTest, IdempotencyKeysAreEachUsersOwn) {
  const std::string ann = cookie(sign_in(add_user("ann")).token);
  const std::string eve = cookie(sign_in(add_user("eve")).token);
  const Form form = Form().file("talk.wav", "abc");
  const auto submit = [&](const std::string& who) {
    return ask("POST", "/api/jobs", who + "Idempotency-Key: 0123456789abcdef\r\n", form.text(),
               "multipart/form-data; boundary=" + form.boundary);
  };
  const Answer first = submit(ann);
  EXPECT_EQ(submit(ann).body, first.body);
  const Answer other = submit(eve);
  EXPECT_EQ(other.status, 202);
  EXPECT_NE(other.body, first.body);
}

}  // namespace
}  // namespace voxlate::http
