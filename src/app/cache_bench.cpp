#include "app/cache_bench.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/temporary_folder.h"
#include "cache/file_cache.h"
#include "cache/memory_cache.h"
#include "cache/redis_cache.h"
#include "cache/redis_url.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kKeys = 1000;       // as many entries as a cache has by default
constexpr std::size_t kValueBytes = 256;  // a sentence in two languages, about
constexpr std::chrono::milliseconds kTime{500};

/// How the calls are made.
struct Way {
  int threads = 1;
  std::size_t at_once = 1;  ///< values of a call
};
constexpr Way kInProcess[] = {{}, {.threads = 2}};
constexpr Way kOverSocket[] = {{}, {.threads = 2}, {.threads = 8}, {.at_once = 32}, {.threads = 2, .at_once = 32}};

/// Values a second.
struct Rate {
  Way way;
  double writes = 0;
  double reads = 0;
};

struct Measured {
  std::string type;
  double old_writes = 0;  ///< what the systems before did
  double old_reads = 0;
  std::vector<Rate> rates;
};

std::vector<CacheItem> make_items() {
  std::vector<CacheItem> items;
  for (std::size_t i = 0; i < kKeys; ++i) {
    CacheItem item{.key = fmt::format("sentence number {} of some film", i), .value = {}};
    while (item.value.size() < kValueBytes) item.value += random_id();
    item.value.resize(kValueBytes);
    items.push_back(std::move(item));
  }
  return items;
}

/// Calls `work` with the place of the first of `at_once` items, on all threads for `kTime`; what it returns is summed.
double per_second(const Way& way, const std::function<std::size_t(std::size_t at)>& work) {
  std::atomic<std::size_t> done = 0;
  const SteadyClock::time_point start = SteadyClock::now();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < way.threads; ++thread) {
      threads.emplace_back([&, thread] {
        constexpr std::size_t kCallsBetweenLooks = 16;
        std::size_t mine = 0;
        std::size_t at = static_cast<std::size_t>(thread) * kKeys / 2;
        while (SteadyClock::now() - start < kTime) {
          for (std::size_t call = 0; call < kCallsBetweenLooks; ++call) {
            at = at + way.at_once < kKeys ? at : 0;
            mine += work(at);
            at += way.at_once;
          }
        }
        done += mine;
      });
    }
  }
  return static_cast<double>(done) / std::chrono::duration<double>(SteadyClock::now() - start).count();
}

/// Only what was stored and found counts.
Rate measure_way(Cache& cache, const Way& way, const std::vector<CacheItem>& items,
                 const std::vector<std::string>& keys) {
  const std::span<const CacheItem> all_items = items;
  const std::span<const std::string> all_keys = keys;
  const std::uint64_t stored_before = cache.stats().stored;
  const SteadyClock::time_point start = SteadyClock::now();
  per_second(way, [&](std::size_t at) {
    if (way.at_once > 1)
      cache.put_many(all_items.subspan(at, way.at_once));
    else
      cache.put(all_items[at].key, all_items[at].value);
    return way.at_once;
  });
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  const double writes = static_cast<double>(cache.stats().stored - stored_before) / seconds;
  const double reads = per_second(way, [&](std::size_t at) -> std::size_t {
    if (way.at_once == 1) return cache.get(all_keys[at]) ? 1 : 0;
    std::size_t found = 0;
    for (const auto& value : cache.get_many(all_keys.subspan(at, way.at_once))) found += value ? 1 : 0;
    return found;
  });
  return {.way = way, .writes = writes, .reads = reads};
}

Measured measure(Cache& cache, Measured measured, std::span<const Way> ways) {
  const std::vector<CacheItem> items = make_items();
  std::vector<std::string> keys;
  for (const CacheItem& item : items) keys.push_back(item.key);
  cache.put_many(items);
  for (const Way& way : ways) measured.rates.push_back(measure_way(cache, way, items, keys));
  cache.clear();
  return measured;
}

Measured measure_memory() {
  const SystemClock clock;
  cache::MemoryCache cache({}, clock);
  return measure(cache, {.type = "memory", .old_writes = 1000, .old_reads = 2000, .rates = {}}, kInProcess);
}

Measured measure_files(const Config& config) {
  const SystemClock clock;
  std::error_code ignored;
  const bool has_folder = std::filesystem::is_directory(config.data_dir, ignored);
  const TemporaryFolder folder(has_folder ? config.data_dir : std::filesystem::temp_directory_path());
  cache::FileCache cache({.folder = folder.path(), .min_free_bytes = config.min_free_disk_bytes}, clock);
  return measure(cache, {.type = "file", .old_writes = 100, .old_reads = 150, .rates = {}}, kInProcess);
}

Measured measure_redis(const std::string& url) {
  const cache::RedisServer server = cache::parse_redis_url(url);
  // A server waits less, but where this machine is busy that would be measured instead.
  cache::RedisCache cache({.server = server, .name = "bench-" + random_id(), .call_limit = std::chrono::seconds(1)});
  cache.erase("is it there?");
  if (!cache.connected())
    throw Error(ErrorCode::kUnavailable, fmt::format("no Redis answers at {}:{}", server.host, server.port));
  return measure(cache, {.type = "redis", .old_writes = 5000, .old_reads = 8000, .rates = {}}, kOverSocket);
}

void print_json(const std::vector<Measured>& all) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Measured& measured : all) {
    nlohmann::ordered_json rates = nlohmann::ordered_json::array();
    for (const Rate& rate : measured.rates)
      rates.push_back({{"threads", rate.way.threads},
                       {"at_once", rate.way.at_once},
                       {"writes_per_second", rate.writes},
                       {"reads_per_second", rate.reads}});
    list.push_back({{"type", measured.type},
                    {"rates", rates},
                    {"old_writes_per_second", measured.old_writes},
                    {"old_reads_per_second", measured.old_reads}});
  }
  const nlohmann::ordered_json document = {{"entries", kKeys}, {"value_bytes", kValueBytes}, {"caches", list}};
  fmt::print("{}\n", document.dump());
}

void print_text(const std::vector<Measured>& all) {
  fmt::print("values of {} bytes a second; in brackets: times as many as the systems before\n", kValueBytes);
  fmt::print("  {:<8} {:>7} {:>7} {:>22} {:>22}\n", "cache", "threads", "at once", "writes", "reads");
  for (const Measured& measured : all) {
    for (const Rate& rate : measured.rates) {
      fmt::print("  {:<8} {:>7} {:>7} {:>13.0f} {:>8} {:>13.0f} {:>8}\n", measured.type, rate.way.threads,
                 rate.way.at_once, rate.writes, fmt::format("({:.0f})", rate.writes / measured.old_writes), rate.reads,
                 fmt::format("({:.0f})", rate.reads / measured.old_reads));
    }
  }
}

}  // namespace

void run_cache_bench(const Config& config, const CacheBenchRequest& request) {
  std::vector<Measured> all;
  all.push_back(measure_memory());
  all.push_back(measure_files(config));
  if (!request.redis_url.empty()) all.push_back(measure_redis(request.redis_url));
  if (request.as_json)
    print_json(all);
  else
    print_text(all);
}

}  // namespace voxlate::app
