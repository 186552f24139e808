#include "cache/redis_connection.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "voxlate/error.h"

namespace voxlate::cache {
namespace {

struct FreeReply {
  void operator()(void* reply) const { ::freeReplyObject(reply); }
};

Error broken_off(std::string_view why) {
  return Error(ErrorCode::kUnavailable, fmt::format("the connection to Redis ended: {}", why));
}

/// hiredis' own, of which the one that makes arrays is wrapped: it would believe any length it is told.
const redisReplyObjectFunctions& default_functions() {
  static const redisReplyObjectFunctions kFunctions = [] {
    redisReader* const reader = ::redisReaderCreate();
    if (reader == nullptr) throw Error(ErrorCode::kOutOfMemory, "no memory to read from Redis");
    const redisReplyObjectFunctions functions = *reader->fn;
    ::redisReaderFree(reader);
    return functions;
  }();
  return kFunctions;
}

redisReplyObjectFunctions* bounded_functions() {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions bounded = default_functions();
    // The type of the count differs between versions of hiredis.
    bounded.createArray = [](const redisReadTask* task, auto count) -> void* {
      std::size_t& left = *static_cast<std::size_t*>(task->privdata);
      if (static_cast<unsigned long long>(count) > left) return nullptr;
      left -= static_cast<std::size_t>(count);
      return default_functions().createArray(task, count);
    };
    return bounded;
  }();
  return &functions;
}

std::string encode(std::span<const RedisCommand> commands) {
  std::string bytes;
  std::size_t size = 0;
  constexpr std::size_t kHeadBytes = 16;
  for (const RedisCommand& command : commands) {
    for (const std::string& part : command) size += part.size() + kHeadBytes;
  }
  bytes.reserve(size + kHeadBytes * commands.size());
  for (const RedisCommand& command : commands) {
    fmt::format_to(std::back_inserter(bytes), "*{}\r\n", command.size());
    for (const std::string& part : command) {
      fmt::format_to(std::back_inserter(bytes), "${}\r\n", part.size());
      bytes += part;
      bytes += "\r\n";
    }
  }
  return bytes;
}

std::string_view text_of(const redisReply& reply) { return {reply.str == nullptr ? "" : reply.str, reply.len}; }

RedisReply converted(const redisReply& from) {
  RedisReply reply;
  switch (from.type) {
    case REDIS_REPLY_NIL: return reply;
    case REDIS_REPLY_INTEGER: reply.kind = RedisReply::Kind::kInteger; break;
    case REDIS_REPLY_STRING: reply.kind = RedisReply::Kind::kText; break;
    case REDIS_REPLY_STATUS: reply.kind = RedisReply::Kind::kStatus; break;
    case REDIS_REPLY_ERROR: reply.kind = RedisReply::Kind::kError; break;
    case REDIS_REPLY_ARRAY: reply.kind = RedisReply::Kind::kArray; break;
    default: throw Error(ErrorCode::kCorrupt, fmt::format("Redis sent a reply of the unknown type {}", from.type));
  }
  if (reply.kind == RedisReply::Kind::kInteger) {
    reply.integer = from.integer;
  } else if (reply.kind == RedisReply::Kind::kArray) {
    for (std::size_t i = 0; i < from.elements; ++i) reply.elements.push_back(converted(*from.element[i]));
  } else {
    reply.text = text_of(from);
  }
  return reply;
}

void wait_for(int socket, short events, Deadline deadline) {
  pollfd wait{.fd = socket, .events = events, .revents = 0};
  const int ready = ::poll(&wait, 1, static_cast<int>(time_left(deadline).count()));
  if (ready == 0) throw Error(ErrorCode::kTimeout, "Redis did not answer in time");
  if (ready < 0 && errno != EINTR) throw broken_off(std::strerror(errno));
}

/// Nothing, with `errno` set, when it is refused.
UniqueFd connect_to(const SocketAddress& address, Deadline deadline) {
  UniqueFd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {};
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return socket;
  if (errno != EINPROGRESS) return {};
  wait_for(socket.get(), POLLOUT, deadline);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == 0) return socket;
  errno = error;
  return {};
}

}  // namespace

void RedisConnection::FreeReader::operator()(redisReader* reader) const { ::redisReaderFree(reader); }

RedisConnection::RedisConnection(HostResolver& host, const RedisServer& server, Deadline deadline)
    : reader_(::redisReaderCreate()) {
  if (!reader_) throw Error(ErrorCode::kOutOfMemory, "no memory to read from Redis");
  reader_->fn = bounded_functions();
  reader_->privdata = &elements_left_;
  connect(host, deadline);
  set_up(server, deadline);
}

RedisConnection::~RedisConnection() = default;

void RedisConnection::connect(HostResolver& host, Deadline deadline) {
  for (const SocketAddress& address : host.resolve(deadline)) {
    socket_ = connect_to(address, deadline);
    if (socket_) return;
  }
  throw Error(ErrorCode::kUnavailable, fmt::format("cannot connect to Redis: {}", std::strerror(errno)));
}

/// The last command tells a server that wants a password, or is not ready, from one that can be worked with.
void RedisConnection::set_up(const RedisServer& server, Deadline deadline) {
  std::vector<RedisCommand> commands;
  if (!server.password.empty() && server.user.empty()) commands.push_back({"AUTH", server.password});
  if (!server.password.empty() && !server.user.empty()) commands.push_back({"AUTH", server.user, server.password});
  if (server.database != 0) commands.push_back({"SELECT", std::to_string(server.database)});
  commands.push_back({"PING"});
  for (const RedisReply& reply : run(commands, deadline)) {
    if (reply.kind == RedisReply::Kind::kError)
      throw Error(ErrorCode::kUnavailable, fmt::format("Redis refuses: {}", reply.text));
    if (reply.kind != RedisReply::Kind::kStatus)
      throw Error(ErrorCode::kCorrupt, "expected OK and PONG from Redis, got something else");
  }
}

std::vector<RedisReply> RedisConnection::run(std::span<const RedisCommand> commands, Deadline deadline) {
  const std::string bytes = encode(commands);
  std::string_view unsent = bytes;
  std::size_t received = 0;
  std::vector<RedisReply> replies;
  replies.reserve(commands.size());
  elements_left_ = kMaxElements;
  send_some(unsent);
  while (replies.size() < commands.size()) {
    // Replies are read while commands are still being sent: else both sides could wait for each other.
    wait_for(socket_.get(), static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT), deadline);
    send_some(unsent);
    receive_some(received);
    take_replies(replies, commands.size());
  }
  if (!unsent.empty() || reader_->pos != reader_->len)
    throw Error(ErrorCode::kCorrupt, "Redis sent more replies than it was asked for");
  return replies;
}

bool RedisConnection::is_quiet() const {
  char byte = 0;
  const ssize_t got = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void RedisConnection::send_some(std::string_view& bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (sent < 0) throw broken_off(std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RedisConnection::receive_some(std::size_t& received) {
  const ssize_t got = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
  if (got == 0) throw broken_off("closed by the server");
  if (got < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
    throw broken_off(std::strerror(errno));
  }
  received += static_cast<std::size_t>(got);
  if (received > kMaxReplyBytes) throw Error(ErrorCode::kCorrupt, "Redis sent more than was asked for");
  if (::redisReaderFeed(reader_.get(), buffer_.data(), static_cast<std::size_t>(got)) != REDIS_OK)
    throw Error(ErrorCode::kCorrupt, fmt::format("Redis sent no reply: {}", reader_->errstr));
}

void RedisConnection::take_replies(std::vector<RedisReply>& replies, std::size_t expected) {
  while (true) {
    void* raw = nullptr;
    if (::redisReaderGetReply(reader_.get(), &raw) != REDIS_OK)
      throw Error(ErrorCode::kCorrupt, fmt::format("Redis sent no reply: {}", reader_->errstr));
    if (raw == nullptr) return;
    const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
    if (replies.size() == expected) throw Error(ErrorCode::kCorrupt, "Redis sent more replies than it was asked for");
    replies.push_back(converted(*reply));
  }
}

}  // namespace voxlate::cache
