#pragma once

#include <cstdint>

#include "base/file.h"
#include "media/ffmpeg_ptr.h"
#include "media/interrupt.h"

namespace voxlate::media {

/// Gives FFmpeg one open file and nothing else: no path, no URL, so no other file can be reached through it.
/// `interrupt` is borrowed and must outlive it. Not thread-safe.
class FileInput {
 public:
  FileInput(UniqueFd fd, const Interrupt& interrupt);
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  AVIOContext* io() const { return io_.get(); }
  std::int64_t size_bytes() const { return size_bytes_; }

  /// Reads at `offset` beside FFmpeg's own position; less than `capacity` at the end of the file.
  std::size_t peek(std::int64_t offset, char* buffer, std::size_t capacity) const;

  /// Throws `kInternal` when the disk failed: FFmpeg reports that as an end of file or as damage.
  void check() const;

 private:
  static int read(void* self, std::uint8_t* buffer, int capacity);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);

  const UniqueFd fd_;
  const Interrupt& interrupt_;
  const std::int64_t size_bytes_;
  std::int64_t position_ = 0;
  int error_ = 0;  ///< errno of a failed read
  IoContextPtr io_;
};

}  // namespace voxlate::media
