#pragma once

#include "store/sqlite_job_store.h"

namespace voxlate::contract {

/// A SqliteJobStore with the storage that it works on.
class OpenedJobStore : private store::Storage, public store::SqliteJobStore {
 public:
  explicit OpenedJobStore(const store::Storage::Options& options)
      : Storage(options), SqliteJobStore(static_cast<Storage&>(*this)) {}
};

}  // namespace voxlate::contract
