#include "store/account_row.h"

#include "voxlate/error.h"

namespace voxlate::store {
namespace {

std::optional<TimePoint> optional_time(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_ms(row.integer(column));
}

Role parse_role(const std::string& name) {
  for (const Role role : {Role::kUser, Role::kAdmin}) {
    if (to_string(role) == name) return role;
  }
  throw Error(ErrorCode::kCorrupt, "the database holds an unknown role: " + name);
}

KeyScope parse_scope(const std::string& name) {
  for (const KeyScope scope : {KeyScope::kRead, KeyScope::kWrite, KeyScope::kAdmin}) {
    if (to_string(scope) == name) return scope;
  }
  throw Error(ErrorCode::kCorrupt, "the database holds an unknown scope: " + name);
}

Quota read_quota(const Statement& row, int column) {
  Quota quota;
  if (!row.is_null(column)) quota.stored_bytes = static_cast<std::uint64_t>(row.integer(column));
  if (!row.is_null(column + 1)) quota.jobs_per_day = static_cast<int>(row.integer(column + 1));
  if (!row.is_null(column + 2)) quota.media_per_day = std::chrono::minutes(row.integer(column + 2));
  return quota;
}

}  // namespace

TimePoint from_ms(std::int64_t ms) { return TimePoint(std::chrono::milliseconds(ms)); }

std::optional<std::int64_t> optional_ms(const std::optional<TimePoint>& time) {
  return time ? std::optional(to_ms(*time)) : std::nullopt;
}

User to_user(const Statement& row, int first) {
  User user;
  user.id = row.text(first);
  user.name = row.text(first + 1);
  user.email = row.text(first + 2);
  user.role = parse_role(row.text(first + 3));
  user.active = row.integer(first + 4) != 0;
  user.password_hash = row.text(first + 5);
  user.quota = read_quota(row, first + 6);
  user.created_at = from_ms(row.integer(first + 9));
  user.password_changed_at = from_ms(row.integer(first + 10));
  user.last_login_at = optional_time(row, first + 11);
  return user;
}

Session to_session(const Statement& row) {
  return {.id = row.text(0),
          .user_id = row.text(1),
          .token_hash = row.text(2),
          .address = row.text(3),
          .user_agent = row.text(4),
          .created_at = from_ms(row.integer(5)),
          .last_used_at = from_ms(row.integer(6)),
          .expires_at = from_ms(row.integer(7))};
}

ApiKey to_key(const Statement& row) {
  return {.id = row.text(0),
          .user_id = row.text(1),
          .name = row.text(2),
          .secret_hash = row.text(3),
          .scope = parse_scope(row.text(4)),
          .created_at = from_ms(row.integer(5)),
          .expires_at = optional_time(row, 6),
          .last_used_at = optional_time(row, 7)};
}

QuotaColumns columns_of(const Quota& quota) {
  QuotaColumns columns;
  if (quota.stored_bytes) columns.stored_bytes = static_cast<std::int64_t>(*quota.stored_bytes);
  if (quota.jobs_per_day) columns.jobs_per_day = *quota.jobs_per_day;
  if (quota.media_per_day) columns.minutes_per_day = quota.media_per_day->count();
  return columns;
}

}  // namespace voxlate::store
