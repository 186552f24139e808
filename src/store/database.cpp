#include "store/database.h"

#include <sqlite3.h>

#include <cerrno>

#include "store/version.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;

ErrorCode to_code(sqlite3* connection, int result) {
  const int system_error = connection != nullptr ? sqlite3_system_errno(connection) : 0;
  switch (result & 0xFF) {
    case SQLITE_FULL: return ErrorCode::kStorageFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::kCorrupt;
    case SQLITE_NOMEM: return ErrorCode::kOutOfMemory;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kUnavailable;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (system_error == ENOSPC || system_error == EDQUOT || result == SQLITE_IOERR_SHMSIZE) {
        return ErrorCode::kStorageFull;
      }
      return ErrorCode::kInternal;
    default: return ErrorCode::kInternal;
  }
}

/// Throws unless `result` is a success.
void check(sqlite3* connection, int result, const char* what) {
  if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return;
  const char* text = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(result);
  throw Error(to_code(connection, result),
              std::string(what) + ": " + text + " (SQLite result " + std::to_string(result) + ")");
}

bool is_sync_failure(int result) { return result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC; }

int count_wal_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

Statement::Statement(sqlite3* connection, const char* sql) : connection_(connection) {
  sqlite3_stmt* statement = nullptr;
  check(connection_, sqlite3_prepare_v2(connection_, sql, -1, &statement, nullptr), "cannot prepare a statement");
  statement_.reset(statement);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int index, std::int64_t value) {
  check(connection_, sqlite3_bind_int64(statement_.get(), index, value), "cannot bind a number");
}

void Statement::bind(int index, double value) {
  check(connection_, sqlite3_bind_double(statement_.get(), index, value), "cannot bind a number");
}

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL.
  const char* data = value.empty() ? "" : value.data();
  check(connection_, sqlite3_bind_text64(statement_.get(), index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
        "cannot bind a text");
}

void Statement::bind(int index, std::optional<std::int64_t> value) {
  if (value) {
    bind(index, *value);
  } else {
    check(connection_, sqlite3_bind_null(statement_.get(), index), "cannot bind NULL");
  }
}

void Statement::bind(int index, Blob value) {
  const char* data = value.bytes.empty() ? "" : value.bytes.data();
  check(connection_, sqlite3_bind_blob64(statement_.get(), index, data, value.bytes.size(), SQLITE_TRANSIENT),
        "cannot bind bytes");
}

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  check(connection_, result, "the database refused");
  return result == SQLITE_ROW;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size_bytes = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size_bytes));
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Database::Database(const std::filesystem::path& path, Access access) {
  const int mode = access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* connection = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &connection, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection_.reset(connection);
  check(connection_.get(), result, "cannot open the database");
  configure(access);
}

void Database::configure(Access access) {
  check(connection_.get(), sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs), "cannot set the busy timeout");
  // A negative cache size is in KiB: 64 MiB of pages, taken as they are read.
  execute(
      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 0;");
  if (access == Access::kReadOnly) return;
  Statement mode = query("PRAGMA journal_mode = WAL");
  if (!mode.step() || mode.text(0) != "wal") {
    throw Error(ErrorCode::kInternal, "the file system of the data folder does not support a WAL database");
  }
  mode.reset();
  execute(
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
      "PRAGMA journal_size_limit = 67108864;");
  sqlite3_wal_hook(connection_.get(), count_wal_pages, &wal_pages_);
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

void Database::execute(const char* sql) {
  const int result = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  sync_failed_ = sync_failed_ || is_sync_failure(result);
  check(connection_.get(), result, "the database refused");
}

int Database::changes() const { return sqlite3_changes(connection_.get()); }

std::int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(connection_.get()); }

std::string Database::quick_check() {
  std::string damage;
  Statement rows = query("PRAGMA quick_check(5)");
  while (rows.step()) {
    if (rows.text(0) != "ok") damage += (damage.empty() ? "" : "; ") + rows.text(0);
  }
  return damage;
}

bool Database::checkpoint(bool passive) {
  const int mode = passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
  int in_log = 0;
  int copied = 0;
  const int result = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, mode, &in_log, &copied);
  sync_failed_ = sync_failed_ || is_sync_failure(result);
  return result == SQLITE_OK && in_log == copied;
}

bool Database::compact() {
  constexpr std::int64_t kLeastFreePages = 1024;
  const auto number = [this](const char* pragma) {
    Statement row = query(pragma);
    row.step();
    return row.integer(0);
  };
  const std::int64_t free_pages = number("PRAGMA freelist_count");
  if (free_pages < kLeastFreePages || free_pages * 4 < number("PRAGMA page_count")) return false;
  execute("VACUUM");
  return true;
}

std::uint64_t Database::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const int what : {SQLITE_DBSTATUS_CACHE_USED, SQLITE_DBSTATUS_SCHEMA_USED, SQLITE_DBSTATUS_STMT_USED}) {
    int now = 0;
    int most = 0;
    if (sqlite3_db_status(connection_.get(), what, &now, &most, 0) == SQLITE_OK)
      bytes += static_cast<std::uint64_t>(now);
  }
  return bytes;
}

void Database::release_memory() { sqlite3_db_release_memory(connection_.get()); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

void Database::rollback() noexcept { sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr); }

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  // SQLite may have rolled back by itself, as on a full disk.
  if (database_.in_transaction()) database_.rollback();
}

void Transaction::commit() { database_.execute("COMMIT"); }

std::string sqlite_version() { return std::string(sqlite3_libversion()) + " " + sqlite3_sourceid(); }

}  // namespace voxlate::store
