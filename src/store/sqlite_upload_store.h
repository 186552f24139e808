#pragma once

#include "store/storage.h"
#include "voxlate/upload_store.h"

namespace voxlate::store {

/// The upload store in SQLite. Every call is durable when it returns. Thread-safe.
///
/// On a full disk add, set_length, advance and join throw `kStorageFull`; all other calls still work.
class SqliteUploadStore : public UploadStore {
 public:
  explicit SqliteUploadStore(Storage& storage) : storage_(storage) {}

  bool add(const Upload& upload, int max_of_owner) override;
  std::optional<Upload> get(const std::string& id) const override;
  bool set_length(const std::string& id, std::uint64_t length_bytes) override;
  bool advance(const std::string& id, std::uint64_t from, std::uint64_t to, TimePoint expires_at) override;
  bool join(const Upload& joined) override;
  bool remove(const std::string& id) override;
  std::vector<std::string> remove_expired(TimePoint now, int limit) override;
  std::vector<Upload> all() const override;
  std::uint64_t outstanding_bytes() const override;

 private:
  Storage& storage_;
};

}  // namespace voxlate::store
