#pragma once

#include <cstdint>
#include <optional>

#include "store/database.h"
#include "store/job_row.h"
#include "voxlate/account_store.h"

namespace voxlate::store {

/// The columns that `to_user`, `to_session` and `to_key` read. The latter two need `users` joined.
#define VOXLATE_USER_COLUMNS                                                                              \
  " users.id, users.name, email, role, is_active, password_hash, quota_stored_bytes, quota_jobs_per_day," \
  " quota_minutes_per_day, users.created_at_ms, password_changed_at_ms, last_login_at_ms "
#define VOXLATE_SESSION_COLUMNS                                                                       \
  " sessions.id, users.id, token_hash, address, user_agent, sessions.created_at_ms, last_used_at_ms," \
  " expires_at_ms "
#define VOXLATE_KEY_COLUMNS                                                                           \
  " api_keys.id, users.id, api_keys.name, secret_hash, scope, api_keys.created_at_ms, expires_at_ms," \
  " last_used_at_ms "

inline constexpr int kSessionColumns = 8;
inline constexpr int kKeyColumns = 8;

/// `first` is the column of the user's id. They throw `kCorrupt` when a value is not one that was ever written.
User to_user(const Statement& row, int first);
Session to_session(const Statement& row);
ApiKey to_key(const Statement& row);

struct QuotaColumns {
  std::optional<std::int64_t> stored_bytes;
  std::optional<std::int64_t> jobs_per_day;
  std::optional<std::int64_t> minutes_per_day;
};
QuotaColumns columns_of(const Quota& quota);

TimePoint from_ms(std::int64_t ms);
std::optional<std::int64_t> optional_ms(const std::optional<TimePoint>& time);

}  // namespace voxlate::store
