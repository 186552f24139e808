#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "http/socket.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kReceiveBytes = 64 * 1024;
constexpr std::chrono::milliseconds kLongestWait{1000};  // before another look at how the others fare

}  // namespace

Connection::Connection(UniqueFd socket, const Options& options, const std::atomic<bool>& bodies_wait)
    : socket_(std::move(socket)), options_(options), bodies_wait_(bodies_wait) {}

Connection::Received Connection::receive(std::span<char> scratch) {
  while (true) {
    const ssize_t received = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
    if (received > 0) {
      buffer_.append(scratch.data(), static_cast<std::size_t>(received));
      return Received::kData;
    }
    if (received < 0 && errno == EINTR) continue;
    return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? Received::kNothing : Received::kEnd;
  }
}

std::variant<std::monostate, RequestHead, Problem> Connection::next_head() {
  failure_.reset();
  // Empty lines before a request are skipped (RFC 9112, 2.2).
  std::size_t skipped = 0;
  while (std::string_view(buffer_).substr(skipped).starts_with("\r\n")) skipped += 2;
  if (skipped > 0) {
    buffer_.erase(0, skipped);
    finder_ = HeadFinder();
  }
  if (buffer_.empty()) {
    discard();
    return std::monostate{};
  }
  if (buffer_ == "\r") return std::monostate{};
  const auto found = finder_.find(buffer_);
  if (std::holds_alternative<std::monostate>(found)) return std::monostate{};
  finder_ = HeadFinder();
  if (const auto* problem = std::get_if<Problem>(&found)) return *problem;
  const std::size_t size = std::get<std::size_t>(found);
  auto head = parse_request_head(std::string_view(buffer_).substr(0, size));
  if (const auto* problem = std::get_if<Problem>(&head)) return *problem;
  buffer_.erase(0, size);
  if (buffer_.empty()) discard();
  begin_body(std::get<RequestHead>(head));
  return std::get<RequestHead>(std::move(head));
}

void Connection::begin_body(const RequestHead& head) {
  framing_ = head.chunked ? Framing::kChunked : head.content_length ? Framing::kSized : Framing::kNone;
  body_left_ = head.content_length.value_or(0);
  body_ended_ = !head.chunked && body_left_ == 0;
  chunks_ = scout_ = ChunkedDecoder();
  scouted_ = 0;
  scout_finished_ = false;
  continue_wanted_ = head.expect_continue && !body_ended_;
  if (!body_ended_) cut_event_.emplace();
  waited_ = {};
  waited_bytes_ = 0;
}

Connection::BodyState Connection::body_state() {
  const auto begun = buffer_.size() >= kBodyStartBytes ? BodyState::kBegun : BodyState::kMissing;
  if (body_ended_) return BodyState::kWhole;
  if (framing_ == Framing::kSized) return buffer_.size() >= body_left_ ? BodyState::kWhole : begun;
  std::string_view input = std::string_view(buffer_).substr(scouted_);
  std::string_view data;
  while (!scout_finished_ && !input.empty()) {
    const auto result = scout_.next(input, data);
    scout_finished_ = result == ChunkedDecoder::Result::kEnd || result == ChunkedDecoder::Result::kMalformed;
  }
  scouted_ = buffer_.size();
  return scout_finished_ ? BodyState::kWhole : begun;
}

std::string_view Connection::take_continue() {
  return std::exchange(continue_wanted_, false) && buffer_.empty() ? "HTTP/1.1 100 Continue\r\n\r\n" : "";
}

void Connection::fail(std::string code, std::string detail) {
  failure_ = Problem{.code = std::move(code), .detail = std::move(detail)};
}

// A body that brings less than the least rate over a whole window is given up. Only the time that was spent
// waiting for it counts: it may be this machine that is slow.
bool Connection::keeps_rate() {
  const auto window =
      bodies_wait_ ? std::min(options_.crowded_body_window, options_.body_rate_window) : options_.body_rate_window;
  if (waited_ < window) return true;
  const auto waited_ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited_).count();
  const auto least = options_.min_body_bytes_per_second * static_cast<std::uint64_t>(waited_ms) / 1000;
  if (waited_bytes_ < least) return false;
  waited_ = {};
  waited_bytes_ = 0;
  return true;
}

// Receives more of the body, which `buffer_` has nothing more of.
bool Connection::fill_body() {
  const std::string_view interim = take_continue();
  if (!interim.empty() && ::send(socket_.get(), interim.data(), interim.size(), MSG_NOSIGNAL) < 0) {
    fail("malformed_request", "The client went away.");
    return false;
  }
  std::vector<char> scratch(kReceiveBytes);
  while (true) {
    switch (receive(scratch)) {
      case Received::kData: waited_bytes_ += buffer_.size(); return true;
      case Received::kEnd: fail("malformed_request", "The request body ended early."); return false;
      case Received::kNothing: break;
    }
    if (!keeps_rate()) {
      fail("request_timeout", "The request body came too slowly.");
      return false;
    }
    const auto begin = Clock::now();
    const auto woken =
        poll_socket(socket_.get(), POLLIN, cut_event_->fd(), begin + std::min(kLongestWait, options_.body_rate_window));
    waited_ += Clock::now() - begin;
    if (woken == PollResult::kWoken) {
      fail("malformed_request", "The request was ended by another one.");
      return false;
    }
  }
}

std::size_t Connection::read(std::span<char> out) {
  std::size_t size = 0;
  while (size == 0 && !body_ended_ && !failure_ && !out.empty()) {
    size = framing_ == Framing::kChunked ? read_chunked(out) : read_sized(out);
  }
  if (size > 0 && see_) see_({out.data(), size});
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
  cut_event_->fire();
}

bool Connection::client_gone() const {
  pollfd wait{.fd = socket_.get(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&wait, 1, 0) > 0 && (wait.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool Connection::finish_body() {
  if (framing_ == Framing::kSized && !body_ended_ && !failure_ && body_left_ <= buffer_.size()) {
    buffer_.erase(0, static_cast<std::size_t>(body_left_));
    body_left_ = 0;
    body_ended_ = true;
  }
  if (body_ended_) cut_event_.reset();
  return body_ended_ && !failure_ && !was_cut_;
}

void Connection::break_off() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace voxlate::http
