#include "cache/redis_cache.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/hashing.h"
#include "base/log.h"
#include "cache/lru_map.h"
#include "cache/packed_value.h"
#include "voxlate/error.h"

namespace voxlate::cache {
namespace {

constexpr std::size_t kMaxPlainKeyBytes = 128;  // longer ones are hashed
constexpr std::size_t kAtOnce = 256;            // commands sent together
constexpr int kScanned = 1000;                  // keys that Redis looks at for one answer
constexpr std::chrono::seconds kClearLimit{10};

bool is_error(const RedisReply& reply) { return reply.kind == RedisReply::Kind::kError; }

}  // namespace

RedisCache::RedisCache(Options options)
    : options_(std::move(options)),
      prefix_("voxlate:" + options_.name + ":"),
      pool_(options_.server, options_.max_connections) {}

std::optional<std::string> RedisCache::get(std::string_view key) {
  const RedisCommand command = {"GET", name_of(key)};
  const std::optional<Replies> replies = ask({&command, 1});
  std::optional<std::string> value = replies ? value_of(replies->front()) : std::nullopt;
  ++(value ? hits_ : misses_);
  return value;
}

std::vector<std::optional<std::string>> RedisCache::get_many(std::span<const std::string> keys) {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  const auto deadline = std::chrono::steady_clock::now() + options_.call_limit;
  for (std::size_t at = 0; at < keys.size() && !breaker_.refuses(options_.now()); at += kAtOnce) {
    std::vector<RedisCommand> commands;
    for (const std::string& key : keys.subspan(at, std::min(kAtOnce, keys.size() - at)))
      commands.push_back({"GET", name_of(key)});
    const std::optional<Replies> replies = ask(commands, deadline);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      values.push_back(replies ? value_of((*replies)[i]) : std::nullopt);
      ++(values.back() ? hits_ : misses_);
    }
  }
  misses_ += keys.size() - values.size();
  values.resize(keys.size());
  return values;
}

void RedisCache::put(std::string_view key, std::string_view value, std::chrono::seconds ttl) {
  if (breaker_.refuses(options_.now())) return;
  const RedisCommand command = set_command(key, value, ttl);
  put_some({&command, 1}, std::chrono::steady_clock::now() + options_.call_limit);
}

void RedisCache::put_many(std::span<const CacheItem> items, std::chrono::seconds ttl) {
  const auto deadline = std::chrono::steady_clock::now() + options_.call_limit;
  for (std::size_t at = 0; at < items.size() && !breaker_.refuses(options_.now()); at += kAtOnce) {
    std::vector<RedisCommand> commands;
    for (const CacheItem& item : items.subspan(at, std::min(kAtOnce, items.size() - at)))
      commands.push_back(set_command(item.key, item.value, ttl));
    put_some(commands, deadline);
  }
}

void RedisCache::erase(std::string_view key) {
  const RedisCommand command = {"UNLINK", name_of(key)};
  ask({&command, 1});
}

std::uint64_t RedisCache::clear() {
  const auto deadline = std::chrono::steady_clock::now() + kClearLimit;
  std::uint64_t freed = 0;
  std::string cursor = "0";
  do {
    const std::optional<Page> page = scan(cursor);
    const std::optional<std::uint64_t> bytes = page ? bytes_of(page->keys, /*remove=*/true) : std::nullopt;
    if (!bytes) return freed;
    freed += *bytes;
    cursor = page->cursor;
  } while (cursor != "0" && std::chrono::steady_clock::now() < deadline);
  return freed;
}

CacheStats RedisCache::stats() const {
  const Held held = count_held();
  return {.entries = held.entries,
          .bytes = held.bytes,
          .hits = hits_,
          .misses = misses_,
          .stored = stored_,
          .errors = errors_};
}

std::string RedisCache::name_of(std::string_view key) const {
  if (key.size() <= kMaxPlainKeyBytes) return prefix_ + "k" + std::string(key);
  return prefix_ + "h" + sha256_hex(key);
}

std::optional<RedisCache::Replies> RedisCache::ask(std::span<const RedisCommand> commands) const {
  return ask(commands, std::chrono::steady_clock::now() + options_.call_limit);
}

/// One reply a command; nothing when the server cannot be asked now.
std::optional<RedisCache::Replies> RedisCache::ask(std::span<const RedisCommand> commands, Deadline deadline) const {
  if (!breaker_.allow(options_.now())) return std::nullopt;
  try {
    const std::unique_ptr<RedisPool::Loan> connection = pool_.take(deadline);
    Replies replies = (**connection).run(commands, deadline);
    const auto refused = std::find_if(replies.begin(), replies.end(), [](const RedisReply& reply) {
      return is_error(reply) && reply.text.starts_with("NOAUTH");
    });
    if (refused != replies.end()) throw Error(ErrorCode::kUnavailable, "Redis refuses: " + refused->text);
    errors_ += static_cast<std::uint64_t>(std::count_if(replies.begin(), replies.end(), is_error));
    connection->keep();
    connected_ = true;
    if (breaker_.succeeded()) log::info("cache is back", {{"cache", options_.name}});
    return replies;
  } catch (const Error& error) {
    ++errors_;
    // Busy connections say nothing about the server; whoever has them will.
    if (error.code() != ErrorCode::kCancelled || breaker_.state() == CircuitBreaker::State::kHalfOpen)
      note_failure(error.what());
    return std::nullopt;
  }
}

void RedisCache::note_failure(const std::string& what) const {
  connected_ = false;
  if (!breaker_.failed(options_.now())) return;
  log::warning("cache cannot be reached, and is passed over until it can",
               {{"cache", options_.name}, {"host", options_.server.host}, {"reason", what}});
}

/// What somebody else put there is none of ours, and a miss.
std::optional<std::string> RedisCache::value_of(const RedisReply& reply) {
  if (reply.kind != RedisReply::Kind::kText) return std::nullopt;
  std::optional<std::string> value = unpack_value(reply.text, options_.max_value_bytes);
  if (!value) ++errors_;
  return value;
}

RedisCommand RedisCache::set_command(std::string_view key, std::string_view value, std::chrono::seconds ttl) const {
  if (value.size() > options_.max_value_bytes) return {"UNLINK", name_of(key)};
  RedisCommand command = {"SET", name_of(key), pack_value(value, options_.compression)};
  const TimePoint end = end_of_life(kNever, ttl.count() > 0 ? ttl : options_.ttl);
  if (end != kNever) {
    command.push_back("PX");
    command.push_back(std::to_string(end.time_since_epoch().count()));
  }
  return command;
}

void RedisCache::put_some(std::span<const RedisCommand> commands, Deadline deadline) {
  const std::optional<Replies> replies = ask(commands, deadline);
  if (!replies) return;
  std::vector<RedisCommand> stale;  // a value that could not be replaced must not stay
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const RedisReply& reply = (*replies)[i];
    if (reply.kind == RedisReply::Kind::kStatus) ++stored_;
    if (is_error(reply)) stale.push_back({"UNLINK", commands[i][1]});
  }
  if (!stale.empty()) ask(stale, deadline);
}

std::optional<RedisCache::Page> RedisCache::scan(const std::string& cursor) const {
  const RedisCommand command = {"SCAN", cursor, "MATCH", prefix_ + "*", "COUNT", std::to_string(kScanned)};
  std::optional<Replies> replies = ask({&command, 1});
  if (!replies || replies->front().elements.size() != 2) return std::nullopt;
  std::vector<RedisReply>& parts = replies->front().elements;
  Page page{.cursor = std::move(parts[0].text), .keys = {}};
  for (RedisReply& key : parts[1].elements) {
    // The prefix again: what is removed must be ours, whatever the server says.
    if (key.kind == RedisReply::Kind::kText && key.text.starts_with(prefix_)) page.keys.push_back(std::move(key.text));
  }
  return page;
}

/// Of keys and values; with `remove` they are gone then.
std::optional<std::uint64_t> RedisCache::bytes_of(const std::vector<std::string>& keys, bool remove) const {
  std::uint64_t bytes = 0;
  for (std::size_t at = 0; at < keys.size(); at += kAtOnce) {
    const auto some = std::span(keys).subspan(at, std::min(kAtOnce, keys.size() - at));
    std::vector<RedisCommand> commands;
    for (const std::string& key : some) commands.push_back({"STRLEN", key});
    if (remove) commands.emplace_back(RedisCommand{"UNLINK"}).insert(commands.back().end(), some.begin(), some.end());
    const std::optional<Replies> replies = ask(commands);
    if (!replies) return std::nullopt;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const std::int64_t length = (*replies)[i].integer;
      if (length > 0) bytes += some[i].size() + static_cast<std::uint64_t>(length);
    }
  }
  return bytes;
}

RedisCache::Held RedisCache::count_held() const {
  const auto deadline = std::chrono::steady_clock::now() + options_.call_limit / 2;
  Held held;
  std::uint64_t seen = 0;
  std::string cursor = "0";
  do {
    const std::optional<Page> page = scan(cursor);
    const std::optional<std::uint64_t> bytes = page ? bytes_of(page->keys, /*remove=*/false) : std::nullopt;
    if (!bytes) return held;
    held.entries += page->keys.size();
    held.bytes += *bytes;
    seen += kScanned;
    cursor = page->cursor;
    if (cursor == "0") return held;
  } while (std::chrono::steady_clock::now() < deadline);
  const RedisCommand command = {"DBSIZE"};
  const std::optional<Replies> replies = ask({&command, 1});
  if (!replies || replies->front().integer <= 0) return held;
  const double whole = std::max(1.0, static_cast<double>(replies->front().integer) / static_cast<double>(seen));
  return {.entries = static_cast<std::uint64_t>(static_cast<double>(held.entries) * whole),
          .bytes = static_cast<std::uint64_t>(static_cast<double>(held.bytes) * whole)};
}

}  // namespace voxlate::cache
