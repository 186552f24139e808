#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "http/socket.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kReceiveBytes = 64 * 1024;
constexpr std::chrono::milliseconds kLingerTime{2000};

}  // namespace

Connection::Connection(int socket, const Options& options, int drain_fd)
    : socket_(socket), options_(options), drain_fd_(drain_fd) {}

Connection::Fill Connection::fill(Clock::time_point until, int wake_fd) {
  const std::size_t old_size = buffer_.size();
  while (true) {
    buffer_.resize(old_size + kReceiveBytes);
    const ssize_t received = ::recv(socket_, buffer_.data() + old_size, kReceiveBytes, 0);
    const int error = errno;
    buffer_.resize(old_size + static_cast<std::size_t>(std::max<ssize_t>(received, 0)));
    if (received > 0) return Fill::kData;
    if (received == 0) return Fill::kEnd;
    if (error == EINTR) continue;
    if (error != EAGAIN && error != EWOULDBLOCK) return Fill::kEnd;
    switch (poll_socket(socket_, POLLIN, wake_fd, until)) {
      case PollResult::kReady: break;
      case PollResult::kWoken: return Fill::kWoken;
      case PollResult::kTimeout: return Fill::kTimeout;
    }
  }
}

std::variant<RequestHead, Problem, Connection::Ended> Connection::next_request() {
  failure_.reset();
  // One empty line before a request is skipped (RFC 9112, 2.2).
  while (buffer_.size() < 2 || buffer_.starts_with("\r\n")) {
    if (buffer_.starts_with("\r\n"))
      buffer_.erase(0, 2);
    else if (!buffer_.empty())
      break;
    else if (fill(Clock::now() + options_.idle_timeout, drain_fd_) != Fill::kData)
      return Ended{};
  }
  const auto deadline = Clock::now() + options_.head_timeout;
  while (true) {
    const auto found = find_head_end(buffer_);
    if (const auto* problem = std::get_if<Problem>(&found)) return *problem;
    if (const auto* size = std::get_if<std::size_t>(&found)) {
      auto head = parse_request_head(std::string_view(buffer_).substr(0, *size));
      if (const auto* problem = std::get_if<Problem>(&head)) return *problem;
      buffer_.erase(0, *size);
      begin_body(std::get<RequestHead>(head));
      return std::get<RequestHead>(std::move(head));
    }
    switch (fill(deadline, /*wake_fd=*/-1)) {
      case Fill::kData: break;
      case Fill::kTimeout:
        return Problem{.code = "request_timeout", .detail = "The request head did not come in time."};
      case Fill::kEnd:
      case Fill::kWoken: return Ended{};
    }
  }
}

void Connection::begin_body(const RequestHead& head) {
  framing_ = head.chunked ? Framing::kChunked : head.content_length ? Framing::kSized : Framing::kNone;
  body_left_ = head.content_length.value_or(0);
  body_ended_ = !head.chunked && body_left_ == 0;
  chunks_ = ChunkedDecoder();
  continue_wanted_ = head.expect_continue && !body_ended_;
  window_end_ = Clock::now() + options_.body_rate_window;
  window_bytes_ = 0;
}

void Connection::fail(std::string code, std::string detail) {
  failure_ = Problem{.code = std::move(code), .detail = std::move(detail)};
}

// Receives more of the body. A body that brings less than the least rate over a whole window is given up.
bool Connection::fill_body() {
  if (continue_wanted_ && buffer_.empty()) {
    continue_wanted_ = false;
    if (!write("HTTP/1.1 100 Continue\r\n\r\n")) {
      fail("malformed_request", "The client went away.");
      return false;
    }
  }
  const auto now = Clock::now();
  if (now >= window_end_) {
    const auto least =
        options_.min_body_bytes_per_second * static_cast<std::uint64_t>(options_.body_rate_window.count()) / 1000;
    if (window_bytes_ < least) {
      fail("request_timeout", "The request body came too slowly.");
      return false;
    }
    window_end_ = now + options_.body_rate_window;
    window_bytes_ = 0;
  }
  const std::size_t before = buffer_.size();
  switch (fill(window_end_, cut_event_.fd())) {
    case Fill::kData: window_bytes_ += buffer_.size() - before; return true;
    case Fill::kTimeout: return true;
    case Fill::kWoken: fail("malformed_request", "The request was ended by another one."); return false;
    case Fill::kEnd: fail("malformed_request", "The request body ended early."); return false;
  }
  return false;
}

std::size_t Connection::read(std::span<char> out) {
  std::size_t size = 0;
  while (size == 0 && !body_ended_ && !failure_ && !out.empty()) {
    size = framing_ == Framing::kChunked ? read_chunked(out) : read_sized(out);
  }
  return size;
}

std::size_t Connection::read_sized(std::span<char> out) {
  if (buffer_.empty()) {
    fill_body();
    return 0;
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>({body_left_, buffer_.size(), out.size()}));
  std::copy_n(buffer_.data(), size, out.data());
  buffer_.erase(0, size);
  body_left_ -= size;
  body_ended_ = body_left_ == 0;
  return size;
}

std::size_t Connection::read_chunked(std::span<char> out) {
  // The decoder may hand out no more than fits, so it is shown no more.
  std::string_view input = std::string_view(buffer_).substr(0, out.size());
  const std::size_t shown = input.size();
  std::string_view data;
  const auto result = chunks_.next(input, data);
  std::copy(data.begin(), data.end(), out.begin());
  const std::size_t size = data.size();
  buffer_.erase(0, shown - input.size());
  switch (result) {
    case ChunkedDecoder::Result::kData: return size;
    case ChunkedDecoder::Result::kNeedMore:
      if (buffer_.empty()) fill_body();
      return 0;
    case ChunkedDecoder::Result::kEnd: body_ended_ = true; return 0;
    case ChunkedDecoder::Result::kMalformed: fail("malformed_request", "The chunked body is malformed."); return 0;
  }
  return 0;
}

// Not by shutting the socket down for reading: then a client that sends on would get neither room nor a reset for long.
void Connection::cut() {
  was_cut_ = true;
  cut_event_.fire();
}

bool Connection::finish_body() {
  std::vector<char> rest(kReceiveBytes);
  while (framing_ == Framing::kSized && !body_ended_ && !failure_ && body_left_ <= buffer_.size()) read(rest);
  return body_ended_ && !failure_ && !was_cut_;
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return false;
    if (poll_socket(socket_, POLLOUT, -1, Clock::now() + options_.write_timeout) != PollResult::kReady) {
      return false;
    }
  }
  return true;
}

bool Connection::client_gone() const {
  pollfd wait{.fd = socket_, .events = POLLRDHUP, .revents = 0};
  return ::poll(&wait, 1, 0) > 0 && (wait.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::close_gently() {
  if (::shutdown(socket_, SHUT_WR) != 0) return;
  const auto until = Clock::now() + kLingerTime;
  do {
    buffer_.clear();
  } while (Clock::now() < until && fill(until, drain_fd_) == Fill::kData);
}

}  // namespace voxlate::http
