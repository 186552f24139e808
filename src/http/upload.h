#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "base/durability.h"
#include "base/file.h"
#include "base/hashing.h"
#include "base/mutex.h"
#include "http/job_request.h"
#include "http/message.h"

namespace voxlate::http {

/// A file being received into the folder of unfinished uploads. Gone with the object unless it was moved.
class UploadFile {
 public:
  UploadFile(const std::filesystem::path& folder, Durability& durability);
  ~UploadFile();
  UploadFile(UploadFile&& other) noexcept;
  UploadFile& operator=(UploadFile&&) = delete;

  /// Throws `kStorageFull`.
  void write(std::string_view bytes);

  /// Makes the content durable; no more writes.
  void finish();

  /// Renames it, durable when it returns. The folder of `path` exists, on the same disk.
  void move_to(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  const std::string& sha256() const { return sha256_; }  ///< after `finish`

 private:
  Durability* durability_;
  std::filesystem::path path_;
  UniqueFd fd_;
  Sha256 hash_;
  std::uint64_t size_bytes_ = 0;
  std::string sha256_;
};

/// A whole form: one file and the other fields.
struct UploadForm {
  std::optional<UploadFile> file;  ///< none only when a field names an upload instead
  std::string file_name;           ///< text of the client
  FormFields fields;
};

struct UploadLimits {
  std::uint64_t max_file_bytes = 0;
  std::size_t max_fields = 64;
  std::size_t max_field_bytes = 64 * 1024;
  std::string_view part = "file";  ///< name of the part with the file
  std::string_view prefix{};       ///< put before the content of the file
  bool may_name_upload = false;    ///< a field `upload` will do instead of a file
};

/// Streams a multipart form to disk in constant memory: exactly one part with a file name, called `limits.part`, or
/// none when a field `upload` names what was uploaded before and `limits` lets it. Throws `kStorageFull` and what else
/// writing can throw; whatever it returns or throws, an unfinished file is gone. The file is durable under its
/// temporary name when it returns.
std::variant<UploadForm, Problem> receive_form(std::string_view content_type, BodyReader& body,
                                               const std::filesystem::path& folder, Durability& durability,
                                               const UploadLimits& limits);

/// Room on the disk promised to uploads that are still coming in. Thread-safe.
class SpaceLedger {
 public:
  /// A promise; taken back when it goes out of scope.
  class Reservation {
   public:
    Reservation(SpaceLedger& ledger, std::uint64_t bytes) : ledger_(ledger), bytes_(bytes) {}
    ~Reservation() { ledger_.release(bytes_); }
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;

   private:
    SpaceLedger& ledger_;
    const std::uint64_t bytes_;
  };

  /// Promises `bytes`, unless less than `keep_free` of `free` would be left. Uploads under way are counted
  /// whole, as if they had written nothing yet.
  bool try_reserve(std::uint64_t bytes, std::uint64_t free_bytes, std::uint64_t keep_free);

 private:
  void release(std::uint64_t bytes);

  Mutex mutex_;
  std::uint64_t promised_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate::http
