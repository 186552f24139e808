#include "store/sqlite_account_store.h"

#include <algorithm>
#include <limits>

#include "base/hashing.h"
#include "store/account_row.h"
#include "store/database.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

constexpr const char* kSelectUser = "SELECT" VOXLATE_USER_COLUMNS "FROM users WHERE users.id = ?1 AND deleting = 0";

User to_whole_user(const Statement& row) { return to_user(row, 0); }

User require_user(Database& database, const std::string& id) {
  Statement row = database.query(kSelectUser, id);
  if (!row.step()) throw Error(ErrorCode::kNotFound, "no such user");
  return to_user(row, 0);
}

/// Throws `kConflict` when another user than `id` has the name or the address.
void require_free(Database& database, const std::string& id, const std::string& name, const std::string& email) {
  constexpr const char* kTaken =
      "SELECT name = ?2 FROM users WHERE id <> ?1 AND (name = ?2 OR (email = ?3 AND email <> ''))";
  Statement row = database.query(kTaken, id, name, email);
  if (!row.step()) return;
  throw Error(ErrorCode::kConflict,
              row.integer(0) != 0 ? "the user name is taken" : "the e-mail address belongs to another user");
}

/// Throws `kConflict` unless an active administrator besides `id` is left.
void require_other_admin(Database& database, const std::string& id) {
  constexpr const char* kOther = "SELECT 1 FROM users WHERE is_active = 1 AND role = 'admin' AND id <> ?1 LIMIT 1";
  if (!database.query(kOther, id).step()) {
    throw Error(ErrorCode::kConflict, "this is the last active administrator; make another user one first");
  }
}

void insert_user(Database& database, const User& user) {
  constexpr const char* kAdd =
      "INSERT INTO users (id, name, email, role, is_active, password_hash, quota_stored_bytes, quota_jobs_per_day,"
      " quota_minutes_per_day, created_at_ms, password_changed_at_ms, last_login_at_ms)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
  const QuotaColumns quota = columns_of(user.quota);
  database.run(kAdd, user.id, user.name, user.email, to_string(user.role), user.active, user.password_hash,
               quota.stored_bytes, quota.jobs_per_day, quota.minutes_per_day, to_ms(user.created_at),
               to_ms(user.password_changed_at), optional_ms(user.last_login_at));
}

}  // namespace

std::string audit_hash(std::string_view previous, const AuditEntry& entry) {
  Sha256 hash;
  const auto add = [&](std::string_view field) {
    hash.update(std::to_string(field.size()) + ":" + std::string(field));
  };
  add(previous);
  add(std::to_string(to_ms(entry.at)));
  for (const std::string* field : {&entry.event, &entry.actor, &entry.address, &entry.subject, &entry.detail}) {
    add(*field);
  }
  return hash.finish();
}

/// One statement that still works on a full disk; how many rows it changed.
int SqliteAccountStore::run(const char* sql, const auto&... values) {
  int changed = 0;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) { changed = database.run(sql, values...); });
  return changed;
}

bool SqliteAccountStore::add_first_user(const User& user) {
  bool added = false;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    added = !database.query("SELECT 1 FROM users LIMIT 1").step();
    if (added) insert_user(database, user);
  });
  return added;
}

void SqliteAccountStore::add_user(const User& user) {
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    require_free(database, user.id, user.name, user.email);
    insert_user(database, user);
  });
}

bool SqliteAccountStore::has_users() const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT 1 FROM users LIMIT 1").step();
}

std::optional<User> SqliteAccountStore::find_user(const std::string& id) const {
  const Storage::Reading reader(storage_);
  return reader->query(kSelectUser, id).next(to_whole_user);
}

std::optional<User> SqliteAccountStore::find_user_by_login(const std::string& login) const {
  constexpr const char* kByName = "SELECT" VOXLATE_USER_COLUMNS "FROM users WHERE name = ?1 AND deleting = 0";
  constexpr const char* kByEmail =
      "SELECT" VOXLATE_USER_COLUMNS "FROM users WHERE email = ?1 AND email <> '' AND deleting = 0";
  const Storage::Reading reader(storage_);
  return reader->query(login.find('@') == std::string::npos ? kByName : kByEmail, login).next(to_whole_user);
}

std::vector<User> SqliteAccountStore::list_users(const std::string& after_id, int limit) const {
  constexpr const char* kList =
      "SELECT" VOXLATE_USER_COLUMNS
      "FROM users WHERE deleting = 0 AND seq > ifnull((SELECT seq FROM users WHERE id = ?1), 0) ORDER BY seq LIMIT ?2";
  const Storage::Reading reader(storage_);
  return reader->query(kList, after_id, std::max(limit, 0)).all(to_whole_user);
}

User SqliteAccountStore::change_user(const std::string& id, const UserChange& change, TimePoint now) {
  constexpr const char* kChange =
      "UPDATE users SET email = ?2, role = ?3, is_active = ?4, password_hash = ?5, quota_stored_bytes = ?6,"
      " quota_jobs_per_day = ?7, quota_minutes_per_day = ?8, password_changed_at_ms = ?9 WHERE id = ?1";
  constexpr const char* kEndSessions = "DELETE FROM sessions WHERE user_seq = (SELECT seq FROM users WHERE id = ?1)";
  User user;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    const User old = require_user(database, id);
    user = old;
    user.email = change.email.value_or(old.email);
    user.role = change.role.value_or(old.role);
    user.active = change.active.value_or(old.active);
    user.quota = change.quota.value_or(old.quota);
    user.password_hash = change.password_hash.value_or(old.password_hash);
    if (change.password_hash) user.password_changed_at = now;
    require_free(database, id, user.name, user.email);
    const bool was_admin = old.active && old.role == Role::kAdmin;
    const bool is_admin = user.active && user.role == Role::kAdmin;
    if (was_admin && !is_admin) require_other_admin(database, id);
    const QuotaColumns quota = columns_of(user.quota);
    database.run(kChange, id, user.email, to_string(user.role), user.active, user.password_hash, quota.stored_bytes,
                 quota.jobs_per_day, quota.minutes_per_day, to_ms(user.password_changed_at));
    if (change.password_hash || user.role != old.role || user.active != old.active) database.run(kEndSessions, id);
  });
  return user;
}

void SqliteAccountStore::replace_hash(const std::string& id, const std::string& old_hash, const std::string& new_hash) {
  run("UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2", id, old_hash, new_hash);
}

bool SqliteAccountStore::begin_deletion(const std::string& id) {
  bool found = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    Statement row = database.query(kSelectUser, id);
    found = row.step();
    if (!found) return;
    const User user = to_user(row, 0);
    row.reset();
    if (user.active && user.role == Role::kAdmin) require_other_admin(database, id);
    database.run("UPDATE users SET is_active = 0, deleting = 1 WHERE id = ?1", id);
    database.run("DELETE FROM sessions WHERE user_seq = (SELECT seq FROM users WHERE id = ?1)", id);
    database.run("DELETE FROM api_keys WHERE user_seq = (SELECT seq FROM users WHERE id = ?1)", id);
  });
  return found;
}

std::vector<std::string> SqliteAccountStore::users_in_deletion() const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT id FROM users WHERE deleting = 1").all(first_text);
}

void SqliteAccountStore::finish_deletion(const std::string& id) {
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    database.run("DELETE FROM users WHERE id = ?1 AND deleting = 1", id);
    database.run("DELETE FROM owner_days WHERE owner = ?1", id);
  });
}

void SqliteAccountStore::add_session(const Session& session, int max_sessions) {
  constexpr const char* kAdd =
      "INSERT INTO sessions (id, user_seq, token_hash, address, user_agent, created_at_ms, last_used_at_ms,"
      " expires_at_ms) SELECT ?1, seq, ?3, ?4, ?5, ?6, ?7, ?8 FROM users WHERE id = ?2 AND is_active = 1";
  constexpr const char* kEndOldest =
      "DELETE FROM sessions WHERE id IN (SELECT sessions.id FROM sessions JOIN users ON users.seq = user_seq"
      " WHERE users.id = ?1 AND sessions.id <> ?3 ORDER BY sessions.created_at_ms DESC LIMIT -1 OFFSET ?2)";
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    const int added =
        database.run(kAdd, session.id, session.user_id, session.token_hash, session.address, session.user_agent,
                     to_ms(session.created_at), to_ms(session.last_used_at), to_ms(session.expires_at));
    if (added == 0) throw Error(ErrorCode::kNotFound, "no such user");
    database.run(kEndOldest, session.user_id, max_sessions - 1, session.id);
    database.run("UPDATE users SET last_login_at_ms = ?2 WHERE id = ?1", session.user_id, to_ms(session.created_at));
  });
}

std::optional<SessionOfUser> SqliteAccountStore::find_session(const std::string& token_hash) const {
  constexpr const char* kFind =
      "SELECT" VOXLATE_SESSION_COLUMNS "," VOXLATE_USER_COLUMNS
      "FROM sessions JOIN users ON users.seq = user_seq WHERE token_hash = ?1 AND is_active = 1";
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kFind, token_hash);
  if (!row.step()) return std::nullopt;
  return SessionOfUser{.session = to_session(row), .user = to_user(row, kSessionColumns)};
}

void SqliteAccountStore::touch_session(const std::string& id, TimePoint used_at, TimePoint expires_at) {
  run("UPDATE sessions SET last_used_at_ms = ?2, expires_at_ms = ?3 WHERE id = ?1", id, to_ms(used_at),
      to_ms(expires_at));
}

bool SqliteAccountStore::end_session(const std::string& user_id, const std::string& id) {
  return run("DELETE FROM sessions WHERE id = ?2 AND user_seq = (SELECT seq FROM users WHERE id = ?1)", user_id, id) ==
         1;
}

std::vector<Session> SqliteAccountStore::list_sessions(const std::string& user_id, TimePoint now) const {
  constexpr const char* kList =
      "SELECT" VOXLATE_SESSION_COLUMNS
      "FROM sessions JOIN users ON users.seq = user_seq WHERE users.id = ?1 AND expires_at_ms > ?2"
      " ORDER BY sessions.created_at_ms DESC, sessions.id";
  const Storage::Reading reader(storage_);
  return reader->query(kList, user_id, to_ms(now)).all(to_session);
}

bool SqliteAccountStore::knows_address(const std::string& user_id, const std::string& address) const {
  constexpr const char* kKnows =
      "SELECT 1 FROM sessions WHERE user_seq = (SELECT seq FROM users WHERE id = ?1) AND address = ?2 LIMIT 1";
  const Storage::Reading reader(storage_);
  return reader->query(kKnows, user_id, address).step();
}

int SqliteAccountStore::delete_expired_sessions(TimePoint time, int limit) {
  return run(
      "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at_ms < ?1 ORDER BY expires_at_ms"
      " LIMIT ?2)",
      to_ms(time), limit);
}

void SqliteAccountStore::add_key(const ApiKey& key, int max_keys) {
  constexpr const char* kCount = "SELECT count(*) FROM api_keys WHERE user_seq = (SELECT seq FROM users WHERE id = ?1)";
  constexpr const char* kAdd =
      "INSERT INTO api_keys (id, user_seq, name, secret_hash, scope, created_at_ms, expires_at_ms, last_used_at_ms)"
      " SELECT ?1, seq, ?3, ?4, ?5, ?6, ?7, ?8 FROM users WHERE id = ?2 AND deleting = 0";
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    Statement count = database.query(kCount, key.user_id);
    count.step();
    if (count.integer(0) >= max_keys) {
      throw Error(ErrorCode::kConflict,
                  "a user has at most " + std::to_string(max_keys) + " API keys; revoke one first");
    }
    count.reset();
    const int added = database.run(kAdd, key.id, key.user_id, key.name, key.secret_hash, to_string(key.scope),
                                   to_ms(key.created_at), optional_ms(key.expires_at), optional_ms(key.last_used_at));
    if (added == 0) throw Error(ErrorCode::kNotFound, "no such user");
  });
}

std::optional<KeyOfUser> SqliteAccountStore::find_key(const std::string& id) const {
  constexpr const char* kFind =
      "SELECT" VOXLATE_KEY_COLUMNS "," VOXLATE_USER_COLUMNS
      "FROM api_keys JOIN users ON users.seq = user_seq WHERE api_keys.id = ?1 AND is_active = 1";
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kFind, id);
  if (!row.step()) return std::nullopt;
  return KeyOfUser{.key = to_key(row), .user = to_user(row, kKeyColumns)};
}

void SqliteAccountStore::touch_key(const std::string& id, TimePoint used_at) {
  run("UPDATE api_keys SET last_used_at_ms = ?2 WHERE id = ?1", id, to_ms(used_at));
}

bool SqliteAccountStore::remove_key(const std::string& user_id, const std::string& id) {
  return run("DELETE FROM api_keys WHERE id = ?2 AND user_seq = (SELECT seq FROM users WHERE id = ?1)", user_id, id) ==
         1;
}

std::vector<ApiKey> SqliteAccountStore::list_keys(const std::string& user_id) const {
  constexpr const char* kList =
      "SELECT" VOXLATE_KEY_COLUMNS
      "FROM api_keys JOIN users ON users.seq = user_seq WHERE users.id = ?1 ORDER BY api_keys.created_at_ms DESC,"
      " api_keys.id";
  const Storage::Reading reader(storage_);
  return reader->query(kList, user_id).all(to_key);
}

void SqliteAccountStore::add_login_failure(const std::string& key, TimePoint now) {
  run("INSERT INTO login_failures (key, failures, last_at_ms) VALUES (?1, 1, ?2)"
      " ON CONFLICT (key) DO UPDATE SET failures = failures + 1, last_at_ms = excluded.last_at_ms",
      key, to_ms(now));
}

LoginFailures SqliteAccountStore::login_failures(const std::string& key) const {
  const Storage::Reading reader(storage_);
  Statement row = reader->query("SELECT failures, last_at_ms FROM login_failures WHERE key = ?1", key);
  if (!row.step()) return {};
  return {.count = static_cast<int>(std::min<std::int64_t>(row.integer(0), std::numeric_limits<int>::max())),
          .last_at = from_ms(row.integer(1))};
}

void SqliteAccountStore::forget_login_failures(const std::string& key) {
  run("DELETE FROM login_failures WHERE key = ?1", key);
}

int SqliteAccountStore::delete_login_failures_before(TimePoint time, int limit) {
  return run("DELETE FROM login_failures WHERE key IN (SELECT key FROM login_failures WHERE last_at_ms < ?1 LIMIT ?2)",
             to_ms(time), limit);
}

void SqliteAccountStore::append_audit(const AuditEntry& entry) {
  constexpr const char* kAdd =
      "INSERT INTO audit (at_ms, event, actor, address, subject, detail, previous, hash)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    Statement newest = database.query("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1");
    const std::string previous = newest.step() ? newest.text(0) : std::string();
    newest.reset();
    database.run(kAdd, to_ms(entry.at), entry.event, entry.actor, entry.address, entry.subject, entry.detail, previous,
                 audit_hash(previous, entry));
  });
}

namespace {

#define VOXLATE_AUDIT_COLUMNS " seq, at_ms, event, actor, address, subject, detail, previous, hash "

AuditRecord to_record(const Statement& row) {
  return {.sequence = row.integer(0),
          .entry = {.at = from_ms(row.integer(1)),
                    .event = row.text(2),
                    .actor = row.text(3),
                    .address = row.text(4),
                    .subject = row.text(5),
                    .detail = row.text(6)},
          .previous = row.text(7),
          .hash = row.text(8)};
}

}  // namespace

std::vector<AuditRecord> SqliteAccountStore::list_audit(std::int64_t before, int limit) const {
  constexpr const char* kList =
      "SELECT" VOXLATE_AUDIT_COLUMNS "FROM audit WHERE ?1 = 0 OR seq < ?1 ORDER BY seq DESC LIMIT ?2";
  const Storage::Reading reader(storage_);
  return reader->query(kList, before, std::max(limit, 0)).all(to_record);
}

std::vector<AuditRecord> SqliteAccountStore::oldest_audit(TimePoint before, int limit) const {
  constexpr const char* kOldest =
      "SELECT" VOXLATE_AUDIT_COLUMNS
      "FROM audit WHERE at_ms < ?1 AND seq < (SELECT max(seq) FROM audit) ORDER BY seq LIMIT ?2";
  const Storage::Reading reader(storage_);
  return reader->query(kOldest, to_ms(before), std::max(limit, 0)).all(to_record);
}

int SqliteAccountStore::delete_audit_before(TimePoint time, int limit) {
  return run(
      "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at_ms < ?1 AND seq < (SELECT max(seq) FROM audit)"
      " ORDER BY seq LIMIT ?2)",
      to_ms(time), limit);
}

}  // namespace voxlate::store
