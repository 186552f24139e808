#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "accounts/login_throttle.h"
#include "accounts/passwords.h"
#include "accounts/rate_limiter.h"
#include "base/clock.h"
#include "voxlate/account_store.h"
#include "voxlate/job_store.h"

namespace voxlate::accounts {

/// Where a request comes from.
struct Origin {
  std::string address;     ///< of the client, as text
  std::string user_agent;  ///< as it calls itself; shown in the list of sessions
};

/// Why somebody cannot do what they asked for.
struct Refusal {
  enum class Reason {
    kWrongCredentials,  ///< or no such user, or not active: it is not said which
    kThrottled,         ///< too many attempts
    kBusy,              ///< too many others are signing in
    kRegistrationClosed,
  };
  Reason reason = Reason::kWrongCredentials;
  std::chrono::seconds retry_after{};  ///< of the middle two
};

/// A session that was just begun; `token` is told once.
struct SignedIn {
  User user;
  Session session;
  std::string token;
};

/// An API key that was just made; `text` is told once.
struct NewKey {
  ApiKey key;
  std::string text;
};

/// Who may register.
enum class Registration {
  kClosed,
  kFirst,  ///< there are no users yet: whoever does it becomes the administrator
  kOpen,
};

/// Signing up, in and out; sessions, keys and passwords; what is worth a record is put on record. Names and addresses
/// are taken in any case of letters. Thread-safe. Everything is looked up in the store each time, so that what was
/// ended is over at once, also after a crash.
class Accounts {
 public:
  struct Options {
    bool open_registration = false;
    std::chrono::seconds session_idle = std::chrono::hours(24);
    std::chrono::seconds session_longest = std::chrono::days(7);
    int max_sessions = 10;
    int max_keys = 50;
    LoginThrottle::Options throttle{};
    RateLimiter::Policy requests{};
    Quota quota{};              ///< of users for whom nothing else was set; nothing: no limit
    int max_queued_jobs = 100;  ///< of one user
    std::chrono::days keep_audit{365};
    /// Takes the records that are about to be deleted, each once unless the process ends before they are.
    std::function<void(const std::vector<AuditRecord>&)> archive_audit{};
  };

  Accounts(Options options, AccountStore& store, const Clock& clock,
           RateLimiter::SteadyClock steady = std::chrono::steady_clock::now);

  const Options& options() const { return options_; }

  /// `from_here`: the request comes from this machine itself.
  Registration registration(bool from_here) const;

  struct NewUser {
    std::string name;  ///< `user_name_fault` has nothing against it, and so on
    std::string email;
    std::string password;
    Role role = Role::kUser;
    Quota quota{};
  };
  /// Throws `kConflict` when the name is taken.
  std::variant<SignedIn, Refusal> register_user(const NewUser& user, const Origin& origin, bool from_here);

  /// `old_token`: of the session that the browser had; it ends when the sign-in succeeds.
  std::variant<SignedIn, Refusal> sign_in(std::string_view login, std::string_view password, const Origin& origin,
                                          std::string_view old_token);
  void sign_out(const SessionOfUser& session, const Origin& origin);

  /// All sessions of the user end, and a new one begins.
  std::variant<SignedIn, Refusal> change_password(const SessionOfUser& session, std::string_view old_password,
                                                  std::string_view new_password, const Origin& origin);

  /// The session of a cookie, and the key of a bearer token; nothing when there is none that is valid. Their use is
  /// noted, which makes the session last longer.
  std::optional<SessionOfUser> find_session(std::string_view token);
  std::optional<KeyOfUser> find_key(std::string_view text);

  /// The same without noting a use.
  bool is_session_valid(std::string_view token) const;
  bool is_key_valid(std::string_view text) const;

  /// Throws `kConflict`: too many keys.
  NewKey make_key(const User& user, const std::string& name, KeyScope scope, std::optional<TimePoint> expires_at,
                  const Origin& origin);
  bool revoke_key(const std::string& user_id, const std::string& key_id, const Origin& origin);
  bool end_session(const std::string& user_id, const std::string& session_id, const Origin& origin);

  /// What administrators do; `actor` is the id of who does it, empty on the command line. Nothing: too busy to hash.
  /// They throw what the store throws.
  std::optional<User> add_user(const NewUser& user, const std::string& actor, const Origin& origin);
  std::optional<User> change_user(const std::string& id, UserChange change,
                                  const std::optional<std::string>& new_password, const std::string& actor,
                                  const Origin& origin);
  /// The user is gone for everybody; what is left is the user's jobs, then `finish_deletion` of the store.
  bool delete_user(const std::string& id, const std::string& actor, const Origin& origin);

  /// What a user may use: the user's own quota, else the configured one. Administrators are not limited, but for the
  /// jobs in the queue.
  OwnerLimits limits_of(const User& user) const;

  /// Counts a request of `who`: the id of a user, or an address.
  RateLimiter::Decision count_request(const std::string& who) { return requests_.take(who); }
  const RateLimiter::Policy& request_policy() const { return requests_.policy(); }

  AccountStore& store() { return store_; }

  /// Puts something on record, in the audit and in the log. Never throws: a full disk must not keep people out.
  void record(std::string_view event, const std::string& actor, const std::string& subject, const Origin& origin,
              const std::string& detail = {});

  /// Deletes expired sessions, old failures and old records, the latter into the archive, in batches, each a
  /// transaction of its own; stops between two when `stop` says so. Returns how many rows went.
  int sweep(const std::function<bool()>& stop);

 private:
  std::optional<SessionOfUser> look_up_session(std::string_view token) const;
  std::optional<KeyOfUser> look_up_key(std::string_view text) const;
  SignedIn begin_session(const User& user, const Origin& origin);
  TimePoint expiry(TimePoint created_at, TimePoint used_at) const;
  std::optional<User> to_user(const NewUser& user);

  const Options options_;
  AccountStore& store_;
  const Clock& clock_;
  PasswordHasher passwords_;
  LoginThrottle throttle_;
  RateLimiter requests_;
};

}  // namespace voxlate::accounts
