#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace voxlate::store {

/// Bytes of a BLOB column, borrowed.
struct Blob {
  std::string_view bytes;
};

/// One prepared statement of a Database. Parameters are `?1 ?2 …`, columns count from 0. Not thread-safe.
class Statement {
 public:
  Statement(sqlite3* connection, const char* sql);

  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, std::optional<std::int64_t> value);
  void bind(int index, Blob value);

  /// Goes to the next row; false at the end. Throws what Database throws.
  bool step();

  /// Runs to the end, for statements whose rows are not wanted.
  void run() {
    while (step()) {
    }
  }

  /// What `read` makes of each row, of all that are left.
  template <typename Read>
  auto all(Read read) {
    std::vector<std::invoke_result_t<Read, const Statement&>> found;
    while (step()) found.push_back(read(*this));
    return found;
  }

  /// What `read` makes of the next row; nothing where there is none.
  template <typename Read>
  auto next(Read read) {
    return step() ? std::optional(read(*this)) : std::nullopt;
  }

  /// Ends the statement's hold on the database.
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  sqlite3* connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

inline std::string first_text(const Statement& row) { return row.text(0); }

/// One SQLite connection in WAL mode that never checkpoints by itself. Not thread-safe. All calls throw
/// `kStorageFull` (disk full), `kCorrupt` (damaged, or not a database), `kOutOfMemory`, `kUnavailable` (locked by
/// another process), `kInternal` (anything else), each with SQLite's text.
class Database {
 public:
  enum class Access { kReadOnly, kReadWrite };

  Database(const std::filesystem::path& path, Access access);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs any number of statements.
  void execute(const char* sql);

  /// Prepares `sql` and binds `values` to ?1, ?2, …
  template <typename... Values>
  Statement query(const char* sql, const Values&... values) {
    Statement statement(connection_.get(), sql);
    int index = 0;
    (statement.bind(++index, to_parameter(values)), ...);
    return statement;
  }

  /// Same, and runs it to its end. Returns the number of rows it inserted, updated or deleted.
  template <typename... Values>
  int run(const char* sql, const Values&... values) {
    query(sql, values...).run();
    return changes();
  }

  std::int64_t last_insert_rowid() const;

  /// Lists what is damaged; empty when nothing is.
  std::string quick_check();

  /// Pages in the WAL file after the last commit of this connection.
  int wal_pages() const { return wal_pages_; }

  /// Copies the WAL into the database: `passive` what readers allow now; else all, waiting for readers. Returns false
  /// when that was not possible; nothing is lost then.
  bool checkpoint(bool passive);

  /// Gives the room of deleted rows back to the disk, when it is a quarter of the file or more and at least 4 MiB; true
  /// then. Not within a transaction. Needs as much free disk as the file has.
  bool compact();

  /// Bytes of pages and statements that this connection keeps in memory.
  std::uint64_t memory_bytes() const;

  /// Gives back those that it can read again.
  void release_memory();

  /// Whether the disk ever failed to keep what this connection wrote.
  bool sync_failed() const { return sync_failed_; }

  bool in_transaction() const;

  /// Never throws.
  void rollback() noexcept;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };

  static std::int64_t to_parameter(std::integral auto value) { return static_cast<std::int64_t>(value); }
  static double to_parameter(double value) { return value; }
  static std::string_view to_parameter(std::string_view value) { return value; }
  static std::optional<std::int64_t> to_parameter(std::optional<std::int64_t> value) { return value; }
  static Blob to_parameter(Blob value) { return value; }

  int changes() const;
  void configure(Access access);

  std::unique_ptr<sqlite3, Close> connection_;
  int wal_pages_ = 0;
  bool sync_failed_ = false;
};

/// BEGIN IMMEDIATE … COMMIT; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
};

}  // namespace voxlate::store
