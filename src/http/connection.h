#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/file.h"
#include "http/chunked_decoder.h"
#include "http/message.h"
#include "http/server.h"
#include "http/socket.h"

namespace voxlate::http {

/// What a client sends over one socket: bytes received and not used yet, the head of the request at hand and
/// the framing of its body, with limits. Everything that reaches a route went through here. Holds no more
/// memory than the client has sent. Used by one thread at a time: the loop's, or a request thread's.
class Connection final : public BodyReader {
 public:
  /// `socket` is non-blocking. While `bodies_wait`, a body that does not come holds its thread for less long.
  Connection(UniqueFd socket, const Options& options, const std::atomic<bool>& bodies_wait);

  int socket() const { return socket_.get(); }
  std::size_t buffered_bytes() const { return buffer_.capacity(); }

  /// Takes what has come, at most `scratch` of it, without waiting.
  enum class Received { kData, kNothing, kEnd };
  Received receive(std::span<char> scratch);

  /// Nothing of a next request has come.
  bool idle() const { return buffer_.empty(); }

  /// The head of the next request as soon as all of it was received; sets up the body.
  std::variant<std::monostate, RequestHead, Problem> next_head();

  /// How much of the body was received.
  enum class BodyState {
    kMissing,  ///< less than `kBodyStartBytes`: too early to give it a thread
    kBegun,
    kWhole,  ///< or broken, which whoever reads it finds out
  };
  BodyState body_state();

  /// The client waits to be told to send the body, which happens here at most once. Empty or the interim answer.
  std::string_view take_continue();

  std::size_t read(std::span<char> out) override;
  const std::optional<Problem>& failure() const override { return failure_; }
  void watch(std::function<void(std::string_view)> see) override { see_ = std::move(see); }
  /// The connection takes no other request afterwards.
  void cut() override;

  /// Whether the body of the last request was read to its end, so that another request can follow. A rest
  /// that has been received already is read away.
  bool finish_body();

  /// Closing it drops what the client has not taken, which the system would keep for it otherwise.
  void break_off();

  /// Forgets what was received.
  void discard() { std::string().swap(buffer_); }

  bool client_gone() const override;

 private:
  using Clock = std::chrono::steady_clock;

  bool fill_body();
  bool keeps_rate();
  std::size_t read_sized(std::span<char> out);
  std::size_t read_chunked(std::span<char> out);
  void fail(std::string code, std::string detail);
  void begin_body(const RequestHead& head);

  const UniqueFd socket_;
  const Options& options_;
  const std::atomic<bool>& bodies_wait_;
  std::string buffer_;  ///< received, not used yet
  HeadFinder finder_;

  enum class Framing { kNone, kSized, kChunked };
  Framing framing_ = Framing::kNone;
  std::uint64_t body_left_ = 0;
  ChunkedDecoder chunks_;
  bool body_ended_ = true;
  bool continue_wanted_ = false;
  std::optional<WakeUp> cut_event_;  ///< while there is a body to read
  std::atomic<bool> was_cut_ = false;
  std::optional<Problem> failure_;
  std::function<void(std::string_view)> see_;  ///< gets what is read of the body

  ChunkedDecoder scout_;         ///< finds the end of a chunked body before it is read
  std::size_t scouted_ = 0;      ///< bytes of `buffer_` it has seen
  bool scout_finished_ = false;  ///< it is at the end or at a fault

  Clock::duration waited_{};  ///< for the body, since its rate was last taken
  std::uint64_t waited_bytes_ = 0;
};

/// So much of a large body is awaited before a thread is given to it.
inline constexpr std::size_t kBodyStartBytes = 64 * 1024;

}  // namespace voxlate::http
