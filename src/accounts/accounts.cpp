#include "accounts/accounts.h"

#include <algorithm>
#include <exception>

#include "accounts/access_tokens.h"
#include "accounts/names.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/utf8.h"
#include "voxlate/error.h"

namespace voxlate::accounts {
namespace {

constexpr std::chrono::seconds kNoteUseEvery{60};  // uses within it cost no write
constexpr std::chrono::seconds kBusyFor{1};
constexpr std::size_t kMaxUserAgentBytes = 200;
constexpr int kSweepBatch = 500;

Refusal busy() { return {.reason = Refusal::Reason::kBusy, .retry_after = kBusyFor}; }

/// A full disk must not keep people out: a use that cannot be noted is not.
void note_use(const std::function<void()>& note) {
  try {
    note();
  } catch (const Error& error) {
    log::warning("use of a session or key not noted", {{"why", error.what()}});
  }
}

std::string describe(const UserChange& change) {
  std::string text;
  const auto add = [&](bool given, const std::string& what) {
    if (given) text += (text.empty() ? "" : ", ") + what;
  };
  add(change.role.has_value(), "role " + std::string(to_string(change.role.value_or(Role::kUser))));
  add(change.active.has_value(), change.active.value_or(false) ? "active" : "not active");
  add(change.quota.has_value(), "quota");
  add(change.email.has_value(), "e-mail address");
  add(change.password_hash.has_value(), "password");
  return text;
}

}  // namespace

Accounts::Accounts(Options options, AccountStore& store, const Clock& clock, RateLimiter::SteadyClock steady)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      throttle_(options_.throttle, store, steady),
      requests_(options_.requests, steady) {}

Registration Accounts::registration(bool from_here) const {
  if (!store_.has_users()) return from_here ? Registration::kFirst : Registration::kClosed;
  return options_.open_registration ? Registration::kOpen : Registration::kClosed;
}

std::optional<User> Accounts::to_user(const NewUser& user) {
  auto hash = passwords_.hash(user.password);
  if (!hash) return std::nullopt;
  User made;
  made.id = random_id();
  made.name = lower_case(user.name);
  made.email = lower_case(user.email);
  made.role = user.role;
  made.password_hash = std::move(*hash);
  made.quota = user.quota;
  made.created_at = made.password_changed_at = clock_.now();
  return made;
}

std::variant<SignedIn, Refusal> Accounts::register_user(const NewUser& user, const Origin& origin, bool from_here) {
  const Registration open = registration(from_here);
  const Refusal closed{.reason = Refusal::Reason::kRegistrationClosed, .retry_after = {}};
  if (open == Registration::kClosed) {
    record("auth.register_denied", "", "", origin);
    return closed;
  }
  const LoginThrottle::Attempt attempt{.login = "", .address = origin.address, .known = true};
  if (const auto wait = throttle_.refuse(attempt, clock_.now())) {
    return Refusal{.reason = Refusal::Reason::kThrottled, .retry_after = *wait};
  }
  auto made = to_user(user);
  if (!made) return busy();
  if (open == Registration::kFirst) {
    made->role = Role::kAdmin;
    if (!store_.add_first_user(*made)) return closed;
  } else {
    made->role = Role::kUser;
    store_.add_user(*made);
  }
  record("auth.register", made->id, made->id, origin, "role " + std::string(to_string(made->role)));
  return begin_session(*made, origin);
}

std::variant<SignedIn, Refusal> Accounts::sign_in(std::string_view login, std::string_view password,
                                                  const Origin& origin, std::string_view old_token) {
  const std::string name = lower_case(login);
  auto user = store_.find_user_by_login(name);
  if (user && !user->active) user.reset();
  // Asked for users that there are not, too, so that the answer takes as long.
  const bool known = store_.knows_address(user ? user->id : std::string(), origin.address);
  const LoginThrottle::Attempt attempt{.login = name, .address = origin.address, .known = known};
  if (const auto wait = throttle_.refuse(attempt, clock_.now())) {
    log::info("auth.throttle", {{"ip", origin.address}, {"retry_after_s", wait->count()}});
    return Refusal{.reason = Refusal::Reason::kThrottled, .retry_after = *wait};
  }
  switch (passwords_.verify(password, user ? user->password_hash : std::string())) {
    case PasswordHasher::Verdict::kBusy: return busy();
    case PasswordHasher::Verdict::kWrong:
      throttle_.failed(attempt, clock_.now());
      record("auth.fail", "", user ? user->id : std::string(), origin);
      return Refusal{};
    case PasswordHasher::Verdict::kRight: break;
  }
  throttle_.succeeded(attempt);
  if (passwords_.is_outdated(user->password_hash)) {
    if (const auto hash = passwords_.hash(password)) store_.replace_hash(user->id, user->password_hash, *hash);
  }
  if (is_token(old_token)) {
    if (const auto old = store_.find_session(token_hash(old_token))) store_.end_session(old->user.id, old->session.id);
  }
  record("auth.login", user->id, "", origin);
  return begin_session(*user, origin);
}

SignedIn Accounts::begin_session(const User& user, const Origin& origin) {
  const TimePoint now = clock_.now();
  SignedIn begun{.user = user, .session = {}, .token = random_token()};
  begun.session = {.id = random_id(),
                   .user_id = user.id,
                   .token_hash = token_hash(begun.token),
                   .address = origin.address,
                   .user_agent = std::string(truncate_utf8(repair_utf8(origin.user_agent), kMaxUserAgentBytes)),
                   .created_at = now,
                   .last_used_at = now,
                   .expires_at = expiry(now, now)};
  store_.add_session(begun.session, options_.max_sessions);
  begun.user.last_login_at = now;
  return begun;
}

TimePoint Accounts::expiry(TimePoint created_at, TimePoint used_at) const {
  return std::min<TimePoint>(used_at + options_.session_idle, created_at + options_.session_longest);
}

void Accounts::sign_out(const SessionOfUser& session, const Origin& origin) {
  store_.end_session(session.user.id, session.session.id);
  record("auth.logout", session.user.id, session.session.id, origin);
}

std::variant<SignedIn, Refusal> Accounts::change_password(const SessionOfUser& session, std::string_view old_password,
                                                          std::string_view new_password, const Origin& origin) {
  const User& user = session.user;
  const LoginThrottle::Attempt attempt{.login = user.name, .address = origin.address, .known = true};
  if (const auto wait = throttle_.refuse(attempt, clock_.now())) {
    return Refusal{.reason = Refusal::Reason::kThrottled, .retry_after = *wait};
  }
  switch (passwords_.verify(old_password, user.password_hash)) {
    case PasswordHasher::Verdict::kBusy: return busy();
    case PasswordHasher::Verdict::kWrong:
      throttle_.failed(attempt, clock_.now());
      record("auth.fail", user.id, user.id, origin, "old password on a change");
      return Refusal{};
    case PasswordHasher::Verdict::kRight: break;
  }
  auto hash = passwords_.hash(new_password);
  if (!hash) return busy();
  throttle_.succeeded(attempt);
  const User changed = store_.change_user(user.id, {.password_hash = std::move(hash)}, clock_.now());
  record("auth.password", user.id, user.id, origin);
  return begin_session(changed, origin);
}

std::optional<SessionOfUser> Accounts::look_up_session(std::string_view token) const {
  if (!is_token(token)) return std::nullopt;
  auto found = store_.find_session(token_hash(token));
  if (found && found->session.expires_at <= clock_.now()) found.reset();
  return found;
}

std::optional<KeyOfUser> Accounts::look_up_key(std::string_view text) const {
  const auto parsed = parse_key(text);
  if (!parsed) return std::nullopt;
  auto found = store_.find_key(parsed->id);
  if (!found || !same_hash(found->key.secret_hash, token_hash(parsed->secret))) return std::nullopt;
  if (found->key.expires_at && *found->key.expires_at <= clock_.now()) return std::nullopt;
  return found;
}

bool Accounts::is_session_valid(std::string_view token) const { return look_up_session(token).has_value(); }
bool Accounts::is_key_valid(std::string_view text) const { return look_up_key(text).has_value(); }

std::optional<SessionOfUser> Accounts::find_session(std::string_view token) {
  auto found = look_up_session(token);
  if (!found) return found;
  const TimePoint now = clock_.now();
  Session& session = found->session;
  if (now - session.last_used_at >= kNoteUseEvery) {
    session.last_used_at = now;
    session.expires_at = expiry(session.created_at, now);
    note_use([&] { store_.touch_session(session.id, session.last_used_at, session.expires_at); });
  }
  return found;
}

std::optional<KeyOfUser> Accounts::find_key(std::string_view text) {
  auto found = look_up_key(text);
  if (!found) return found;
  const TimePoint now = clock_.now();
  if (!found->key.last_used_at || now - *found->key.last_used_at >= kNoteUseEvery) {
    found->key.last_used_at = now;
    note_use([&] { store_.touch_key(found->key.id, now); });
  }
  return found;
}

NewKey Accounts::make_key(const User& user, const std::string& name, KeyScope scope,
                          std::optional<TimePoint> expires_at, const Origin& origin) {
  const std::string secret = random_token();
  NewKey made{.key = {.id = random_id(),
                      .user_id = user.id,
                      .name = name,
                      .secret_hash = token_hash(secret),
                      .scope = scope,
                      .created_at = clock_.now(),
                      .expires_at = expires_at,
                      .last_used_at = {}},
              .text = {}};
  made.text = write_key({.id = made.key.id, .secret = secret});
  store_.add_key(made.key, options_.max_keys);
  record("key.create", user.id, made.key.id, origin, "scope " + std::string(to_string(scope)));
  return made;
}

bool Accounts::revoke_key(const std::string& user_id, const std::string& key_id, const Origin& origin) {
  if (!store_.remove_key(user_id, key_id)) return false;
  record("key.revoke", user_id, key_id, origin);
  return true;
}

bool Accounts::end_session(const std::string& user_id, const std::string& session_id, const Origin& origin) {
  if (!store_.end_session(user_id, session_id)) return false;
  record("session.end", user_id, session_id, origin);
  return true;
}

std::optional<User> Accounts::add_user(const NewUser& user, const std::string& actor, const Origin& origin) {
  const auto made = to_user(user);
  if (!made) return std::nullopt;
  store_.add_user(*made);
  record("user.create", actor, made->id, origin, "role " + std::string(to_string(made->role)));
  return made;
}

std::optional<User> Accounts::change_user(const std::string& id, UserChange change,
                                          const std::optional<std::string>& new_password, const std::string& actor,
                                          const Origin& origin) {
  if (new_password) {
    change.password_hash = passwords_.hash(*new_password);
    if (!change.password_hash) return std::nullopt;
  }
  if (change.email) change.email = lower_case(*change.email);
  User changed = store_.change_user(id, change, clock_.now());
  record("user.change", actor, id, origin, describe(change));
  return changed;
}

bool Accounts::delete_user(const std::string& id, const std::string& actor, const Origin& origin) {
  if (!store_.begin_deletion(id)) return false;
  record("user.delete", actor, id, origin);
  return true;
}

OwnerLimits Accounts::limits_of(const User& user) const {
  OwnerLimits limits{.queued_jobs = options_.max_queued_jobs};
  const bool limited = user.role != Role::kAdmin;
  const auto choose = [&](const auto& own, const auto& configured) { return own || !limited ? own : configured; };
  limits.stored_bytes = choose(user.quota.stored_bytes, options_.quota.stored_bytes);
  limits.jobs_per_day = choose(user.quota.jobs_per_day, options_.quota.jobs_per_day);
  limits.media_per_day = choose(user.quota.media_per_day, options_.quota.media_per_day);
  return limits;
}

void Accounts::record(std::string_view event, const std::string& actor, const std::string& subject,
                      const Origin& origin, const std::string& detail) {
  log::info(event, {{"uid", actor}, {"ip", origin.address}, {"obj", subject}, {"why", detail}});
  try {
    store_.append_audit({.at = clock_.now(),
                         .event = std::string(event),
                         .actor = actor,
                         .address = origin.address,
                         .subject = subject,
                         .detail = detail});
  } catch (const Error& error) {
    log::error("audit record not written", {{"event", event}, {"why", error.what()}});
  }
}

int Accounts::sweep(const std::function<bool()>& stop) {
  const TimePoint now = clock_.now();
  int total = 0;
  const auto in_batches = [&](const std::function<int()>& delete_some) {
    while (!stop()) {
      const int deleted = delete_some();
      total += deleted;
      if (deleted < kSweepBatch) return;
    }
  };
  in_batches([&] { return store_.delete_expired_sessions(now, kSweepBatch); });
  in_batches([&] { return store_.delete_login_failures_before(now - LoginThrottle::kMemory, kSweepBatch); });
  in_batches([&] {
    const TimePoint before = now - options_.keep_audit;
    const auto records = store_.oldest_audit(before, kSweepBatch);
    if (!records.empty() && options_.archive_audit) options_.archive_audit(records);
    return store_.delete_audit_before(before, static_cast<int>(records.size()));
  });
  return total;
}

}  // namespace voxlate::accounts
