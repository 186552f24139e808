#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/file.h"
#include "media/arriving_bytes.h"
#include "media/ffmpeg_ptr.h"
#include "media/interrupt.h"
#include "voxlate/arrival.h"
#include "voxlate/error.h"

namespace voxlate::media {

/// Gives FFmpeg one open file and nothing else: no path, no URL, so no other file can be reached through it.
/// `interrupt` is borrowed and must outlive it. Not thread-safe.
///
/// A file that is still being written is read as far as `wait_for_bytes` says, which then waits for more; its end is
/// not looked for. Time spent so does not count for the interrupt.
class FileInput {
 public:
  FileInput(UniqueFd fd, Interrupt& interrupt, WaitForBytes wait_for_bytes = {},
            std::chrono::milliseconds arrival_timeout = {});
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  AVIOContext* io() const { return io_.get(); }
  std::int64_t size_bytes() const { return size_bytes_; }

  /// Reads at `offset` beside FFmpeg's own position; less than `capacity` at the end of the file.
  std::size_t peek(std::int64_t offset, char* buffer, std::size_t capacity) const;

  /// Throws `kInternal` when the disk failed, `kUnavailable` when too much time was spent waiting, and what
  /// `wait_for_bytes` threw: FFmpeg reports all that as an end of file or as damage.
  void check() const;

 private:
  static int read(void* self, std::uint8_t* buffer, int capacity);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);

  std::optional<std::size_t> await(int capacity);

  const UniqueFd fd_;
  Interrupt& interrupt_;
  ArrivingBytes arriving_;
  std::optional<Error> failure_;  ///< of the waiting
  std::int64_t size_bytes_;
  std::int64_t position_ = 0;
  int error_ = 0;  ///< errno of a failed read
  IoContextPtr io_;
};

}  // namespace voxlate::media
