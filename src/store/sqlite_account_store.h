#pragma once

#include <string>
#include <string_view>

#include "store/storage.h"
#include "voxlate/account_store.h"

namespace voxlate::store {

/// The account store in SQLite. Every call is durable when it returns. Thread-safe.
///
/// On a full disk `add_first_user`, `add_user`, `add_key` and `append_audit` throw `kStorageFull`; everything that
/// signing in, changing and deleting need still works.
class SqliteAccountStore : public AccountStore {
 public:
  explicit SqliteAccountStore(Storage& storage) : storage_(storage) {}

  bool add_first_user(const User& user) override;
  void add_user(const User& user) override;
  bool has_users() const override;
  std::optional<User> find_user(const std::string& id) const override;
  std::optional<User> find_user_by_login(const std::string& login) const override;
  std::vector<User> list_users(const std::string& after_id, int limit) const override;
  User change_user(const std::string& id, const UserChange& change, TimePoint now) override;
  void replace_hash(const std::string& id, const std::string& old_hash, const std::string& new_hash) override;
  bool begin_deletion(const std::string& id) override;
  std::vector<std::string> users_in_deletion() const override;
  void finish_deletion(const std::string& id) override;

  void add_session(const Session& session, int max_sessions) override;
  std::optional<SessionOfUser> find_session(const std::string& token_hash) const override;
  void touch_session(const std::string& id, TimePoint used_at, TimePoint expires_at) override;
  bool end_session(const std::string& user_id, const std::string& id) override;
  std::vector<Session> list_sessions(const std::string& user_id, TimePoint now) const override;
  bool knows_address(const std::string& user_id, const std::string& address) const override;
  int delete_expired_sessions(TimePoint time, int limit) override;

  void add_key(const ApiKey& key, int max_keys) override;
  std::optional<KeyOfUser> find_key(const std::string& id) const override;
  void touch_key(const std::string& id, TimePoint used_at) override;
  bool remove_key(const std::string& user_id, const std::string& id) override;
  std::vector<ApiKey> list_keys(const std::string& user_id) const override;

  void add_login_failure(const std::string& key, TimePoint now) override;
  LoginFailures login_failures(const std::string& key) const override;
  void forget_login_failures(const std::string& key) override;
  int delete_login_failures_before(TimePoint time, int limit) override;

  void append_audit(const AuditEntry& entry) override;
  std::vector<AuditRecord> list_audit(std::int64_t before, int limit) const override;
  std::vector<AuditRecord> oldest_audit(TimePoint before, int limit) const override;
  int delete_audit_before(TimePoint time, int limit) override;

 private:
  int run(const char* sql, const auto&... values);

  Storage& storage_;
};

/// SHA-256 over the hash of the record before and the fields of the entry, each with its length before it.
std::string audit_hash(std::string_view previous, const AuditEntry& entry);

}  // namespace voxlate::store
