#include "http/upload.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "base/ids.h"
#include "http/multipart.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

/// Collects what the parser finds.
class FormReceiver {
 public:
  FormReceiver(const std::filesystem::path& folder, Durability& durability, const UploadLimits& limits)
      : folder_(folder), durability_(durability), limits_(limits) {}

  bool begin(const PartHead& head) {
    if (head.file_name) return begin_file(head);
    if (fields_.size() == limits_.max_fields) {
      return fail("too_large", "A form may have at most " + std::to_string(limits_.max_fields) + " fields.");
    }
    in_file_ = false;
    fields_.emplace_back(head.name, "");
    return true;
  }

  bool data(std::string_view bytes) {
    if (!in_file_) {
      std::string& value = fields_.back().second;
      if (value.size() + bytes.size() > limits_.max_field_bytes) {
        return fail("too_large", "A field may have at most " + std::to_string(limits_.max_field_bytes) + " bytes.");
      }
      value += bytes;
      return true;
    }
    if (file_->size_bytes() == 0) file_->write(limits_.prefix);
    if (file_->size_bytes() + bytes.size() > limits_.max_file_bytes) {
      return fail("too_large", "A file may have at most " + std::to_string(limits_.max_file_bytes) + " bytes.");
    }
    file_->write(bytes);
    return true;
  }

  std::variant<UploadForm, Problem> result() && {
    if (problem_) return *problem_;
    const bool names_upload = limits_.may_name_upload &&
                              std::ranges::find(fields_, "upload", &FormFields::value_type::first) != fields_.end();
    if (!file_ && names_upload) return UploadForm{.file = {}, .file_name = {}, .fields = std::move(fields_)};
    if (!file_) {
      return Problem{.code = "invalid_input",
                     .detail = "The form has no file: expected one part called \"" + std::string(limits_.part) +
                               "\" with a file name" +
                               (limits_.may_name_upload ? ", or the field \"upload\" with the id of an upload." : "."),
                     .errors = {{.pointer = "/" + std::string(limits_.part), .detail = "The file is missing."}}};
    }
    if (file_->size_bytes() == 0) {
      return Problem{.code = "invalid_input",
                     .detail = "The file is empty.",
                     .errors = {{.pointer = "/" + std::string(limits_.part), .detail = "The file is empty."}}};
    }
    file_->finish();
    return UploadForm{.file = std::move(*file_), .file_name = std::move(file_name_), .fields = std::move(fields_)};
  }

  const std::optional<Problem>& problem() const { return problem_; }

 private:
  bool begin_file(const PartHead& head) {
    if (file_) return fail("invalid_input", "The form has more than one file; send one request for each.");
    if (head.name != limits_.part) {
      return fail("unknown_field", "The file must be in the part called \"" + std::string(limits_.part) + "\".");
    }
    file_name_ = *head.file_name;
    file_.emplace(folder_, durability_);
    in_file_ = true;
    return true;
  }

  bool fail(std::string code, std::string detail) {
    problem_ = Problem{.code = std::move(code), .detail = std::move(detail)};
    return false;
  }

  const std::filesystem::path& folder_;
  Durability& durability_;
  const UploadLimits& limits_;
  std::optional<UploadFile> file_;
  std::string file_name_;
  FormFields fields_;
  bool in_file_ = false;
  std::optional<Problem> problem_;
};

}  // namespace

UploadFile::UploadFile(const std::filesystem::path& folder, Durability& durability)
    : durability_(&durability), path_(folder / random_id()), fd_(create_file(path_)) {}

UploadFile::UploadFile(UploadFile&& other) noexcept
    : durability_(other.durability_),
      path_(std::exchange(other.path_, {})),
      fd_(std::move(other.fd_)),
      hash_(std::move(other.hash_)),
      size_bytes_(other.size_bytes_),
      sha256_(std::move(other.sha256_)) {}

UploadFile::~UploadFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void UploadFile::write(std::string_view bytes) {
  write_all(fd_.get(), bytes);
  hash_.update(bytes);
  size_bytes_ += bytes.size();
}

void UploadFile::finish() {
  durability_->sync_file(fd_.get());
  sha256_ = hash_.finish();
  fd_.reset();
}

void UploadFile::move_to(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::rename(path_, path, error);
  if (error) throw Error(ErrorCode::kInternal, "cannot move the upload: " + error.message());
  path_.clear();
  durability_->sync_folder(path.parent_path());
}

std::variant<UploadForm, Problem> receive_form(std::string_view content_type, BodyReader& body,
                                               const std::filesystem::path& folder, Durability& durability,
                                               const UploadLimits& limits) {
  const auto boundary = multipart_boundary(content_type);
  if (!boundary) {
    return Problem{.code = "unsupported_content",
                   .detail = "Expected multipart/form-data with a boundary and a part called \"" +
                             std::string(limits.part) + "\"."};
  }
  FormReceiver receiver(folder, durability, limits);
  MultipartParser parser(*boundary, {.part_begins = [&](const PartHead& head) { return receiver.begin(head); },
                                     .part_data = [&](std::string_view bytes) { return receiver.data(bytes); },
                                     .part_ends = [] { return true; }});
  std::vector<char> buffer(kReadBytes);
  while (const std::size_t size = body.read(buffer)) {
    const auto result = parser.feed({buffer.data(), size});
    if (result == MultipartParser::Result::kStopped) return *receiver.problem();
    if (result == MultipartParser::Result::kMalformed) {
      return Problem{.code = "malformed_request", .detail = parser.error()};
    }
  }
  if (body.failure()) return *body.failure();
  if (!parser.complete()) {
    return Problem{.code = "malformed_request", .detail = "The form ends before its last boundary."};
  }
  return std::move(receiver).result();
}

bool SpaceLedger::try_reserve(std::uint64_t bytes, std::uint64_t free_bytes, std::uint64_t keep_free) {
  const MutexLock lock(mutex_);
  if (free_bytes < keep_free || free_bytes - keep_free < promised_bytes_ + bytes) return false;
  promised_bytes_ += bytes;
  return true;
}

void SpaceLedger::release(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  promised_bytes_ -= bytes;
}

}  // namespace voxlate::http
