#include "http/outgoing.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/log.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kFileChunkBytes = 128 * 1024;

}  // namespace

void Outgoing::append(std::string_view text) {
  text_.erase(0, text_sent_);
  text_sent_ = 0;
  text_ += text;
}

// Sends from the front of `bytes` and adds what was taken to `count`; done when that was all.
Outgoing::Progress Outgoing::send_piece(int socket, std::string_view bytes, std::uint64_t& count) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Progress::kBlocked : Progress::kFailed;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    count += static_cast<std::uint64_t>(sent);
    sent_ += static_cast<std::uint64_t>(sent);
  }
  return Progress::kDone;
}

Outgoing::Progress Outgoing::send(int socket) {
  const auto text = send_piece(socket, std::string_view(text_).substr(text_sent_), text_sent_);
  if (text != Progress::kDone) return text;
  std::string().swap(text_);
  text_sent_ = 0;
  std::vector<char> buffer(file_ ? std::min<std::uint64_t>(kFileChunkBytes, file_->length) : 0);
  while (file_ && file_->length > 0) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), file_->length);
    const ssize_t got = ::pread(file_->fd->get(), buffer.data(), wanted, static_cast<off_t>(file_->offset));
    if (got <= 0) {
      log::error("file shorter than announced", {{"errno", got < 0 ? errno : 0}});
      return Progress::kFailed;
    }
    std::uint64_t taken = 0;
    const auto progress = send_piece(socket, {buffer.data(), static_cast<std::size_t>(got)}, taken);
    file_->offset += taken;
    file_->length -= taken;
    if (progress != Progress::kDone) return progress;
  }
  file_.reset();
  return Progress::kDone;
}

}  // namespace voxlate::http
