#include "store/sqlite_upload_store.h"

#include <nlohmann/json.hpp>

#include "store/job_row.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

#define VOXLATE_UPLOAD_COLUMNS " id, owner, kind, length_bytes, offset_bytes, metadata, parts, expires_at_ms "

constexpr const char* kAdd =
    "INSERT INTO uploads (id, owner, kind, length_bytes, offset_bytes, metadata, parts, expires_at_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr const char* kRemove = "DELETE FROM uploads WHERE id = ?1";

std::string_view to_text(Upload::Kind kind) {
  switch (kind) {
    case Upload::Kind::kWhole: return "whole";
    case Upload::Kind::kPart: return "part";
    case Upload::Kind::kFinal: return "final";
  }
  return "whole";
}

Upload::Kind parse_kind(const std::string& text) {
  for (const Upload::Kind kind : {Upload::Kind::kWhole, Upload::Kind::kPart, Upload::Kind::kFinal}) {
    if (text == to_text(kind)) return kind;
  }
  throw Error(ErrorCode::kCorrupt, "the database holds an unknown kind of upload: " + text);
}

std::vector<std::string> parse_parts(const std::string& text) {
  const auto list = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) throw Error(ErrorCode::kCorrupt, "the database holds a damaged upload");
  std::vector<std::string> parts;
  for (const auto& part : list) {
    if (!part.is_string()) throw Error(ErrorCode::kCorrupt, "the database holds a damaged upload");
    parts.push_back(part.get<std::string>());
  }
  return parts;
}

Upload to_upload(const Statement& row) {
  Upload upload;
  upload.id = row.text(0);
  upload.owner = row.text(1);
  upload.kind = parse_kind(row.text(2));
  if (!row.is_null(3)) upload.length_bytes = static_cast<std::uint64_t>(row.integer(3));
  upload.offset_bytes = static_cast<std::uint64_t>(row.integer(4));
  upload.metadata = row.text(5);
  upload.parts = parse_parts(row.text(6));
  upload.expires_at = TimePoint(std::chrono::milliseconds(row.integer(7)));
  return upload;
}

void insert(Database& database, const Upload& upload) {
  const auto length =
      upload.length_bytes ? std::optional(static_cast<std::int64_t>(*upload.length_bytes)) : std::nullopt;
  database.run(kAdd, upload.id, upload.owner, to_text(upload.kind), length, upload.offset_bytes, upload.metadata,
               texts_json(upload.parts), to_ms(upload.expires_at));
}

bool is_complete_part(Database& database, const std::string& id, const std::string& owner) {
  constexpr const char* kFind =
      "SELECT 1 FROM uploads WHERE id = ?1 AND owner = ?2 AND kind = 'part' AND offset_bytes = length_bytes";
  return database.query(kFind, id, owner).step();
}

}  // namespace

bool SqliteUploadStore::add(const Upload& upload, int max_of_owner) {
  constexpr const char* kCount = "SELECT count(*) FROM uploads WHERE owner = ?1";
  bool added = false;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    Statement count = database.query(kCount, upload.owner);
    count.step();
    added = count.integer(0) < max_of_owner;
    if (added) insert(database, upload);
  });
  return added;
}

std::optional<Upload> SqliteUploadStore::get(const std::string& id) const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT" VOXLATE_UPLOAD_COLUMNS "FROM uploads WHERE id = ?1", id).next(to_upload);
}

bool SqliteUploadStore::set_length(const std::string& id, std::uint64_t length_bytes) {
  constexpr const char* kSet =
      "UPDATE uploads SET length_bytes = ?2 WHERE id = ?1 AND length_bytes IS NULL AND offset_bytes <= ?2";
  bool set = false;
  storage_.write(Storage::Room::kNeedsBallast,
                 [&](Database& database) { set = database.run(kSet, id, length_bytes) == 1; });
  return set;
}

bool SqliteUploadStore::advance(const std::string& id, std::uint64_t from, std::uint64_t to, TimePoint expires_at) {
  constexpr const char* kAdvance =
      "UPDATE uploads SET offset_bytes = ?3, expires_at_ms = ?4 WHERE id = ?1 AND offset_bytes = ?2 AND ?3 >= ?2"
      " AND ?3 <= ifnull(length_bytes, ?3)";
  bool advanced = false;
  storage_.write(Storage::Room::kNeedsBallast,
                 [&](Database& database) { advanced = database.run(kAdvance, id, from, to, to_ms(expires_at)) == 1; });
  return advanced;
}

bool SqliteUploadStore::join(const Upload& joined) {
  bool done = false;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    done = false;
    for (const std::string& part : joined.parts) {
      if (!is_complete_part(database, part, joined.owner)) return;
    }
    for (const std::string& part : joined.parts) database.run(kRemove, part);
    insert(database, joined);
    done = true;
  });
  return done;
}

bool SqliteUploadStore::remove(const std::string& id) {
  bool removed = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) { removed = database.run(kRemove, id) == 1; });
  return removed;
}

std::vector<std::string> SqliteUploadStore::remove_expired(TimePoint now, int limit) {
  constexpr const char* kExpire =
      "DELETE FROM uploads WHERE id IN (SELECT id FROM uploads WHERE expires_at_ms < ?1 ORDER BY expires_at_ms LIMIT"
      " ?2) RETURNING id";
  std::vector<std::string> removed;
  storage_.write(Storage::Room::kMayUseBallast,
                 [&](Database& database) { removed = database.query(kExpire, to_ms(now), limit).all(first_text); });
  return removed;
}

std::vector<Upload> SqliteUploadStore::all() const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT" VOXLATE_UPLOAD_COLUMNS "FROM uploads ORDER BY expires_at_ms, id").all(to_upload);
}

std::uint64_t SqliteUploadStore::outstanding_bytes() const {
  constexpr const char* kSum =
      "SELECT ifnull(sum(length_bytes - offset_bytes), 0) FROM uploads WHERE length_bytes > offset_bytes";
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kSum);
  row.step();
  return static_cast<std::uint64_t>(row.integer(0));
}

}  // namespace voxlate::store
