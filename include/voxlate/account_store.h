#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/job.h"

namespace voxlate {

enum class Role { kUser, kAdmin };

constexpr std::string_view to_string(Role role) { return role == Role::kAdmin ? "admin" : "user"; }

/// What an API key may do; each scope includes the ones before it.
enum class KeyScope { kRead, kWrite, kAdmin };

constexpr std::string_view to_string(KeyScope scope) {
  switch (scope) {
    case KeyScope::kRead: return "read";
    case KeyScope::kWrite: return "write";
    case KeyScope::kAdmin: return "admin";
  }
  return "read";
}

/// What a user may use. Nothing: as configured for all; 0: nothing at all.
struct Quota {
  std::optional<std::uint64_t> stored_bytes;            ///< of uploaded media
  std::optional<int> jobs_per_day;                      ///< days are of UTC
  std::optional<std::chrono::minutes> media_per_day{};  ///< length of the media of those jobs

  bool operator==(const Quota&) const = default;
};

struct User {
  std::string id;     ///< `random_id`
  std::string name;   ///< to sign in with; lower case, unique
  std::string email;  ///< the same; lower case, unique; empty: none
  Role role = Role::kUser;
  bool active = true;         ///< may sign in
  std::string password_hash;  ///< as accounts/passwords.h makes it
  Quota quota;
  TimePoint created_at{};
  TimePoint password_changed_at{};
  std::optional<TimePoint> last_login_at;

  bool operator==(const User&) const = default;
};

/// What is to be different about a user; what is not given stays.
struct UserChange {
  std::optional<std::string> email{};
  std::optional<Role> role{};
  std::optional<bool> active{};
  std::optional<Quota> quota{};
  std::optional<std::string> password_hash{};
};

/// A browser that is signed in. What the browser holds is stored only as a hash.
struct Session {
  std::string id;  ///< names it in lists; of no use for signing in
  std::string user_id;
  std::string token_hash;
  std::string address;     ///< where it was begun
  std::string user_agent;  ///< as the browser calls itself
  TimePoint created_at{};
  TimePoint last_used_at{};
  TimePoint expires_at{};  ///< when it is not used before

  bool operator==(const Session&) const = default;
};

/// What programs sign in with. The secret is stored only as a hash.
struct ApiKey {
  std::string id;
  std::string user_id;
  std::string name;  ///< for people
  std::string secret_hash;
  KeyScope scope = KeyScope::kRead;
  TimePoint created_at{};
  std::optional<TimePoint> expires_at;
  std::optional<TimePoint> last_used_at;

  bool operator==(const ApiKey&) const = default;
};

struct SessionOfUser {
  Session session;
  User user;
};

struct KeyOfUser {
  ApiKey key;
  User user;
};

/// Failed attempts to sign in since the last one that succeeded.
struct LoginFailures {
  int count = 0;
  TimePoint last_at{};
};

/// Something that concerns security, for the record.
struct AuditEntry {
  TimePoint at{};
  std::string event;    ///< "auth.login"
  std::string actor;    ///< id of the user who did it; empty: nobody known
  std::string address;  ///< of the client
  std::string subject;  ///< id of what it was done to
  std::string detail;   ///< for people; never a secret

  bool operator==(const AuditEntry&) const = default;
};

struct AuditRecord {
  std::int64_t sequence = 0;
  AuditEntry entry;
  std::string previous;  ///< `hash` of the record before it; empty: there was none
  std::string hash;      ///< `audit_hash` of `previous` and the entry
};

/// Users, their sessions and keys, and what happened to them. Each call is one transaction that is on disk when it
/// returns; time is passed in; thread-safe. Every implementation passes tests/contract/account_store_test. A user that
/// is being deleted exists for `users_in_deletion` and `finish_deletion` only.
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  /// Adds the user when there is none yet; false when there is. Of several calls at once one succeeds.
  virtual bool add_first_user(const User& user) = 0;
  /// Throws `kConflict` when the name or the e-mail address is taken.
  virtual void add_user(const User& user) = 0;
  virtual bool has_users() const = 0;
  virtual std::optional<User> find_user(const std::string& id) const = 0;
  /// By name, or by e-mail address when there is an @ in it.
  virtual std::optional<User> find_user_by_login(const std::string& login) const = 0;
  /// Oldest first, behind the user `after_id` (empty: from the start), at most `limit`.
  virtual std::vector<User> list_users(const std::string& after_id, int limit) const = 0;

  /// Ends the user's sessions when the role, the password or whether the user is active changes. Returns the user as
  /// it is then. Throws `kNotFound`; `kConflict` when the address is taken, or no active administrator would be left.
  virtual User change_user(const std::string& id, const UserChange& change, TimePoint now) = 0;
  /// The same password hashed anew: sessions stay. Does nothing when the hash is not `old_hash` any more.
  virtual void replace_hash(const std::string& id, const std::string& old_hash, const std::string& new_hash) = 0;

  /// From now on the user cannot be found, sessions and keys are gone; the name stays taken. False when absent.
  /// Throws `kConflict` when no active administrator would be left.
  virtual bool begin_deletion(const std::string& id) = 0;
  /// Ids of users whose deletion was begun and not finished: once their jobs are gone, it can be.
  virtual std::vector<std::string> users_in_deletion() const = 0;
  virtual void finish_deletion(const std::string& id) = 0;

  /// Adds the session and notes the sign-in; the user's oldest ones beyond `max_sessions` end.
  virtual void add_session(const Session& session, int max_sessions) = 0;
  /// Also one that has expired; never one of a user that is not active.
  virtual std::optional<SessionOfUser> find_session(const std::string& token_hash) const = 0;
  virtual void touch_session(const std::string& id, TimePoint used_at, TimePoint expires_at) = 0;
  /// False when the user has no such session.
  virtual bool end_session(const std::string& user_id, const std::string& id) = 0;
  /// The newest first; expired ones left out.
  virtual std::vector<Session> list_sessions(const std::string& user_id, TimePoint now) const = 0;
  /// Whether a session of the user, expired ones included, was begun at that address.
  virtual bool knows_address(const std::string& user_id, const std::string& address) const = 0;
  /// Deletes sessions that expired before `time`, at most `limit`; returns how many.
  virtual int delete_expired_sessions(TimePoint time, int limit) = 0;

  /// Throws `kConflict` when the user has `max_keys` already.
  virtual void add_key(const ApiKey& key, int max_keys) = 0;
  /// Also one that has expired; never one of a user that is not active.
  virtual std::optional<KeyOfUser> find_key(const std::string& id) const = 0;
  virtual void touch_key(const std::string& id, TimePoint used_at) = 0;
  virtual bool remove_key(const std::string& user_id, const std::string& id) = 0;
  /// The newest first.
  virtual std::vector<ApiKey> list_keys(const std::string& user_id) const = 0;

  /// Counts one more under `key`.
  virtual void add_login_failure(const std::string& key, TimePoint now) = 0;
  virtual LoginFailures login_failures(const std::string& key) const = 0;
  virtual void forget_login_failures(const std::string& key) = 0;
  virtual int delete_login_failures_before(TimePoint time, int limit) = 0;

  /// Appends to the chain: whoever changes a record later has to change all that follow.
  virtual void append_audit(const AuditEntry& entry) = 0;
  /// The newest first, before the record `before` (0: from the newest), at most `limit`.
  virtual std::vector<AuditRecord> list_audit(std::int64_t before, int limit) const = 0;
  /// What `delete_audit_before` would delete, oldest first.
  virtual std::vector<AuditRecord> oldest_audit(TimePoint before, int limit) const = 0;
  /// Deletes the oldest ones, at most `limit`; the newest record stays in any case, so that the chain goes on.
  virtual int delete_audit_before(TimePoint time, int limit) = 0;
};

}  // namespace voxlate
