#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "voxlate/job.h"

namespace voxlate {

/// One resumable upload as stored. Its bytes are in a file that is named by the id.
struct Upload {
  enum class Kind {
    kWhole,
    kPart,   ///< to be joined with others
    kFinal,  ///< made of parts; always complete
  };

  std::string id;
  std::string owner;  ///< as `Job::owner`
  Kind kind = Kind::kWhole;
  std::optional<std::uint64_t> length_bytes;  ///< none: the client has not said yet
  std::uint64_t offset_bytes = 0;             ///< bytes that are on disk and acknowledged
  std::string metadata;                       ///< text of the client, as sent
  std::vector<std::string> parts;             ///< of a final one: ids of what it was made of, in order
  TimePoint expires_at{};

  bool complete() const { return length_bytes == offset_bytes; }

  bool operator==(const Upload&) const = default;
};

/// The record of resumable uploads. Each call is one transaction that is on disk when it returns; thread-safe. Says
/// nothing about files: a caller makes bytes durable before it says so with `advance`. Every implementation passes
/// tests/contract/upload_store_test.
class UploadStore {
 public:
  virtual ~UploadStore() = default;

  /// False, and nothing is added, when the owner has `max_of_owner` uploads already.
  virtual bool add(const Upload& upload, int max_of_owner) = 0;

  virtual std::optional<Upload> get(const std::string& id) const = 0;

  /// Says how long an upload will be; false when that is known already, is less than what has come, or there is no
  /// such upload.
  virtual bool set_length(const std::string& id, std::uint64_t length_bytes) = 0;

  /// Acknowledges the bytes [from, to); false, and nothing changes, unless the upload is at `from` and takes so many.
  virtual bool advance(const std::string& id, std::uint64_t from, std::uint64_t to, TimePoint expires_at) = 0;

  /// Adds `joined` and removes its parts; false, and nothing changes, unless all of them are complete parts of its
  /// owner.
  virtual bool join(const Upload& joined) = 0;

  virtual bool remove(const std::string& id) = 0;

  /// Removes what expired before `now`, at most `limit`; returns the ids.
  virtual std::vector<std::string> remove_expired(TimePoint now, int limit) = 0;

  virtual std::vector<Upload> all() const = 0;

  /// What the uploads of known length still have to bring.
  virtual std::uint64_t outstanding_bytes() const = 0;
};

}  // namespace voxlate
