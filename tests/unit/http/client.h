#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/file.h"

namespace voxlate::http {

struct Answer {
  int status = 0;                                   ///< 0: the connection ended without an answer
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found != headers.end() ? found->second : std::string();
  }
};

/// A socket to 127.0.0.1 that sends exactly what it is told and reads answers by the rules. Every wait ends
/// after ten seconds.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Receives until `text` is in the received bytes; false when the connection ended or nothing came in time.
  bool wait_for(std::string_view text) {
    while (received_.find(text) == std::string::npos) {
      if (!receive()) return false;
    }
    return true;
  }

  /// Reads one answer; `head_only` for answers to HEAD.
  Answer read_answer(bool head_only = false) {
    Answer answer;
    while (received_.find("\r\n\r\n") == std::string::npos) {
      if (!receive()) return answer;
    }
    const auto end = received_.find("\r\n\r\n");
    parse_head(received_.substr(0, end + 2), answer);
    received_.erase(0, end + 4);
    if (head_only || answer.status == 204 || answer.status == 304) return answer;
    if (const std::string length = answer.header("content-length"); !length.empty()) {
      const std::size_t size = std::stoull(length);
      while (received_.size() < size && receive()) {
      }
      answer.body = received_.substr(0, size);
      received_.erase(0, size);
    }
    return answer;
  }

  /// Whether the server has closed its end and sent nothing more.
  bool closed() {
    while (receive()) {
    }
    return ended_ && received_.empty();
  }

  /// Whether something came, or the connection ended, in this time.
  bool wait_for_any(std::chrono::milliseconds timeout) const {
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, static_cast<int>(timeout.count())) > 0;
  }

  /// Whether the connection broke in this time, without reading from it.
  bool wait_until_reset(std::chrono::milliseconds timeout) const {
    pollfd wait{.fd = socket_.get(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&wait, 1, static_cast<int>(timeout.count())) > 0;
  }

  const std::string& received() const { return received_; }
  void clear() { received_.clear(); }

 private:
  bool receive() {
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, 10'000) <= 0) return false;
    char buffer[65536];
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    ended_ = got <= 0;
    if (ended_) return false;
    received_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  static void parse_head(std::string_view head, Answer& answer) {
    answer.status = std::stoi(std::string(head.substr(9, 3)));
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const auto end = head.find("\r\n");
      const std::string_view line = head.substr(0, end);
      const auto colon = line.find(": ");
      std::string name(line.substr(0, colon));
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      answer.headers.emplace(name, line.substr(colon + 2));
      head.remove_prefix(end + 2);
    }
  }

  UniqueFd socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

/// A body of multipart/form-data.
struct Form {
  std::string boundary = "XyZ-boundary";
  std::string body;

  Form& field(const std::string& name, const std::string& value) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    return *this;
  }
  Form& file(const std::string& file_name, const std::string& content, const std::string& part = "file") {
    std::string quoted;
    for (const char c : file_name) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part + "\"; filename=\"" + quoted +
            "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n";
    return *this;
  }
  std::string text() const { return body + "--" + boundary + "--\r\n"; }
};

}  // namespace voxlate::http
