#include "cache/memory_cache.h"

#include <utility>

namespace voxlate::cache {

std::optional<std::string> MemoryCache::get(std::string_view key) {
  const TimePoint now = clock_.now();
  std::shared_ptr<const std::string> value;
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
  if (!value) return std::nullopt;
  return *value;
}

void MemoryCache::put(std::string_view key, std::string_view value, std::chrono::seconds ttl) {
  const std::uint64_t bytes = kEntryBytes + key.size() + value.size();
  if (bytes > options_.max_bytes) {
    erase(key);
    return;
  }
  Map::Entry entry{.key = std::string(key),
                   .value = std::make_shared<const std::string>(value),
                   .bytes = bytes,
                   .expires_at = end_of_life(clock_.now(), ttl.count() > 0 ? ttl : options_.ttl)};
  Map::Entries gone;
  const MutexLock lock(mutex_);
  if (const auto place = map_.find(key)) gone = map_.take(*place);
  map_.add(std::move(entry));
  ++counts_.stored;
  while (map_.is_over_limits(options_.max_entries, options_.max_bytes)) {
    gone.splice(gone.end(), map_.take(map_.oldest()));
    ++counts_.evictions;
  }
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
