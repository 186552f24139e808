#include "cache/memory_cache.h"

#include <algorithm>
#include <utility>

#include "cache/packed_value.h"

namespace voxlate::cache {

std::optional<std::string> MemoryCache::get(std::string_view key) {
  const TimePoint now = clock_.now();
  Value value;
  Map::Entries expired;  // freed after the lock
  {
    const MutexLock lock(mutex_);
    const auto place = map_.find(key);
    if (place && !is_over((*place)->expires_at, now)) {
      map_.use(*place);
      value = (*place)->value;
      ++counts_.hits;
    } else {
      if (place) expired = map_.take(*place);
      ++counts_.misses;
    }
  }
  if (!value.bytes) return std::nullopt;
  if (options_.compression) return unpack_value({value.bytes.get(), value.size}, kMaxPackedValueBytes);
  return std::string(value.bytes.get(), value.size);
}

void MemoryCache::put(std::string_view key, std::string_view value, std::chrono::seconds ttl) {
  if (!options_.compression) return put_packed(key, value, ttl);
  if (value.size() > kMaxPackedValueBytes) return erase(key);
  put_packed(key, pack_value(value, /*compression=*/true), ttl);
}

void MemoryCache::put_packed(std::string_view key, std::string_view value, std::chrono::seconds ttl) {
  const std::uint64_t bytes = kEntryBytes + key.size() + value.size();
  if (bytes > options_.max_bytes) {
    erase(key);
    return;
  }
  const TimePoint expires_at = end_of_life(clock_.now(), ttl.count() > 0 ? ttl : options_.ttl);
  Value copy = copy_of(value);
  Map::Entries gone;
  Value before;
  const MutexLock lock(mutex_);
  if (const auto place = map_.find(key))
    before = map_.replace(*place, std::move(copy), bytes, expires_at);
  else
    map_.add({.key = std::string(key), .value = std::move(copy), .bytes = bytes, .expires_at = expires_at});
  ++counts_.stored;
  while (map_.is_over_limits(options_.max_entries, options_.max_bytes)) {
    gone.splice(gone.end(), map_.take(map_.oldest()));
    ++counts_.evictions;
  }
}

MemoryCache::Value MemoryCache::copy_of(std::string_view bytes) {
  auto copy = std::make_shared_for_overwrite<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  return {.bytes = std::move(copy), .size = bytes.size()};
}

void MemoryCache::erase(std::string_view key) {
  Map::Entries gone;
  const MutexLock lock(mutex_);
  if (const auto place = map_.find(key)) gone = map_.take(*place);
}

std::uint64_t MemoryCache::clear() {
  Map::Entries gone;
  const MutexLock lock(mutex_);
  const std::uint64_t bytes = map_.bytes();
  gone = map_.take_all();
  return bytes;
}

void MemoryCache::remove_expired() {
  const TimePoint now = clock_.now();
  Map::Entries gone;
  const MutexLock lock(mutex_);
  gone = map_.take_expired(now);
}

CacheStats MemoryCache::stats() const {
  const MutexLock lock(mutex_);
  CacheStats stats = counts_;
  stats.entries = map_.size();
  stats.bytes = map_.bytes();
  stats.max_entries = options_.max_entries;
  stats.max_bytes = options_.max_bytes;
  return stats;
}

}  // namespace voxlate::cache
