#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/circuit_breaker.h"
#include "cache/redis_pool.h"
#include "cache/redis_url.h"
#include "voxlate/cache.h"

namespace voxlate::cache {

/// In a Redis, as strings whose keys begin with `voxlate:<name>:`; that server frees what expires and what it has no
/// memory for. A call takes at most `call_limit` in all, whatever becomes of the server, and after a failure none is
/// made for a while (CircuitBreaker). Thread-safe.
class RedisCache final : public Cache {
 public:
  struct Options {
    RedisServer server;
    std::string name;  ///< letters a to z
    std::chrono::seconds ttl{3600};
    bool compression = true;
    std::size_t max_connections = 8;
    std::size_t max_value_bytes = std::size_t{8} << 20U;
    std::chrono::milliseconds call_limit{40};
    std::function<CircuitBreaker::TimePoint()> now = std::chrono::steady_clock::now;  ///< of the breaker
  };

  /// Connects with the first call.
  explicit RedisCache(Options options);

  std::optional<std::string> get(std::string_view key) override;
  void put(std::string_view key, std::string_view value, std::chrono::seconds ttl = {}) override;
  std::vector<std::optional<std::string>> get_many(std::span<const std::string> keys) override;
  void put_many(std::span<const CacheItem> items, std::chrono::seconds ttl = {}) override;
  void erase(std::string_view key) override;

  /// Looks through the server's keys; takes ten seconds at most.
  std::uint64_t clear() override;

  /// Entries and bytes are counted by looking through the keys, and where that takes too long estimated by the part
  /// seen. No limits: those are the server's.
  CacheStats stats() const override;

  CircuitBreaker::State breaker() const { return breaker_.state(); }

  /// Whether the last call was answered.
  bool connected() const { return connected_; }

 private:
  using Replies = std::vector<RedisReply>;
  struct Page {
    std::string cursor;
    std::vector<std::string> keys;
  };
  struct Held {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
  };

  std::string name_of(std::string_view key) const;
  std::optional<Replies> ask(std::span<const RedisCommand> commands) const;
  std::optional<Replies> ask(std::span<const RedisCommand> commands, Deadline deadline) const;
  std::optional<std::string> value_of(const RedisReply& reply);
  void note_failure(const std::string& what) const;
  RedisCommand set_command(std::string_view key, std::string_view value, std::chrono::seconds ttl) const;
  void put_some(std::span<const RedisCommand> commands, Deadline deadline);
  std::optional<Page> scan(const std::string& cursor) const;
  std::optional<std::uint64_t> bytes_of(const std::vector<std::string>& keys, bool remove) const;
  Held count_held() const;

  const Options options_;
  const std::string prefix_;
  mutable RedisPool pool_;
  mutable CircuitBreaker breaker_;
  mutable std::atomic<bool> connected_ = false;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
  std::atomic<std::uint64_t> stored_ = 0;
  mutable std::atomic<std::uint64_t> errors_ = 0;
};

}  // namespace voxlate::cache
