#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace voxlate {

enum class WatchedState {
  kTaken,    ///< a job works on it
  kDone,     ///< its results were written, or its job ended without
  kRefused,  ///< it cannot be transcribed; `note` says why
};

/// A file of the watched folder, as it was when it was looked at.
struct WatchedFile {
  std::string path;  ///< below the folder
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;
  std::string sha256{};  ///< empty: it was not read
  std::string job_id{};  ///< empty: none
  WatchedState state = WatchedState::kTaken;
  std::string note{};
};

/// A result file as it was written.
struct WatchedResult {
  std::string path;
  std::string source;  ///< path of the media
  std::string sha256;
};

/// What the watched folder remembers. Each call is one transaction that is on disk when it returns; thread-safe.
class WatchStore {
 public:
  virtual ~WatchStore() = default;

  virtual std::optional<WatchedFile> find(const std::string& path) const = 0;
  /// Adds it or replaces what was known under the path.
  virtual void remember(const WatchedFile& file) = 0;
  virtual std::vector<WatchedFile> taken() const = 0;

  /// What was written there last; nothing when nothing was.
  virtual std::optional<WatchedResult> result(const std::string& path) const = 0;
  virtual void remember_result(const WatchedResult& result) = 0;
};

}  // namespace voxlate
