#include "media/file_input.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace voxlate::media {
namespace {

constexpr int kBufferBytes = 64 * 1024;

ssize_t read_at(int fd, void* buffer, std::size_t capacity, std::int64_t offset) {
  ssize_t got = 0;
  do {
    got = ::pread(fd, buffer, capacity, offset);
  } while (got < 0 && errno == EINTR);
  return got;
}

/// By seeking, which every sandbox allows; nothing here depends on the descriptor's position.
std::int64_t size_of(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size < 0) throw_errno("cannot look at the file");
  return size;
}

}  // namespace

FileInput::FileInput(UniqueFd fd, Interrupt& interrupt, WaitForBytes wait_for_bytes,
                     std::chrono::milliseconds arrival_timeout)
    : fd_(std::move(fd)),
      interrupt_(interrupt),
      arriving_(std::move(wait_for_bytes), arrival_timeout),
      size_bytes_(size_of(fd_.get())) {
  if (!arriving_.is_whole()) size_bytes_ = static_cast<std::int64_t>(arriving_.now().expected_bytes);
  auto* const buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) throw std::bad_alloc();
  io_.reset(avio_alloc_context(buffer, kBufferBytes, /*write_flag=*/0, this, &FileInput::read,
                               /*write_packet=*/nullptr, &FileInput::seek));
  if (io_ == nullptr) {
    av_free(buffer);
    throw std::bad_alloc();
  }
  // Else FFmpeg looks at the end of the file first.
  if (!arriving_.is_whole()) io_->seekable = 0;
}

std::size_t FileInput::peek(std::int64_t offset, char* buffer, std::size_t capacity) const {
  const ssize_t got = read_at(fd_.get(), buffer, capacity, offset);
  if (got < 0) throw_errno("cannot read the file");
  return static_cast<std::size_t>(got);
}

// How many bytes may be read at the position: none at the end of the file. Nothing when it is in vain.
std::optional<std::size_t> FileInput::await(int capacity) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    const auto beyond = static_cast<std::uint64_t>(position_);
    if (failure_ || !arriving_.await(beyond, [this] { return interrupt_.stop_requested(); })) return std::nullopt;
  } catch (const Error& error) {
    failure_ = error;  // not through FFmpeg
    return std::nullopt;
  }
  interrupt_.extend(std::chrono::steady_clock::now() - begin);
  const std::int64_t left = static_cast<std::int64_t>(arriving_.now().bytes) - position_;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(left, 0, capacity));
}

void FileInput::check() const {
  if (failure_) throw Error(*failure_);
  if (error_ == 0) return;
  errno = error_;
  throw_errno("cannot read the file");
}

int FileInput::read(void* self, std::uint8_t* buffer, int capacity) {
  auto& input = *static_cast<FileInput*>(self);
  if (input.interrupt_.is_due()) return AVERROR_EXIT;
  const std::optional<std::size_t> there = input.await(capacity);
  if (!there) return AVERROR_EXIT;
  const ssize_t got = read_at(input.fd_.get(), buffer, *there, input.position_);
  if (got < 0) {
    input.error_ = errno;
    return AVERROR(input.error_);
  }
  if (got == 0) return AVERROR_EOF;
  input.position_ += got;
  return static_cast<int>(got);
}

std::int64_t FileInput::seek(void* self, std::int64_t offset, int whence) {
  auto& input = *static_cast<FileInput*>(self);
  if (input.interrupt_.is_due()) return AVERROR_EXIT;
  std::int64_t base = 0;
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE: return input.size_bytes_ > 0 ? input.size_bytes_ : AVERROR(ENOSYS);
    case SEEK_SET: break;
    case SEEK_CUR: base = input.position_; break;
    case SEEK_END: base = input.size_bytes_; break;
    default: return AVERROR(EINVAL);
  }
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
  input.position_ = target;
  return target;
}

}  // namespace voxlate::media
