#include "http/upload_writer.h"

#include <unistd.h>

#include "voxlate/error.h"

namespace voxlate::http {
namespace {

constexpr std::uint64_t kMarkBytes = 4 << 20;

}  // namespace

UploadWriter::UploadWriter(const std::filesystem::path& path, const Upload& upload,
                           std::optional<UploadChecksum> checksum, UploadStore& store, Durability& durability,
                           const Options& options)
    : id_(upload.id),
      store_(store),
      durability_(durability),
      options_(options),
      max_bytes_(upload.length_bytes.value_or(options.max_bytes)),
      fd_(open_for_writing(path)),
      expected_(std::move(checksum)),
      acknowledged_bytes_(upload.offset_bytes),
      written_bytes_(upload.offset_bytes) {
  if (expected_) checksum_.emplace(expected_->kind);
  if (file_size(fd_.get()) != acknowledged_bytes_) truncate_file(fd_.get(), acknowledged_bytes_);
}

UploadWriter::~UploadWriter() {
  if (written_bytes_ == acknowledged_bytes_) return;
  // What cannot be cut off now is cut off by the next writer.
  [[maybe_unused]] const int ignored = ::ftruncate(fd_.get(), static_cast<off_t>(acknowledged_bytes_));
}

bool UploadWriter::write(std::string_view bytes, TimePoint now) {
  if (bytes.size() > max_bytes_ - written_bytes_) return false;
  const std::uint64_t begin = written_bytes_;
  written_bytes_ += bytes.size();  // also when only a part of it gets written
  write_all_at(fd_.get(), bytes, begin);
  if (checksum_) checksum_->update(bytes);
  if (!checksum_ && written_bytes_ - acknowledged_bytes_ >= kMarkBytes) acknowledge(now);
  return true;
}

bool UploadWriter::finish(TimePoint now) {
  if (checksum_ && checksum_->finish() != expected_->digest) return false;
  acknowledge(now);
  return true;
}

void UploadWriter::keep(TimePoint now) {
  if (!checksum_) acknowledge(now);
}

// See Note [Acknowledged bytes].
void UploadWriter::acknowledge(TimePoint now) {
  if (written_bytes_ > acknowledged_bytes_) durability_.sync_data(fd_.get());
  if (!store_.advance(id_, acknowledged_bytes_, written_bytes_, now + options_.expiry)) {
    throw Error(ErrorCode::kNotFound, "There is no such upload any more.");
  }
  acknowledged_bytes_ = written_bytes_;
}

}  // namespace voxlate::http
