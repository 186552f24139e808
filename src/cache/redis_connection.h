#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "cache/host_resolver.h"
#include "cache/redis_url.h"

struct redisReader;

namespace voxlate::cache {

/// One command: its name and arguments, which may be any bytes.
using RedisCommand = std::vector<std::string>;

struct RedisReply {
  enum class Kind { kNil, kText, kStatus, kInteger, kArray, kError };
  Kind kind = Kind::kNil;
  std::string text{};  ///< of a text, a status or an error
  std::int64_t integer = 0;
  std::vector<RedisReply> elements{};
};

/// A connection to a Redis. Every call has a deadline for all of it, however slowly the other side takes and gives.
/// After an exception it is of no use any more. Not thread-safe.
class RedisConnection {
 public:
  /// Connects, signs in and chooses the database. Throws `kUnavailable` (also when it is not let in), `kTimeout`,
  /// `kCorrupt`.
  RedisConnection(HostResolver& host, const RedisServer& server, Deadline deadline);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// Sends all commands at once; one reply each, in order. Throws `kUnavailable` when the connection has ended,
  /// `kTimeout`, `kCorrupt` when what comes is no reply, or more than `kMaxReplyBytes` and `kMaxElements`.
  std::vector<RedisReply> run(std::span<const RedisCommand> commands, Deadline deadline);

  /// False when the other side has closed it, or said something without being asked.
  bool is_quiet() const;

  static constexpr std::size_t kMaxReplyBytes = std::size_t{80} << 20U;  ///< of one call
  static constexpr std::size_t kMaxElements = 1 << 16;                   ///< of all arrays of one call

 private:
  void connect(HostResolver& host, Deadline deadline);
  void set_up(const RedisServer& server, Deadline deadline);
  void send_some(std::string_view& bytes) const;
  void receive_some(std::size_t& received);
  void take_replies(std::vector<RedisReply>& replies, std::size_t expected);

  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  UniqueFd socket_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{64} << 10U);
  std::size_t elements_left_ = 0;  // of the call; the reader points here
  std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace voxlate::cache
