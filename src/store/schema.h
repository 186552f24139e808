#pragma once

#include <vector>

namespace voxlate::store {

class Database;

/// The numbered files of migrations/ in order, embedded at build time. A released one is never edited.
std::vector<const char*> migrations();

/// Brings the schema up to date, all in one transaction; `PRAGMA user_version` counts the migrations applied.
/// Throws `kUnsupported` when the database was made by a newer version.
void migrate(Database& database);

}  // namespace voxlate::store
