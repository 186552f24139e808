#include "store/storage.h"

#include <algorithm>
#include <system_error>

#include "base/log.h"
#include "store/ballast.h"
#include "store/schema.h"
#include "store/version.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

// Pages of 4 KiB. Above the first the WAL is copied into the database as far as readers allow, above the second the
// writer waits for the readers, so that the file stays far below 64 MiB.
constexpr int kCheckpointPages = 1000;
constexpr int kForcedCheckpointPages = 8000;

/// Opens both connections and readies the schema.
struct Connections {
  std::unique_ptr<Database> writer;
  std::unique_ptr<Database> reader;
};

Connections open_connections(const std::filesystem::path& path) {
  std::error_code absent;
  const auto wal_bytes = std::filesystem::file_size(std::filesystem::path(path) += "-wal", absent);
  const bool unclean = !absent && wal_bytes > 0;
  Connections opened;
  opened.writer = std::make_unique<Database>(path, Database::Access::kReadWrite);
  if (unclean) {
    log::info("database was not closed cleanly: checking it", {{"wal_bytes", std::uint64_t{wal_bytes}}});
    const std::string damage = opened.writer->quick_check();
    if (!damage.empty()) throw Error(ErrorCode::kCorrupt, damage);
  }
  migrate(*opened.writer);
  opened.reader = std::make_unique<Database>(path, Database::Access::kReadOnly);
  return opened;
}

/// As open_connections; on a full disk once more without the ballast.
Connections open_database(const std::filesystem::path& path, Ballast& ballast) {
  for (;;) {
    try {
      return open_connections(path);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kStorageFull && ballast.release()) continue;
      if (error.code() != ErrorCode::kCorrupt) throw;
      throw Error(ErrorCode::kCorrupt, "the database " + path.filename().string() +
                                           " is damaged; keep the file and restore a backup: " + error.what());
    }
  }
}

void checkpoint_when_due(Database& database) {
  if (database.wal_pages() < kCheckpointPages) return;
  const bool forced = database.wal_pages() >= kForcedCheckpointPages;
  if (!database.checkpoint(/*passive=*/!forced) && forced) {
    log::warning("database log could not be checkpointed", {{"wal_pages", database.wal_pages()}});
  }
}

}  // namespace

Storage::Storage(const Options& options)
    : durability_(options.durability != nullptr ? *options.durability : own_durability_) {
  log::info("database opening", {{"sqlite", sqlite_version()}});
  const MutexLock write_lock(write_mutex_);
  const MutexLock read_lock(read_mutex_);
  ballast_ = std::make_unique<Ballast>(std::filesystem::path(options.path) += "-ballast", options.ballast_bytes);
  Connections opened = open_database(options.path, *ballast_);
  writer_ = std::move(opened.writer);
  reader_ = std::move(opened.reader);
}

Storage::~Storage() = default;

void Storage::note_sync_failure() {
  if (writer_->sync_failed()) durability_.fail("the database could not be made durable");
}

void Storage::write(Room room, const std::function<void(Database&)>& work) {
  const MutexLock lock(write_mutex_);
  durability_.require();
  if (room == Room::kNeedsBallast && !ballast_->ensure()) {
    throw Error(ErrorCode::kStorageFull, "the disk of the server is full");
  }
  for (;;) {
    try {
      Transaction transaction(*writer_);
      work(*writer_);
      transaction.commit();
      break;
    } catch (const Error& error) {
      note_sync_failure();
      const bool full = error.code() == ErrorCode::kStorageFull;
      if (!full || room == Room::kNeedsBallast || !ballast_->release()) throw;
    }
  }
  checkpoint_when_due(*writer_);
  note_sync_failure();  // what was written is durable all the same: it is in the log
}

bool Storage::compact() {
  const MutexLock lock(write_mutex_);
  durability_.require();
  if (!writer_->compact()) return false;
  writer_->checkpoint(/*passive=*/false);
  note_sync_failure();
  return true;
}

std::uint64_t Storage::memory_bytes() {
  std::uint64_t bytes = 0;
  {
    const MutexLock lock(write_mutex_);
    bytes += writer_->memory_bytes();
  }
  const MutexLock lock(read_mutex_);
  return bytes + reader_->memory_bytes();
}

std::uint64_t Storage::release_memory() {
  const std::uint64_t before = memory_bytes();
  {
    const MutexLock lock(write_mutex_);
    writer_->release_memory();
  }
  {
    const MutexLock lock(read_mutex_);
    reader_->release_memory();
  }
  return before - std::min(before, memory_bytes());
}

bool Storage::flush() {
  const MutexLock lock(write_mutex_);
  durability_.require();
  const bool flushed = writer_->checkpoint(/*passive=*/false);
  note_sync_failure();
  return flushed;
}

}  // namespace voxlate::store
