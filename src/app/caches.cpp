#include "app/caches.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "cache/file_cache.h"
#include "cache/memory_cache.h"
#include "cache/redis_cache.h"
#include "cache/redis_url.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

std::uint64_t mebibytes(int count) { return static_cast<std::uint64_t>(count) << 20U; }

cache::RedisServer redis_server(const Config& config) {
  try {
    return cache::parse_redis_url(config.cache_redis_url);
  } catch (const Error& error) {
    throw Error(error.code(), std::string("cache.redis_url: ") + error.what());
  }
}

}  // namespace

Caches::Caches(const Config& config, const std::filesystem::path& folder, const Clock& clock)
    : type_(config.cache_type) {
  std::error_code ignored;
  if (type_ != "file") std::filesystem::remove_all(folder, ignored);  // of a time with another setting
  add(config, folder, clock, "results",
      {.max_entries = static_cast<std::uint64_t>(config.cache_max_entries),
       .max_bytes = mebibytes(config.cache_max_mb),
       .compressed_in_memory = true});
  if (config.translation_cache_mb > 0)
    add(config, folder, clock, "translations",
        {.max_bytes = mebibytes(config.translation_cache_mb), .expires_in_memory = false});
}

void Caches::add(const Config& config, const std::filesystem::path& folder, const Clock& clock, const std::string& name,
                 const Size& size) {
  if (type_ == "redis") {
    auto redis =
        std::make_unique<cache::RedisCache>(cache::RedisCache::Options{.server = redis_server(config),
                                                                       .name = name,
                                                                       .ttl = config.cache_ttl,
                                                                       .compression = config.cache_compression});
    redis->stats();  // says in the log when it is not there
    auto connection = [from = redis.get()] {
      return CacheReport::Connection{.connected = from->connected(),
                                     .breaker = std::string(to_string(from->breaker()))};
    };
    caches_.push_back({.name = name, .cache = std::move(redis), .connection = std::move(connection)});
  } else if (type_ == "file") {
    const cache::FileCache::Options options{.folder = folder / name,
                                            .max_entries = size.max_entries,
                                            .max_bytes = mebibytes(config.cache_file_max_mb),
                                            .min_free_bytes = config.min_free_disk_bytes,
                                            .ttl = config.cache_ttl,
                                            .compression = config.cache_compression};
    caches_.push_back(
        {.name = name, .cache = std::make_unique<cache::FileCache>(options, clock), .connection = nullptr});
  } else {
    const cache::MemoryCache::Options options{
        .max_entries = size.max_entries,
        .max_bytes = size.max_bytes,
        .ttl = size.expires_in_memory ? config.cache_ttl : std::chrono::seconds(0),
        .compression = size.compressed_in_memory && config.cache_compression};
    caches_.push_back(
        {.name = name, .cache = std::make_unique<cache::MemoryCache>(options, clock), .connection = nullptr});
  }
}

std::vector<CacheReport> Caches::report() const {
  std::vector<CacheReport> reports;
  for (const Named& named : caches_) {
    CacheReport report{.name = named.name, .type = type_, .stats = named.cache->stats()};
    if (named.connection) report.connection = named.connection();
    reports.push_back(std::move(report));
  }
  return reports;
}

std::uint64_t Caches::clear(std::string_view name) {
  for (const Named& named : caches_) {
    if (named.name == name) return named.cache->clear();
  }
  std::string names;
  for (const Named& named : caches_) names += (names.empty() ? "" : ", ") + named.name;
  throw Error(ErrorCode::kNotFound, "no such cache; there is: " + names);
}

void Caches::clear_all() {
  for (const Named& named : caches_) named.cache->clear();
}

void Caches::remove_expired() {
  for (const Named& named : caches_) named.cache->remove_expired();
}

std::vector<MemoryHolder> Caches::memory_holders() {
  std::vector<MemoryHolder> holders;
  if (type_ != "memory") return holders;
  for (const Named& named : caches_) {
    Cache& cache = *named.cache;
    const auto release = [&cache](ReleaseMode mode) {
      const std::uint64_t before = cache.stats().bytes;
      if (mode == ReleaseMode::kAggressive) return cache.clear();
      cache.remove_expired();
      return before - std::min(before, cache.stats().bytes);
    };
    holders.push_back({.name = named.name, .bytes = [&cache] { return cache.stats().bytes; }, .release = release});
  }
  return holders;
}

std::unique_ptr<Cache> make_translation_memory(const Config& config, const Clock& clock) {
  if (config.translation_cache_mb == 0) return nullptr;
  return std::make_unique<cache::MemoryCache>(
      cache::MemoryCache::Options{
          .max_entries = 0, .max_bytes = mebibytes(config.translation_cache_mb), .ttl = std::chrono::seconds(0)},
      clock);
}

}  // namespace voxlate::app
