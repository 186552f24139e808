#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/durability.h"
#include "base/mutex.h"
#include "store/database.h"

namespace voxlate::store {

class Ballast;

/// The one SQLite file of the product, which all stores share. Every write is durable when it returns (WAL,
/// synchronous=FULL). Thread-safe: one connection writes and checkpoints, one reads, each under its own mutex, so that
/// lists stay fast while a commit waits for the disk. The file must not be opened by another process at the same time:
/// DataFolder's lock sees to that.
class Storage {
 public:
  struct Options {
    std::filesystem::path path;
    std::uint64_t ballast_bytes = 64ULL << 20U;  ///< 0: none
    Durability* durability = nullptr;            ///< learns of failed syncs; none: the storage has one of its own
  };

  /// Opens or creates the database and brings its schema up to date. Throws `kCorrupt` (damaged, or not a
  /// database), `kUnsupported` (made by a newer version), `kStorageFull`, `kInternal`.
  explicit Storage(const Options& options);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// Whether a write may use the room of the ballast file beside the database, which is made anew once there is space
  /// again: what adds something throws `kStorageFull` on a full disk, what ends or deletes something still works.
  enum class Room { kNeedsBallast, kMayUseBallast };

  /// Runs `work` in one write transaction, more than once when the first one found the disk full. Throws `kUnavailable`
  /// once a sync has failed (Note [Failed syncs]).
  void write(Room room, const std::function<void(Database&)>& work);

  /// After a mass deletion: shrinks the file (see `Database::compact`) and writes the log back into it, so that neither
  /// holds what was deleted. Writers wait meanwhile. True when the file was shrunk; throws `kStorageFull` when there is
  /// no room to do it.
  bool compact();

  /// Writes the log back into the file and empties it: what was deleted is nowhere on the disk then. False when
  /// readers did not allow it.
  bool flush();

  /// Bytes that both connections keep in memory, most of them pages.
  std::uint64_t memory_bytes();

  /// Gives back the pages; returns the bytes.
  std::uint64_t release_memory();

  /// The reading connection, held while it lives.
  class Reading {
   public:
    explicit Reading(Storage& storage) NO_THREAD_SAFETY_ANALYSIS : lock_(storage.read_mutex_),
                                                                   reader_(*storage.reader_) {}

    Database* operator->() const { return &reader_; }
    Database& operator*() const { return reader_; }

   private:
    const MutexLock lock_;
    Database& reader_;
  };

 private:
  void note_sync_failure() REQUIRES(write_mutex_);

  Durability own_durability_;
  Durability& durability_;

  Mutex write_mutex_;
  std::unique_ptr<Ballast> ballast_ GUARDED_BY(write_mutex_);
  std::unique_ptr<Database> writer_ GUARDED_BY(write_mutex_);

  Mutex read_mutex_;
  std::unique_ptr<Database> reader_ GUARDED_BY(read_mutex_);
};

}  // namespace voxlate::store
