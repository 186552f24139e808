#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/connection.h"
#include "http/message.h"
#include "http/outgoing.h"

namespace voxlate::http {

/// Sends the pieces of an answer as they are written, on the thread that writes them. Used by one thread.
class StreamWriter final : public StreamSink {
 public:
  /// `head` comes first; `chunked` for HTTP/1.1. A client that takes nothing for `patience` counts as gone.
  StreamWriter(const Connection& connection, std::string head, bool chunked, std::chrono::milliseconds patience)
      : connection_(connection), patience_(patience), chunked_(chunked), outgoing_(std::move(head), std::nullopt) {}

  bool write(std::string_view bytes) override;
  bool client_gone() const override { return gone_ || connection_.client_gone(); }

  /// No piece follows; false when the client did not take all.
  bool finish();

 private:
  bool send();

  const Connection& connection_;
  const std::chrono::milliseconds patience_;
  const bool chunked_;
  Outgoing outgoing_;
  bool gone_ = false;
};

}  // namespace voxlate::http
