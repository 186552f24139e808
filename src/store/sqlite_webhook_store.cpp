#include "store/sqlite_webhook_store.h"

#include "base/hashing.h"
#include "base/ids.h"
#include "store/database.h"
#include "store/job_row.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

#define VOXLATE_TARGET_COLUMNS " id, owner, url, created_at_ms, old_secret_until_ms, disabled_at_ms, disabled_reason "
#define VOXLATE_DELIVERY_COLUMNS \
  " id, target_id, url, job_id, type, state, attempt, created_at_ms, next_at_ms, finished_at_ms, status, error "

constexpr std::size_t kKeyBytes = 32;

TimePoint from_ms(std::int64_t ms) { return TimePoint(std::chrono::milliseconds(ms)); }

std::optional<TimePoint> optional_time(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(from_ms(row.integer(column)));
}

WebhookTarget to_target(const Statement& row) {
  int column = 0;
  WebhookTarget target;
  target.id = row.text(column++);
  target.owner = row.text(column++);
  target.url = row.text(column++);
  target.created_at = from_ms(row.integer(column++));
  target.old_secret_until = optional_time(row, column++);
  target.disabled_at = optional_time(row, column++);
  target.disabled_reason = row.text(column);
  return target;
}

WebhookDelivery to_delivery(const Statement& row) {
  int column = 0;
  WebhookDelivery delivery;
  delivery.id = row.text(column++);
  delivery.target_id = row.text(column++);
  delivery.url = row.text(column++);
  delivery.job_id = row.text(column++);
  delivery.type = row.text(column++);
  const std::string state = row.text(column++);
  for (const DeliveryState known : {DeliveryState::kPending, DeliveryState::kDelivered, DeliveryState::kFailed}) {
    if (to_string(known) == state) delivery.state = known;
  }
  delivery.attempt = static_cast<int>(row.integer(column++));
  delivery.created_at = from_ms(row.integer(column++));
  delivery.next_at = from_ms(row.integer(column++));
  delivery.finished_at = optional_time(row, column++);
  delivery.status = static_cast<int>(row.integer(column++));
  delivery.error = row.text(column);
  return delivery;
}

std::optional<WebhookTarget> find_target(Database& database, const std::string& target_id) {
  return database.query("SELECT" VOXLATE_TARGET_COLUMNS "FROM webhook_targets WHERE id = ?1", target_id)
      .next(to_target);
}

std::string job_key(Database& database, const std::string& job_id) {
  Statement row = database.query("SELECT key FROM webhook_root WHERE id = 1");
  if (!row.step()) throw Error(ErrorCode::kCorrupt, "the database has lost the root of the webhook secrets");
  return hmac_sha256(row.text(0), "voxlate job " + job_id);
}

/// The secrets of a target that count now, the newest first.
std::vector<std::string> target_keys(Database& database, const std::string& target_id, TimePoint now) {
  constexpr const char* kSecrets =
      "SELECT secret, CASE WHEN old_secret_until_ms > ?2 THEN old_secret END FROM webhook_targets WHERE id = ?1";
  Statement row = database.query(kSecrets, target_id, to_ms(now));
  std::vector<std::string> keys;
  if (!row.step()) return keys;
  keys.push_back(unbase64(row.text(0)));
  if (!row.is_null(1)) keys.push_back(unbase64(row.text(1)));
  return keys;
}

/// No more messages; those that wait for the target are given up.
void disable(Database& database, const std::string& delivery_id, const std::string& reason, TimePoint now) {
  constexpr const char* kDisable =
      "UPDATE webhook_targets SET disabled_at_ms = ?2, disabled_reason = ?3 WHERE disabled_at_ms IS NULL AND id ="
      " (SELECT target_id FROM webhook_deliveries WHERE id = ?1)";
  constexpr const char* kGiveUp =
      "UPDATE webhook_deliveries SET state = 'failed', finished_at_ms = ?2, error = 'the webhook was disabled'"
      " WHERE state = 'pending' AND target_id = (SELECT target_id FROM webhook_deliveries WHERE id = ?1)";
  database.run(kDisable, delivery_id, to_ms(now), reason);
  database.run(kGiveUp, delivery_id, to_ms(now));
}

}  // namespace

WebhookStore::Added SqliteWebhookStore::add(const std::string& owner, const std::string& url, int max_targets,
                                            TimePoint now) {
  constexpr const char* kCount = "SELECT count(*) FROM webhook_targets WHERE owner = ?1";
  constexpr const char* kAdd =
      "INSERT INTO webhook_targets (id, owner, url, secret, created_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
  Added added{.target = {.id = random_id(), .owner = owner, .url = url, .created_at = now},
              .key = random_bytes(kKeyBytes)};
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    Statement count = database.query(kCount, owner);
    count.step();
    if (count.integer(0) >= max_targets) {
      throw Error(ErrorCode::kConflict, "there may be at most " + std::to_string(max_targets) + " webhooks");
    }
    count.reset();
    database.run(kAdd, added.target.id, owner, url, base64(added.key), to_ms(now));
  });
  return added;
}

std::vector<WebhookTarget> SqliteWebhookStore::list(const std::optional<std::string>& owner) const {
  constexpr const char* kList =
      "SELECT" VOXLATE_TARGET_COLUMNS "FROM webhook_targets WHERE ?1 OR owner = ?2 ORDER BY created_at_ms, id";
  const Storage::Reading reader(storage_);
  return reader->query(kList, !owner, owner.value_or("")).all(to_target);
}

std::optional<WebhookTarget> SqliteWebhookStore::get(const std::string& target_id) const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT" VOXLATE_TARGET_COLUMNS "FROM webhook_targets WHERE id = ?1", target_id).next(to_target);
}

bool SqliteWebhookStore::remove(const std::string& target_id) {
  bool removed = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    removed = database.run("DELETE FROM webhook_targets WHERE id = ?1", target_id) == 1;
  });
  return removed;
}

std::string SqliteWebhookStore::rotate(const std::string& target_id, TimePoint old_until) {
  constexpr const char* kRotate =
      "UPDATE webhook_targets SET old_secret = secret, old_secret_until_ms = ?2, secret = ?3 WHERE id = ?1";
  const std::string key = random_bytes(kKeyBytes);
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    if (database.run(kRotate, target_id, to_ms(old_until), base64(key)) != 1)
      throw Error(ErrorCode::kNotFound, "no such webhook");
  });
  return key;
}

bool SqliteWebhookStore::enable(const std::string& target_id) {
  constexpr const char* kEnable =
      "UPDATE webhook_targets SET disabled_at_ms = NULL, disabled_reason = NULL WHERE id = ?1";
  bool found = false;
  storage_.write(Storage::Room::kNeedsBallast,
                 [&](Database& database) { found = database.run(kEnable, target_id) == 1; });
  return found;
}

std::vector<WebhookDelivery> SqliteWebhookStore::deliveries(const std::string& target_id, int limit) const {
  constexpr const char* kList =
      "SELECT" VOXLATE_DELIVERY_COLUMNS "FROM webhook_deliveries WHERE target_id = ?1 ORDER BY seq DESC LIMIT ?2";
  const Storage::Reading reader(storage_);
  return reader->query(kList, target_id, limit).all(to_delivery);
}

std::optional<WebhookDelivery> SqliteWebhookStore::replay(const std::string& target_id, const std::string& delivery_id,
                                                          TimePoint now) {
  constexpr const char* kReplay =
      "UPDATE webhook_deliveries SET state = 'pending', attempt = 0, next_at_ms = ?3, finished_at_ms = NULL"
      " WHERE id = ?1 AND target_id = ?2 RETURNING" VOXLATE_DELIVERY_COLUMNS;
  std::optional<WebhookDelivery> replayed;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    replayed.reset();
    const auto target = find_target(database, target_id);
    if (target && target->disabled_at) {
      throw Error(ErrorCode::kConflict, "the webhook is disabled: " + target->disabled_reason);
    }
    Statement row = database.query(kReplay, delivery_id, target_id, to_ms(now));
    if (!row.step()) return;
    replayed = to_delivery(row);
    row.run();
  });
  return replayed;
}

std::string SqliteWebhookStore::job_key(const std::string& job_id) const {
  const Storage::Reading reader(storage_);
  return store::job_key(*reader.operator->(), job_id);
}

std::optional<DueDelivery> SqliteWebhookStore::next_due(TimePoint now,
                                                        const std::vector<std::string>& busy_urls) const {
  constexpr const char* kDue = "SELECT" VOXLATE_DELIVERY_COLUMNS
                               "FROM webhook_deliveries WHERE state = 'pending' AND next_at_ms <= ?1"
                               " AND url NOT IN (SELECT value FROM json_each(?2)) ORDER BY next_at_ms, seq LIMIT 1";
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kDue, to_ms(now), texts_json(busy_urls));
  if (!row.step()) return std::nullopt;
  DueDelivery due{.delivery = to_delivery(row), .keys = {}};
  Database& database = *reader.operator->();
  due.keys = due.delivery.target_id.empty() ? std::vector{store::job_key(database, due.delivery.job_id)}
                                            : target_keys(database, due.delivery.target_id, now);
  return due;
}

void SqliteWebhookStore::record(const std::string& delivery_id, const DeliveryOutcome& outcome, TimePoint now) {
  constexpr const char* kRecord =
      "UPDATE webhook_deliveries SET attempt = attempt + 1, state = ?2, status = ?3, error = ?4, next_at_ms = ?5,"
      " finished_at_ms = ?6 WHERE id = ?1 AND state = 'pending'";
  const DeliveryState state = outcome.error.empty() ? DeliveryState::kDelivered
                              : outcome.retry_at    ? DeliveryState::kPending
                                                    : DeliveryState::kFailed;
  const bool over = state != DeliveryState::kPending;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    database.run(kRecord, delivery_id, to_string(state), outcome.status, outcome.error,
                 to_ms(outcome.retry_at.value_or(now)), over ? std::optional(to_ms(now)) : std::nullopt);
    if (outcome.disable) disable(database, delivery_id, outcome.error, now);
  });
}

int SqliteWebhookStore::delete_finished_before(TimePoint time) {
  int deleted = 0;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    deleted =
        database.run("DELETE FROM webhook_deliveries WHERE state <> 'pending' AND finished_at_ms < ?1", to_ms(time));
  });
  return deleted;
}

}  // namespace voxlate::store
