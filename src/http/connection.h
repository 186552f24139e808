#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "http/chunked_decoder.h"
#include "http/message.h"
#include "http/server.h"
#include "http/socket.h"

namespace voxlate::http {

/// One client connection: reads whole heads and framed bodies, with limits and deadlines, and writes.
/// Everything that reaches a route went through here. Used by one thread.
class Connection final : public BodyReader {
 public:
  /// The connection ended, or nothing came in time, or the server is shutting down (`drain_fd` readable).
  struct Ended {};

  /// `socket` is non-blocking and stays the caller's, as `options` does.
  Connection(int socket, const Options& options, int drain_fd);

  /// Waits for the next request and reads its head. Sets the body up for `read`.
  std::variant<RequestHead, Problem, Ended> next_request();

  std::size_t read(std::span<char> out) override;
  const std::optional<Problem>& failure() const override { return failure_; }
  /// The connection takes no other request afterwards.
  void cut() override;

  /// Whether the body of the last request was read to its end, so that another request can follow. A rest
  /// that has been received already is read away.
  bool finish_body();

  /// Writes all of `bytes`; false when the client is gone or took nothing for too long.
  bool write(std::string_view bytes);

  /// The client has closed its end or the connection broke.
  bool client_gone() const;

  /// Ends the connection so that the client can read the last answer: with unread input a plain close
  /// would reset it (RFC 9112, 9.6).
  void close_gently();

 private:
  using Clock = std::chrono::steady_clock;

  enum class Fill { kData, kEnd, kTimeout, kWoken };
  Fill fill(Clock::time_point until, int wake_fd);
  bool fill_body();
  std::size_t read_sized(std::span<char> out);
  std::size_t read_chunked(std::span<char> out);
  void fail(std::string code, std::string detail);
  void begin_body(const RequestHead& head);

  const int socket_;
  const Options& options_;
  const int drain_fd_;
  std::string buffer_;  ///< received, not used yet

  enum class Framing { kNone, kSized, kChunked };
  Framing framing_ = Framing::kNone;
  std::uint64_t body_left_ = 0;
  ChunkedDecoder chunks_;
  bool body_ended_ = true;
  bool continue_wanted_ = false;
  WakeUp cut_event_;
  std::atomic<bool> was_cut_ = false;
  std::optional<Problem> failure_;
  Clock::time_point window_end_{};  ///< of the time over which the body's rate is taken
  std::uint64_t window_bytes_ = 0;
};

}  // namespace voxlate::http
