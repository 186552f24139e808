#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace voxlate {

// Note [Failed syncs]
//
// After a failed fsync the kernel takes the pages it could not write for clean: the next fsync succeeds, and the bytes
// are gone (Rebello et al., USENIX ATC 2020). So a failed one is never tried again, and what was not acknowledged stays
// so. And since a disk that loses a write may lose the next, nothing more is acknowledged at all: the database refuses
// to write, uploads end, `/readyz` is 503, until the server is started anew and reads what is really there. That the
// disk is full is no such failure.
// Tests: Durability.*, SyncFailure.*, TusTest.AFailedSyncEndsItAll.

/// Makes files durable, and remembers for good when that failed. Thread-safe.
class Durability {
 public:
  /// What it calls; tests call something else.
  struct Calls {
    std::function<void(int)> data = voxlate::sync_data;
    std::function<void(int)> file = voxlate::sync_file;
    std::function<void(const std::filesystem::path&)> folder = voxlate::sync_folder;
  };

  Durability() : Durability(Calls()) {}
  explicit Durability(Calls calls) : calls_(std::move(calls)) {}

  /// As the functions of base/file.h of these names. They throw `kUnavailable`, and do nothing, after a failure.
  void sync_data(int fd);
  void sync_file(int fd);
  void sync_folder(const std::filesystem::path& folder);

  /// Something else could not be made durable.
  void fail(std::string_view why);

  bool failed() const { return failed_; }

  /// Throws `kUnavailable` after a failure.
  void require() const;

 private:
  template <typename Call>
  void run(const Call& call);

  const Calls calls_;
  std::atomic<bool> failed_ = false;
};

}  // namespace voxlate
