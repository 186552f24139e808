#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate {

/// What a cache holds and how well it serves. Counters since its creation.
struct CacheStats {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;        ///< of keys and values as they are held (compressed where it compresses)
  std::uint64_t max_entries = 0;  ///< 0: no limit, as below
  std::uint64_t max_bytes = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;     ///< expired ones included
  std::uint64_t stored = 0;     ///< puts that were kept
  std::uint64_t evictions = 0;  ///< to stay within the limits
  std::uint64_t errors = 0;     ///< of the disk or the connection; each was answered as a miss or not stored

  bool operator==(const CacheStats&) const = default;
};

struct CacheItem {
  std::string key;
  std::string value;
};

/// Results that can be made again, by key. Never the record of anything: an entry may be gone at any time, and a cache
/// that fails answers "not there" and never throws, so no caller needs a second way. Keys and values are any bytes;
/// what comes back is what was put, whole, or nothing. Thread-safe. Every implementation passes
/// tests/contract/cache_test.
class Cache {
 public:
  virtual ~Cache() = default;

  virtual std::optional<std::string> get(std::string_view key) = 0;

  /// Replaces an earlier value. What is larger than the cache is not kept. `ttl` 0: the cache's own time to live.
  virtual void put(std::string_view key, std::string_view value, std::chrono::seconds ttl = {}) = 0;

  /// `get` of each, in order: one way there and back where the cache is in another process.
  virtual std::vector<std::optional<std::string>> get_many(std::span<const std::string> keys) {
    std::vector<std::optional<std::string>> values;
    values.reserve(keys.size());
    for (const std::string& key : keys) values.push_back(get(key));
    return values;
  }

  /// `put` of each, likewise.
  virtual void put_many(std::span<const CacheItem> items, std::chrono::seconds ttl = {}) {
    for (const CacheItem& item : items) put(item.key, item.value, ttl);
  }

  virtual void erase(std::string_view key) = 0;

  /// Forgets everything of this cache, and nothing else that may lie in the same place. Returns the bytes.
  virtual std::uint64_t clear() = 0;

  /// Gives back what expired entries hold that nobody asked for again; called every now and then.
  virtual void remove_expired() {}

  /// Blocks for as long as a `get` may.
  virtual CacheStats stats() const = 0;
};

}  // namespace voxlate
