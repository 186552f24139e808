#include "store/sqlite_watch_store.h"

#include "store/database.h"

namespace voxlate::store {
namespace {

#define VOXLATE_WATCHED_COLUMNS " path, size_bytes, modified_ns, sha256, job_id, state, note "

constexpr std::string_view name_of(WatchedState state) {
  switch (state) {
    case WatchedState::kTaken: return "taken";
    case WatchedState::kDone: return "done";
    case WatchedState::kRefused: return "refused";
  }
  return "refused";
}

WatchedFile to_file(const Statement& row) {
  int column = 0;
  WatchedFile file;
  file.path = row.text(column++);
  file.size_bytes = static_cast<std::uint64_t>(row.integer(column++));
  file.modified_ns = row.integer(column++);
  file.sha256 = row.text(column++);
  file.job_id = row.text(column++);
  const std::string state = row.text(column++);
  for (const WatchedState known : {WatchedState::kTaken, WatchedState::kDone, WatchedState::kRefused}) {
    if (name_of(known) == state) file.state = known;
  }
  file.note = row.text(column);
  return file;
}

}  // namespace

std::optional<WatchedFile> SqliteWatchStore::find(const std::string& path) const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT" VOXLATE_WATCHED_COLUMNS "FROM watched_files WHERE path = ?1", path).next(to_file);
}

void SqliteWatchStore::remember(const WatchedFile& file) {
  constexpr const char* kRemember =
      "INSERT OR REPLACE INTO watched_files (" VOXLATE_WATCHED_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    database.run(kRemember, file.path, file.size_bytes, file.modified_ns, file.sha256, file.job_id, name_of(file.state),
                 file.note);
  });
}

std::vector<WatchedFile> SqliteWatchStore::taken() const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT" VOXLATE_WATCHED_COLUMNS "FROM watched_files WHERE state = 'taken'").all(to_file);
}

std::optional<WatchedResult> SqliteWatchStore::result(const std::string& path) const {
  const Storage::Reading reader(storage_);
  Statement row = reader->query("SELECT path, source, sha256 FROM watched_results WHERE path = ?1", path);
  if (!row.step()) return std::nullopt;
  return WatchedResult{.path = row.text(0), .source = row.text(1), .sha256 = row.text(2)};
}

void SqliteWatchStore::remember_result(const WatchedResult& result) {
  constexpr const char* kRemember = "INSERT OR REPLACE INTO watched_results (path, source, sha256) VALUES (?1, ?2, ?3)";
  storage_.write(Storage::Room::kNeedsBallast,
                 [&](Database& database) { database.run(kRemember, result.path, result.source, result.sha256); });
}

}  // namespace voxlate::store
