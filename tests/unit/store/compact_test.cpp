#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/temporary_folder.h"
#include "store/deflated.h"
#include "store/storage.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

TEST(Storage, HasTheIndexesAndSettingsOfTheOldSystem) {
  const TemporaryFolder folder;
  Storage storage({.path = folder.path() / "voxlate.db", .ballast_bytes = 0});
  const Storage::Reading reader(storage);
  const auto number = [&](const char* pragma) {
    Statement row = reader->query(pragma);
    row.step();
    return row.integer(0);
  };
  EXPECT_EQ(number("PRAGMA cache_size"), -65536);
  EXPECT_EQ(number("PRAGMA temp_store"), 2);
  Statement mode = reader->query("PRAGMA journal_mode");
  mode.step();
  EXPECT_EQ(mode.text(0), "wal");
  std::set<std::string> indexes;
  Statement row = reader->query("SELECT name || ' ' || tbl_name FROM sqlite_schema WHERE type = 'index'");
  while (row.step()) indexes.insert(row.text(0));
  for (const char* name : {"idx_email users", "idx_is_active users", "idx_expires_at sessions"}) {
    EXPECT_TRUE(indexes.contains(name)) << name;
  }
}

TEST(Storage, LooksUpsUseTheIndexes) {
  const TemporaryFolder folder;
  Storage storage({.path = folder.path() / "voxlate.db", .ballast_bytes = 0});
  const Storage::Reading reader(storage);
  const auto plan = [&](const std::string& sql) {
    std::string text;
    Statement row = reader->query(("EXPLAIN QUERY PLAN " + sql).c_str());
    while (row.step()) text += row.text(3) + "\n";
    return text;
  };
  EXPECT_NE(plan("SELECT id FROM users WHERE email = 'a@b' AND email <> ''").find("idx_email"), std::string::npos);
  EXPECT_NE(plan("SELECT 1 FROM users WHERE is_active = 1 AND role = 'admin'").find("idx_is_active"),
            std::string::npos);
  EXPECT_NE(
      plan("SELECT id FROM sessions WHERE expires_at_ms < 5 ORDER BY expires_at_ms LIMIT 9").find("idx_expires_at"),
      std::string::npos);
}

TEST(Storage, ShrinksAfterAMassDeletionAndOnlyThen) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "voxlate.db";
  Storage storage({.path = path, .ballast_bytes = 0});
  const std::string row(4000, 'x');
  storage.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    database.execute("CREATE TABLE filler (text TEXT)");
    for (int i = 0; i < 4000; ++i) database.run("INSERT INTO filler VALUES (?1)", row);
  });
  EXPECT_FALSE(storage.compact());
  storage.write(Storage::Room::kMayUseBallast, [&](Database& database) { database.execute("DELETE FROM filler"); });
  EXPECT_TRUE(storage.compact());
  EXPECT_LT(std::filesystem::file_size(path), 1U << 20U);
  EXPECT_FALSE(storage.compact());
}

TEST(DeflatedText, ComesBackAndIsChecked) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(100'000, 'z')}) {
    EXPECT_EQ(inflate_text(deflate_text(text)), text);
  }
  EXPECT_LT(deflate_text(std::string(100'000, 'z')).size(), 1000U);
  std::string good = deflate_text("some text that is long enough to be broken");
  for (std::string damaged : {std::string("abc"), good.substr(0, good.size() - 3), std::string(4, '\xFF') + good}) {
    EXPECT_THROW(inflate_text(damaged), Error);
  }
  good[0] = static_cast<char>(good[0] + 1);
  EXPECT_THROW(inflate_text(good), Error);
}

}  // namespace
}  // namespace voxlate::store
