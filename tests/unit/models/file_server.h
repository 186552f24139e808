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

namespace voxlate::models {

struct FileRequest {
  std::string method;
  std::string target;
  std::string range;
  std::string if_range;
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

  std::string read_head() const {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos && receive(head)) {
    }
    return head;
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

/// An HTTP server on a free port of 127.0.0.1 that answers one connection after another, each as the test says.
class FileServer {
 public:
  using Handler = std::function<void(const FileRequest& request, const Connection& connection)>;

  explicit FileServer(Handler handler)
      : handler_(std::move(handler)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        closing_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    ::listen(listener_.get(), 16);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~FileServer() { ::eventfd_write(closing_.get(), 1); }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + (path.empty() ? "" : "/" + path);
  }

  std::vector<FileRequest> requests() {
    const MutexLock lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      pollfd waits[] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                        {.fd = closing_.get(), .events = POLLIN, .revents = 0}};
      if (::poll(waits, 2, -1) <= 0 || waits[1].revents != 0) return;
      const Connection connection(::accept(listener_.get(), nullptr, nullptr), closing_.get());
      const FileRequest request = parse(connection.read_head());
      {
        const MutexLock lock(mutex_);
        requests_.push_back(request);
      }
      handler_(request, connection);
    }
  }

  static FileRequest parse(const std::string& head) {
    const auto field = [&](const std::string& name) {
      const auto begin = head.find("\r\n" + name + ": ");
      if (begin == std::string::npos) return std::string();
      const auto value = begin + name.size() + 4;
      return head.substr(value, head.find("\r\n", value) - value);
    };
    const auto target = head.find(' ') + 1;
    return {.method = head.substr(0, head.find(' ')),
            .target = head.substr(target, head.find(' ', target) - target),
            .range = field("Range"),
            .if_range = field("If-Range")};
  }

  const Handler handler_;
  const UniqueFd listener_;
  const UniqueFd closing_;
  int port_ = 0;
  Mutex mutex_;
  std::vector<FileRequest> requests_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

/// The head of an answer with a body of `length` bytes.
inline std::string answer_head(std::string_view status, std::size_t length, const std::string& more = {}) {
  return "HTTP/1.1 " + std::string(status) + "\r\nConnection: close\r\nContent-Length: " + std::to_string(length) +
         "\r\n" + more + "\r\n";
}

/// What an honest file server with ranges does; sends at most `cut_after` bytes of the body.
inline void send_file(const FileRequest& request, const Connection& connection, std::string_view content,
                      const std::string& etag, std::size_t cut_after = std::string::npos) {
  const std::string tag = etag.empty() ? "" : "ETag: " + etag + "\r\n";
  if (request.range.empty() || (!request.if_range.empty() && request.if_range != etag)) {
    connection.send(answer_head("200 OK", content.size(), tag));
    connection.send(content.substr(0, cut_after));
    return;
  }
  std::size_t begin = 0;
  const std::string_view digits = std::string_view(request.range).substr(std::string_view("bytes=").size());
  std::from_chars(digits.data(), digits.data() + digits.size(), begin);
  const std::string span = "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(content.size() - 1) +
                           "/" + std::to_string(content.size()) + "\r\n";
  connection.send(answer_head("206 Partial Content", content.size() - begin, tag + span));
  connection.send(content.substr(begin).substr(0, cut_after));
}

}  // namespace voxlate::models
