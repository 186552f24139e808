#include "media/worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "base/packet_socket.h"
#include "media/wire.h"
#include "media/worker_request.h"

namespace voxlate::media {
namespace {

constexpr std::size_t kReadBytes = 128 * 1024;

/// From the end of the answer to the word how the worker ended.
constexpr std::chrono::milliseconds kEndPatience{1000};

std::string name_of(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

[[noreturn]] void fail_by_signal(int signal) {
  const std::string name = name_of(signal);
  switch (signal) {
    case SIGKILL:
      throw Error(ErrorCode::kOutOfMemory, "The media worker was killed (" + name +
                                               ") while it read this file; the system does that when memory is short.");
    case SIGXCPU:
      throw Error(ErrorCode::kTimeout,
                  "The media worker used more processor time for this file than it may (" + name + ").");
    case SIGTERM:
    case SIGINT:
    case SIGHUP:
    case SIGPIPE:
      throw Error(ErrorCode::kUnavailable, "The media worker was ended (" + name + ") while it read this file.");
    case SIGSYS:
      throw Error(ErrorCode::kCorrupt,
                  "The media worker was stopped by its sandbox (" + name + ") while it read this file.");
    default: throw Error(ErrorCode::kCorrupt, "The media worker crashed (" + name + ") while it read this file.");
  }
}

UniqueFd make_event() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) throw_errno("cannot make an event");
  return event;
}

}  // namespace

void Worker::Wake::operator()() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(fd, &one, sizeof one);
}

Worker::Worker(WorkerEnds ends, std::stop_token stop)
    : ends_(std::move(ends)), stop_event_(make_event()), on_stop_(std::move(stop), Wake{stop_event_.get()}) {}

WorkerMessage Worker::next(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  look_at_line();
  while (true) {
    if (auto message = parser_.next()) {
      if (const auto* failed = std::get_if<ReadingFailed>(&*message)) throw Error(failed->code, failed->message);
      return *std::move(message);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      throw Error(ErrorCode::kTimeout, "The media worker made no progress: expected some within " +
                                           std::to_string(patience.count()) + " ms.");
    }
    if (!read_some(left)) fail_as_it_ended();
  }
}

void Worker::tell(const Arrival& arrival) { send_packet(ends_.arrivals.get(), encode(arrival)); }

void Worker::look_at_line() {
  if (!wait_status_) {
    if (!wait_readable(ends_.line.get(), std::chrono::milliseconds(0))) return;
    const std::optional<Packet> packet = receive_packet(ends_.line.get());
    if (!packet) throw Error(ErrorCode::kUnavailable, "The process that makes media workers ended.");
    wait_status_ = read_ended(packet->bytes).wait_status;
  }
  if (WIFSIGNALED(*wait_status_)) fail_by_signal(WTERMSIG(*wait_status_));
}

bool Worker::read_some(std::chrono::milliseconds patience) {
  std::array<pollfd, 2> ends{{{.fd = ends_.answer.get(), .events = POLLIN, .revents = 0},
                              {.fd = stop_event_.get(), .events = POLLIN, .revents = 0}}};
  const int ready =
      ::poll(ends.data(), ends.size(), static_cast<int>(std::min<std::int64_t>(patience.count(), 60'000)));
  if (ends[1].revents != 0) throw Error(ErrorCode::kCancelled, "reading the media was cancelled");
  if (ready <= 0 || ends[0].revents == 0) return true;
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
  const ssize_t got = ::read(ends_.answer.get(), buffer.data(), buffer.size());
  if (got < 0) return true;  // interrupted; anything lasting runs into the deadline
  if (got == 0) return false;
  parser_.append({buffer.data(), static_cast<std::size_t>(got)});
  return true;
}

void Worker::fail_as_it_ended() {
  if (!wait_status_) wait_readable(ends_.line.get(), kEndPatience);
  look_at_line();
  if (!wait_status_) broken_answer("expected its end, got silence");
  broken_answer("expected an answer, got " + std::string(parser_.is_within_message() ? "a part of one" : "none") +
                " (exit status " + std::to_string(WEXITSTATUS(*wait_status_)) + ")");
}

}  // namespace voxlate::media
