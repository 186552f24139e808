#include "store/schema.h"

#include <cstdint>
#include <string>

#include "store/database.h"
#include "voxlate/error.h"

namespace voxlate::store {

void migrate(Database& database) {
  const std::vector<const char*> all = migrations();
  const auto newest = static_cast<std::int64_t>(all.size());
  Transaction transaction(database);
  Statement version = database.query("PRAGMA user_version");
  version.step();
  const std::int64_t applied = version.integer(0);
  version.reset();
  if (applied > newest) {
    throw Error(ErrorCode::kUnsupported, "the database was made by a newer version: expected schema " +
                                             std::to_string(newest) + " or older, got " + std::to_string(applied));
  }
  for (std::int64_t number = applied; number < newest; ++number) {
    database.execute(all[static_cast<std::size_t>(number)]);
  }
  if (applied < newest) database.execute(("PRAGMA user_version = " + std::to_string(newest)).c_str());
  transaction.commit();
}

}  // namespace voxlate::store
