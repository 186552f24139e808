#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "cache/lru_map.h"
#include "voxlate/cache.h"

namespace voxlate::cache {

/// In the memory of this process. Beyond its limits the least recently used entry goes; order and limits are exact,
/// which is why there is one lock: it is held for a look-up, never while a value is copied or freed. Thread-safe.
class MemoryCache final : public Cache {
 public:
  struct Options {
    std::uint64_t max_entries = 1000;  ///< 0: no limit
    std::uint64_t max_bytes = std::uint64_t{64} << 20U;
    std::chrono::seconds ttl{3600};  ///< 0: entries do not expire
    bool compression = false;        ///< of the larger values, which are then at most `kMaxPackedValueBytes`
  };

  /// What an entry takes besides its key and value: list, map, allocator. Part of its bytes.
  static constexpr std::uint64_t kEntryBytes = 200;

  /// `clock` outlives it.
  MemoryCache(const Options& options, const Clock& clock) : options_(options), clock_(clock) {}

  std::optional<std::string> get(std::string_view key) override;
  void put(std::string_view key, std::string_view value, std::chrono::seconds ttl = {}) override;
  void erase(std::string_view key) override;
  std::uint64_t clear() override;
  void remove_expired() override;
  CacheStats stats() const override;

 private:
  /// Shared with those who are copying it.
  struct Value {
    std::shared_ptr<const char[]> bytes;
    std::size_t size = 0;
  };
  using Map = LruMap<std::string, Value, std::string_view>;

  static Value copy_of(std::string_view bytes);
  void put_packed(std::string_view key, std::string_view packed, std::chrono::seconds ttl);

  const Options options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Map map_ GUARDED_BY(mutex_);
  CacheStats counts_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::cache
