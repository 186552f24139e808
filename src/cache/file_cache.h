#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/mutex.h"
#include "cache/lru_map.h"
#include "voxlate/cache.h"

namespace voxlate::cache {

/// A file for each entry in a folder of its own, named after the hash of its key; it survives a restart. Files appear
/// whole (a temporary one is renamed) but are not synced: a damaged one is told by its checksums, and is a miss and
/// removed, as is one that something else wrote under such a name. When the disk is full nothing more is stored. The
/// folder belongs to one object at a time. Thread-safe.
///
///   file = magic checksum expires_at key_size key packed
///   magic "vxc1"; checksum: CRC-32 of expires_at, key_size and key, four bytes; expires_at: milliseconds since the
///   epoch, 0: never, eight bytes; key_size: four bytes; all with the lowest byte first; packed: see packed_value.h
///
/// The time of a file's last change is the one at which it expires: the start reads names and times, no file. Files
/// that make way for others are written over instead of deleted and made anew, which some file systems are slow at;
/// `erase` and `clear` leave nothing.
class FileCache final : public Cache {
 public:
  struct Options {
    std::filesystem::path folder;
    std::uint64_t max_entries = 0;                      ///< 0: no limit
    std::uint64_t max_bytes = std::uint64_t{1} << 30U;  ///< on the disk, in whole blocks
    std::uint64_t min_free_bytes = 0;                   ///< of the disk, below which nothing is stored
    std::chrono::seconds ttl{3600};                     ///< 0: entries do not expire
    bool compression = true;
  };

  static constexpr std::uint64_t kBlockBytes = 4096;

  /// Takes over what lies in the folder. Where that cannot be used, there is a line in the log, and nothing is kept.
  /// `clock` outlives it.
  FileCache(Options options, const Clock& clock);

  std::optional<std::string> get(std::string_view key) override;
  void put(std::string_view key, std::string_view value, std::chrono::seconds ttl = {}) override;
  void erase(std::string_view key) override;
  std::uint64_t clear() override;
  void remove_expired() override;
  CacheStats stats() const override;

 private:
  /// Half of a SHA-256.
  struct Name {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    bool operator==(const Name&) const = default;
  };
  struct HashOfName {
    std::size_t operator()(const Name& name) const { return name.low; }
  };
  using Map = LruMap<Name, std::uint64_t, Name, HashOfName>;  // with the number of the write

  static Name name_of(std::string_view key);
  static std::string text_of(const Name& name);
  static std::optional<Name> parse_name(std::string_view text);
  void take_over_folder();
  std::optional<std::string> read(const Name& name, std::string_view key) const;
  std::string take_temporary();
  bool write(const std::string& temporary, std::string_view bytes, TimePoint expires_at);
  bool has_room() const;
  void remove_file(const Name& name) const;
  void remove_place(Map::Place place) REQUIRES(mutex_);
  void set_aside(Map::Place place) REQUIRES(mutex_);
  void note_failure(std::string_view what);

  const Options options_;
  const Clock& clock_;
  const UniqueFd folder_;
  std::atomic<std::uint64_t> numbers_ = 0;
  std::atomic<bool> failing_ = false;  ///< said in the log
  mutable Mutex mutex_;                ///< also held while a file gets or loses its name
  Map map_ GUARDED_BY(mutex_);
  std::vector<std::string> spares_ GUARDED_BY(mutex_);  // temporary names of files to write over
  CacheStats counts_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::cache
