#include "store/database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "store/schema.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "x.db"; }

  Database open(Database::Access access = Database::Access::kReadWrite) const { return Database(path(), access); }

  ErrorCode code_of(const std::function<void()>& call) const {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "expected an Error";
    return ErrorCode::kInternal;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  Database database = open();
  database.execute("CREATE TABLE t (a INTEGER, b REAL, c TEXT, d INTEGER, e TEXT) STRICT");
  const std::string text("a\0b", 3);
  EXPECT_EQ(database.run("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", -5'000'000'000, 0.5, text,
                         std::optional<std::int64_t>(), std::string_view()),
            1);
  Statement row = database.query("SELECT a, b, c, d, e FROM t");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.integer(0), -5'000'000'000);
  EXPECT_EQ(row.real(1), 0.5);
  EXPECT_EQ(row.text(2), text);
  EXPECT_TRUE(row.is_null(3));
  EXPECT_FALSE(row.is_null(4)) << "an empty text is not NULL";
  EXPECT_FALSE(row.step());
}

TEST_F(DatabaseTest, TransactionIsUndoneUnlessCommitted) {
  Database database = open();
  database.execute("CREATE TABLE t (a INTEGER) STRICT");
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_FALSE(database.query("SELECT a FROM t").step());
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES (1)");
    transaction.commit();
  }
  EXPECT_TRUE(database.query("SELECT a FROM t").step());
}

TEST_F(DatabaseTest, ReaderSeesWhatIsCommittedAndCannotWrite) {
  Database writer = open();
  writer.execute("CREATE TABLE t (a INTEGER) STRICT");
  Database reader = open(Database::Access::kReadOnly);
  {
    Transaction transaction(writer);
    writer.execute("INSERT INTO t VALUES (1)");
    EXPECT_FALSE(reader.query("SELECT a FROM t").step());
    transaction.commit();
  }
  EXPECT_TRUE(reader.query("SELECT a FROM t").step());
  EXPECT_THROW(reader.execute("INSERT INTO t VALUES (2)"), Error);
}

TEST_F(DatabaseTest, FileThatIsNoDatabaseIsCorrupt) {
  std::ofstream(path()) << std::string(5000, 'x');
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::kCorrupt);
}

TEST_F(DatabaseTest, MissingFolderIsAnError) {
  EXPECT_EQ(code_of([&] { Database(path() / "no" / "x.db", Database::Access::kReadWrite); }), ErrorCode::kInternal);
}

TEST_F(DatabaseTest, SecondWriterIsRefusedInsteadOfWaitingForEver) {
  Database first = open();
  Database second = open();
  second.execute("PRAGMA busy_timeout = 0");
  const Transaction held(first);
  EXPECT_EQ(code_of([&] { Transaction refused(second); }), ErrorCode::kUnavailable);
}

TEST_F(DatabaseTest, NothingCheckpointsUnasked) {
  Database database = open();
  database.execute("CREATE TABLE t (a TEXT) STRICT");
  const std::string page(5000, 'x');
  for (int commit = 0; commit < 15; ++commit) {
    Transaction transaction(database);
    for (int row = 0; row < 100; ++row) database.run("INSERT INTO t VALUES (?1)", page);
    transaction.commit();
  }
  EXPECT_GT(database.wal_pages(), 1500);
  EXPECT_TRUE(database.checkpoint(/*passive=*/false));
  EXPECT_EQ(std::filesystem::file_size(path() += "-wal"), 0U);
}

TEST_F(DatabaseTest, MigrationIsDoneOnceAndRefusesANewerSchema) {
  Database database = open();
  migrate(database);
  migrate(database);
  Statement version = database.query("PRAGMA user_version");
  ASSERT_TRUE(version.step());
  EXPECT_EQ(version.integer(0), static_cast<std::int64_t>(migrations().size()));
  version.reset();
  database.execute("PRAGMA user_version = 1000");
  EXPECT_EQ(code_of([&] { migrate(database); }), ErrorCode::kUnsupported);
}

/// A row as the schema wants it, with some columns changed.
class SchemaTest : public DatabaseTest {
 protected:
  SchemaTest() {
    migrate(database_);
    database_.execute(
        "INSERT INTO jobs (id, state, priority, source_name, search_name, spec, size_bytes, duration_ms, content_type,"
        " description, created_at_ms, queued_at_ms, run_after_ms)"
        " VALUES ('a', 'queued', 1, 'x', 'x', '{}', 0, 0, '', '', 1, 1, 1)");
  }

  void set(const std::string& columns) { database_.execute(("UPDATE jobs SET " + columns).c_str()); }

 private:
  Database database_ = open();
};

TEST_F(SchemaTest, RefusesIllegalStates) {
  EXPECT_THROW(set("state = 'paused'"), Error);
  EXPECT_THROW(set("state = 'processing'"), Error) << "without a lease";
  EXPECT_THROW(set("state = 'completed'"), Error) << "without an end";
  EXPECT_THROW(set("state = 'failed', finished_at_ms = 2"), Error) << "without an error";
  EXPECT_THROW(set("finished_at_ms = 2"), Error) << "an end while queued";
  EXPECT_THROW(set("lease_owner = 'o', lease_token = 't', lease_until_ms = 3"), Error) << "a lease while queued";
  EXPECT_THROW(set("cancel_requested = 1"), Error) << "a wish to cancel while queued";
  EXPECT_THROW(set("files = '[{}]'"), Error) << "results while queued";
  EXPECT_THROW(set("error_code = 'internal'"), Error) << "a code without a message";
  EXPECT_THROW(set("priority = 4"), Error);
  EXPECT_THROW(set("fraction = 1.5"), Error);
  EXPECT_THROW(set("attempt = -1"), Error);
  EXPECT_THROW(set("spec = 'no object'"), Error);
  EXPECT_NO_THROW(
      set("state = 'processing', attempt = 1, started_at_ms = 1, lease_owner = 'o', lease_token = 't',"
          " lease_until_ms = 3, cancel_requested = 1"));
}

}  // namespace
}  // namespace voxlate::store
