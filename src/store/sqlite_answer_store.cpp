#include "store/sqlite_answer_store.h"

#include "base/hashing.h"
#include "store/database.h"
#include "store/deflated.h"
#include "store/job_row.h"

namespace voxlate::store {
namespace {

constexpr std::size_t kDeflateFromBytes = 1024;  // shorter answers are not worth it

constexpr const char* kForgetOld = "DELETE FROM kept_answers WHERE created_at_ms <= ?1";

KeptAnswer to_answer(const Statement& row) {
  const std::string body = row.text(4);
  const bool deflated = row.integer(5) != 0;
  return {.fingerprint = row.text(0),
          .status = static_cast<int>(row.integer(1)),
          .content_type = row.text(2),
          .headers = row.text(3),
          .body = deflated ? inflate_text(body) : body};
}

}  // namespace

std::variant<AnswerStore::Begun, KeptAnswer> SqliteAnswerStore::begin(const RepeatKey& key, TimePoint now) {
  constexpr const char* kFind =
      "SELECT fingerprint, status, content_type, headers, body, deflated FROM kept_answers"
      " WHERE owner = ?1 AND route = ?2 AND key_hash = ?3";
  constexpr const char* kBegin =
      "INSERT INTO kept_answers (owner, route, key_hash, created_at_ms) VALUES (?1, ?2, ?3, ?4)";
  const std::string hash = sha256_hex(key.key);
  std::variant<Begun, KeptAnswer> result = Begun::kNew;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    result = Begun::kNew;
    database.run(kForgetOld, to_ms(now - kAnswersKept));
    Statement row = database.query(kFind, key.owner, key.route, hash);
    if (!row.step()) {
      database.run(kBegin, key.owner, key.route, hash, to_ms(now));
    } else if (row.is_null(1)) {
      result = Begun::kCutOff;
    } else {
      result = to_answer(row);
    }
  });
  return result;
}

bool SqliteAnswerStore::keep(const RepeatKey& key, const KeptAnswer& answer) {
  constexpr const char* kKeep =
      "UPDATE kept_answers SET fingerprint = ?4, status = ?5, content_type = ?6, headers = ?7, body = ?8, deflated = ?9"
      " WHERE owner = ?1 AND route = ?2 AND key_hash = ?3 AND status IS NULL";
  const bool deflated = answer.body.size() >= kDeflateFromBytes;
  const std::string body = deflated ? deflate_text(answer.body) : answer.body;
  bool kept = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    kept = database.run(kKeep, key.owner, key.route, sha256_hex(key.key), answer.fingerprint, answer.status,
                        answer.content_type, answer.headers, Blob{body}, deflated) == 1;
  });
  return kept;
}

void SqliteAnswerStore::forget(const RepeatKey& key) {
  constexpr const char* kForget =
      "DELETE FROM kept_answers WHERE owner = ?1 AND route = ?2 AND key_hash = ?3 AND status IS NULL";
  const std::string hash = sha256_hex(key.key);
  storage_.write(Storage::Room::kMayUseBallast,
                 [&](Database& database) { database.run(kForget, key.owner, key.route, hash); });
}

int SqliteAnswerStore::sweep(TimePoint now) {
  int forgotten = 0;
  storage_.write(Storage::Room::kMayUseBallast,
                 [&](Database& database) { forgotten = database.run(kForgetOld, to_ms(now - kAnswersKept)); });
  return forgotten;
}

}  // namespace voxlate::store
