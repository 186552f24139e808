#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace voxlate::http {

/// What is still to be sent over a socket: text, then perhaps a stretch of a file. Never waits for the client.
/// Used by one thread at a time.
class Outgoing {
 public:
  Outgoing() = default;
  Outgoing(std::string text, std::optional<FileBody> file) : text_(std::move(text)), file_(std::move(file)) {}

  /// More text; only when there is no file.
  void append(std::string_view text);

  /// Text that waits; a file counts nothing.
  std::size_t waiting_bytes() const { return text_.size() - text_sent_; }

  /// Bytes that the system has taken so far; they are with the client or on the way.
  std::uint64_t sent_bytes() const { return sent_; }

  enum class Progress {
    kDone,
    kBlocked,  ///< the client takes nothing now
    kFailed,   ///< the client is gone, or the file is not what it was
  };
  Progress send(int socket);

 private:
  Progress send_piece(int socket, std::string_view bytes, std::uint64_t& count);

  std::string text_;
  std::uint64_t text_sent_ = 0;
  std::optional<FileBody> file_;  ///< what is left of it
  std::uint64_t sent_ = 0;
};

}  // namespace voxlate::http
