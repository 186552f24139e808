#pragma once

#include "store/storage.h"
#include "voxlate/watch_store.h"

namespace voxlate::store {

/// What the watched folder remembers, in SQLite. Thread-safe.
class SqliteWatchStore : public WatchStore {
 public:
  explicit SqliteWatchStore(Storage& storage) : storage_(storage) {}

  std::optional<WatchedFile> find(const std::string& path) const override;
  void remember(const WatchedFile& file) override;
  std::vector<WatchedFile> taken() const override;
  std::optional<WatchedResult> result(const std::string& path) const override;
  void remember_result(const WatchedResult& result) override;

 private:
  Storage& storage_;
};

}  // namespace voxlate::store
