#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/checksum.h"
#include "base/durability.h"
#include "base/file.h"
#include "http/tus_headers.h"
#include "voxlate/upload_store.h"

namespace voxlate::http {

// Note [Acknowledged bytes]
//
// What a client was told to be here must be here after a power cut. So bytes go: write, fdatasync, one commit of the
// offset, answer. Inside a long body that is done at every 4 MiB, so that a cut loses less. The file may be longer than
// the offset in the database says, never shorter: the rest is cut off by the writer that ends, by the next one, and at
// the start of the server. After a failed fdatasync the kernel takes unwritten pages for clean, so it is never tried
// again (Note [Failed syncs]): what was not acknowledged is cut off and has to be sent again.
// Bytes under a checksum are acknowledged only as a whole, once it matched.
// Tests: TusTest.*, UploadKills.*.

/// Puts the bytes of one request behind the acknowledged ones. Bytes that are not acknowledged in the end are gone. Not
/// thread-safe; needs the turn of the upload.
class UploadWriter {
 public:
  struct Options {
    std::chrono::milliseconds expiry;
    std::uint64_t max_bytes;  ///< of an upload of unknown length
  };

  UploadWriter(const std::filesystem::path& path, const Upload& upload, std::optional<UploadChecksum> checksum,
               UploadStore& store, Durability& durability, const Options& options);
  ~UploadWriter();
  UploadWriter(const UploadWriter&) = delete;
  UploadWriter& operator=(const UploadWriter&) = delete;

  /// False, and nothing is written, when the upload would get too long. `now` is for the expiry. Throws
  /// `kStorageFull`, and `kNotFound` when the upload is gone.
  bool write(std::string_view bytes, TimePoint now);

  /// Acknowledges what was written. False when the checksum does not match.
  bool finish(TimePoint now);

  /// Acknowledges what was written of a body that broke off; under a checksum that is nothing.
  void keep(TimePoint now);

  std::uint64_t acknowledged_bytes() const { return acknowledged_bytes_; }

 private:
  void acknowledge(TimePoint now);

  const std::string id_;
  UploadStore& store_;
  Durability& durability_;
  const Options options_;
  const std::uint64_t max_bytes_;
  const UniqueFd fd_;
  const std::optional<UploadChecksum> expected_;
  std::optional<Checksum> checksum_;
  std::uint64_t acknowledged_bytes_;
  std::uint64_t written_bytes_;  ///< where the file ends
};

}  // namespace voxlate::http
