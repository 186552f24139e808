#include "http/stream_writer.h"

#include <poll.h>

#include "http/connection_loop.h"
#include "http/socket.h"

namespace voxlate::http {

bool StreamWriter::write(std::string_view bytes) {
  if (gone_) return false;
  outgoing_.append(event_chunk(bytes, chunked_));
  return send();
}

bool StreamWriter::finish() {
  if (gone_) return false;
  if (chunked_) outgoing_.append("0\r\n\r\n");
  return send();
}

bool StreamWriter::send() {
  while (!gone_) {
    switch (outgoing_.send(connection_.socket())) {
      case Outgoing::Progress::kDone: return true;
      case Outgoing::Progress::kFailed: gone_ = true; break;
      case Outgoing::Progress::kBlocked:
        gone_ = poll_socket(connection_.socket(), POLLOUT, /*wake_fd=*/-1,
                            std::chrono::steady_clock::now() + patience_) != PollResult::kReady;
        break;
    }
  }
  return false;
}

}  // namespace voxlate::http
