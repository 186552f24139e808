#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/mutex.h"

namespace voxlate {

struct ScriptedRequest {
  std::string method;
  std::string target;
  std::string head;  ///< as it came, the request line included
  std::string body;

  /// The value of a header field written exactly as `name`; empty where there is none.
  std::string field(const std::string& name) const {
    const auto begin = head.find("\r\n" + name + ": ");
    if (begin == std::string::npos) return {};
    const auto value = begin + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  }
};

/// The server's end of one connection.
class Connection {
 public:
  explicit Connection(int socket, int closing) : socket_(socket), closing_(closing) {}

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Says nothing more until the client goes away or the test ends.
  void hold() const {
    std::string ignored;
    while (receive(ignored)) {
    }
  }

  ScriptedRequest read_request() const {
    constexpr std::string_view kEnd = "\r\n\r\n";
    ScriptedRequest request;
    std::string& head = request.head;
    while (head.find(kEnd) == std::string::npos && receive(head)) {
    }
    const auto blank_line = head.find(kEnd);
    const auto end = blank_line == std::string::npos ? head.size() : blank_line + kEnd.size();
    request.body = head.substr(end);
    head.resize(end);
    const std::string length = request.field("Content-Length");
    std::size_t body_bytes = 0;
    std::from_chars(length.data(), length.data() + length.size(), body_bytes);
    while (request.body.size() < body_bytes && receive(request.body)) {
    }
    request.method = head.substr(0, head.find(' '));
    const auto target = head.find(' ') + 1;
    request.target = head.substr(target, head.find(' ', target) - target);
    return request;
  }

 private:
  bool receive(std::string& bytes) const {
    pollfd waits[] = {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                      {.fd = closing_, .events = POLLIN, .revents = 0}};
    if (::poll(waits, 2, -1) <= 0 || waits[1].revents != 0) return false;
    char buffer[4096];
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (got > 0) bytes.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  const UniqueFd socket_;
  const int closing_;
};

/// An HTTP server on a free port of 127.0.0.1 that answers each connection as the test says: one after another, or as
/// many at once as it has `threads`.
class ScriptedServer {
 public:
  using Handler = std::function<void(const ScriptedRequest& request, const Connection& connection)>;

  explicit ScriptedServer(Handler handler, int threads = 1)
      : handler_(std::move(handler)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        closing_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    ::listen(listener_.get(), 16);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~ScriptedServer() { ::eventfd_write(closing_.get(), 1); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + (path.empty() ? "" : "/" + path);
  }

  std::vector<ScriptedRequest> requests() const {
    const MutexLock lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      pollfd waits[] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                        {.fd = closing_.get(), .events = POLLIN, .revents = 0}};
      if (::poll(waits, 2, -1) <= 0 || waits[1].revents != 0) return;
      const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;  // another thread took it
      const Connection connection(socket, closing_.get());
      const ScriptedRequest request = connection.read_request();
      {
        const MutexLock lock(mutex_);
        requests_.push_back(request);
      }
      handler_(request, connection);
    }
  }

  const Handler handler_;
  const UniqueFd listener_;
  const UniqueFd closing_;
  int port_ = 0;
  mutable Mutex mutex_;
  std::vector<ScriptedRequest> requests_ GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;
};

/// The head of an answer with a body of `length` bytes.
inline std::string answer_head(std::string_view status, std::size_t length, const std::string& more = {}) {
  return "HTTP/1.1 " + std::string(status) + "\r\nConnection: close\r\nContent-Length: " + std::to_string(length) +
         "\r\n" + more + "\r\n";
}

}  // namespace voxlate
