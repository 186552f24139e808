#include "media/file_input.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace voxlate::media {
namespace {

constexpr int kBufferBytes = 64 * 1024;
constexpr std::chrono::milliseconds kLookForStop{200};
constexpr std::uint64_t kEnoughBytes = 4 << 20;

ssize_t read_at(int fd, void* buffer, std::size_t capacity, std::int64_t offset) {
  ssize_t got = 0;
  do {
    got = ::pread(fd, buffer, capacity, offset);
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

FileInput::FileInput(UniqueFd fd, Interrupt& interrupt, WaitForBytes wait_for_bytes,
                     std::chrono::milliseconds arrival_timeout)
    : fd_(std::move(fd)),
      interrupt_(interrupt),
      wait_for_bytes_(std::move(wait_for_bytes)),
      arrival_timeout_(arrival_timeout),
      size_bytes_(static_cast<std::int64_t>(file_size(fd_.get()))) {
  if (wait_for_bytes_) {
    arrival_ = wait_for_bytes_(/*beyond=*/0, std::chrono::milliseconds(0));
    if (!arrival_.whole) size_bytes_ = static_cast<std::int64_t>(arrival_.expected_bytes);
  }
  auto* const buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) throw std::bad_alloc();
  io_.reset(avio_alloc_context(buffer, kBufferBytes, /*write_flag=*/0, this, &FileInput::read,
                               /*write_packet=*/nullptr, &FileInput::seek));
  if (io_ == nullptr) {
    av_free(buffer);
    throw std::bad_alloc();
  }
  // Else FFmpeg looks at the end of the file first.
  if (wait_for_bytes_ && !arrival_.whole) io_->seekable = 0;
}

std::size_t FileInput::peek(std::int64_t offset, char* buffer, std::size_t capacity) const {
  const ssize_t got = read_at(fd_.get(), buffer, capacity, offset);
  if (got < 0) throw_errno("cannot read the file");
  return static_cast<std::size_t>(got);
}

// Up to where the file may be read, more than `position`; `position` itself at its end. Nothing when it is in vain.
std::optional<std::int64_t> FileInput::await(std::int64_t position, int capacity) {
  if (!wait_for_bytes_) return position + capacity;
  const auto begin = std::chrono::steady_clock::now();
  const auto waited_before = waited_;
  while (!failure_ && !arrival_.whole && static_cast<std::int64_t>(arrival_.bytes) <= position) {
    if (interrupt_.stop_requested()) return std::nullopt;
    try {
      arrival_ = wait_for_bytes_(static_cast<std::uint64_t>(position), kLookForStop);
    } catch (const Error& error) {
      failure_ = error;  // not through FFmpeg
    }
    waited_ = waited_before + (std::chrono::steady_clock::now() - begin);
    if (arrival_.bytes >= counted_bytes_ + kEnoughBytes) {
      counted_bytes_ = arrival_.bytes;
      waited_ = {};
    } else if (!arrival_.whole && waited_ >= arrival_timeout_) {
      failure_ = Error(ErrorCode::kUnavailable, "the upload of the media is too slow to work on it meanwhile");
    }
  }
  interrupt_.extend(std::chrono::steady_clock::now() - begin);
  if (failure_) return std::nullopt;
  return std::min(position + capacity, std::max(position, static_cast<std::int64_t>(arrival_.bytes)));
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
  const std::optional<std::int64_t> end = input.await(input.position_, capacity);
  if (!end) return AVERROR_EXIT;
  const ssize_t got =
      read_at(input.fd_.get(), buffer, static_cast<std::size_t>(*end - input.position_), input.position_);
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
