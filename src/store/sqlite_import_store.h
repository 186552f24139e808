#pragma once

#include "store/storage.h"
#include "voxlate/import_store.h"

namespace voxlate::store {

/// What is to be fetched, in SQLite. `next` and `is_wanted` read; the others also work on a full disk. Thread-safe.
class SqliteImportStore : public ImportStore {
 public:
  explicit SqliteImportStore(Storage& storage) : storage_(storage) {}

  std::optional<Import> next(TimePoint now, const std::vector<std::string>& busy) override;
  bool is_wanted(const std::string& job_id) const override;
  bool is_known(const std::string& job_id) const override;
  bool complete(const std::string& job_id, const std::string& source_name, const MediaSummary& media,
                TimePoint now) override;
  bool postpone(const std::string& job_id, const JobError& error, TimePoint retry_at) override;
  bool fail(const std::string& job_id, const JobError& error, TimePoint now) override;

 private:
  Storage& storage_;
};

}  // namespace voxlate::store
