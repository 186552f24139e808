// The end of a zip file (APPNOTE.TXT 4.3.14 to 4.3.16), all integers little-endian:
//
//   end     := [end64 locator] "PK\5\6" disk:u16 disk:u16 here:u16 entries:u16 bytes:u32 offset:u32 comment:u16
//   end64   := "PK\6\6" size:u64 made:u16 needed:u16 disk:u32 disk:u32 here:u64 entries:u64 bytes:u64 offset:u64 …
//   locator := "PK\6\7" disk:u32 offset_of_end64:u64 disks:u32
//
// libzip reserves memory for as many entries as this claims, so the claim is checked first. A comment could hide
// another end that libzip likes better: archives with one are refused.

#include "models/zip_archive.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/utf8.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kLongestComment = 65'535;
constexpr std::uint64_t kMostBytesPerEntry = 4096;  // of the directory: a name and what else is told of it
constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;
constexpr std::string_view kEndMark = "PK\5\6";
constexpr std::string_view kEnd64Mark = "PK\6\6";
constexpr std::string_view kLocatorMark = "PK\6\7";

std::string read_at(int fd, std::uint64_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(fd, bytes.data() + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read a package");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

std::uint64_t number_at(std::string_view bytes, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8U | static_cast<unsigned char>(bytes[offset + i - 1]);
  return value;
}

Error no_zip(const std::string& why) { return {ErrorCode::kCorrupt, "not a whole zip file: " + why}; }

void require_directory(std::uint64_t entries, std::uint64_t bytes, std::size_t max_entries) {
  if (entries <= max_entries && bytes <= max_entries * kMostBytesPerEntry) return;
  throw Error(ErrorCode::kTooLarge, "expected a package of at most " + std::to_string(max_entries) + " entries, got " +
                                        std::to_string(entries) + " in " + std::to_string(bytes) + " bytes");
}

void check_end(int fd, std::uint64_t size_bytes, std::size_t max_entries) {
  if (size_bytes < kEndBytes) throw no_zip("it has " + std::to_string(size_bytes) + " bytes");
  const std::uint64_t tail_bytes = std::min<std::uint64_t>(size_bytes, kEndBytes + kLocatorBytes + kLongestComment);
  const std::string tail = read_at(fd, size_bytes - tail_bytes, static_cast<std::size_t>(tail_bytes));
  if (tail.size() != tail_bytes) throw no_zip("it became shorter");
  const std::size_t end = tail.size() - kEndBytes;
  if (tail.compare(end, kEndMark.size(), kEndMark) != 0) {
    throw no_zip("expected its directory at the end, so it may be cut");
  }
  if (tail.find(kEndMark) != end) throw no_zip("it has more than one directory");
  require_directory(number_at(tail, end + 10, 2), number_at(tail, end + 12, 4), max_entries);
  if (end < kLocatorBytes || tail.compare(end - kLocatorBytes, kLocatorMark.size(), kLocatorMark) != 0) return;
  const std::uint64_t offset = number_at(tail, end - kLocatorBytes + 8, 8);
  if (offset > size_bytes - kEndBytes - kLocatorBytes) throw no_zip("its directory lies behind its end");
  const std::string end64 = read_at(fd, offset, kEnd64Bytes);
  if (end64.size() != kEnd64Bytes || !end64.starts_with(kEnd64Mark)) throw no_zip("expected its directory elsewhere");
  require_directory(number_at(end64, 32, 8), number_at(end64, 40, 8), max_entries);
}

struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string text_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

Error broken_entry(const ZipEntry& entry, const std::string& why) {
  return {ErrorCode::kCorrupt, "\"" + repair_utf8(entry.name) + "\" in the package: " + why};
}

ZipEntry read_entry(zip_t* archive, zip_uint64_t index) {
  zip_stat_t facts;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &facts) != 0) throw no_zip(zip_strerror(archive));
  ZipEntry entry{.name = facts.name, .size_bytes = facts.size};
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  zip_file_get_external_attributes(archive, index, 0, &system, &attributes);
  const mode_t type = (attributes >> 16U) & S_IFMT;  // 0 where no Unix made it
  entry.is_plain = type == 0 || type == S_IFREG || type == S_IFDIR;
  entry.is_readable = facts.encryption_method == ZIP_EM_NONE &&
                      (facts.comp_method == ZIP_CM_STORE || facts.comp_method == ZIP_CM_DEFLATE);
  return entry;
}

}  // namespace

void ZipArchive::Discard::operator()(zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(const std::filesystem::path& path, std::size_t max_entries) {
  const UniqueFd fd = open_for_reading(path);
  size_bytes_ = file_size(fd.get());
  check_end(fd.get(), size_bytes_, max_entries);
  int code = 0;
  const std::string same_file = "/proc/self/fd/" + std::to_string(fd.get());  // whatever has its name by now
  archive_.reset(zip_open(same_file.c_str(), ZIP_RDONLY, &code));
  if (!archive_) throw no_zip(text_of(code));
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    entries_.push_back(read_entry(archive_.get(), static_cast<zip_uint64_t>(i)));
  }
}

void ZipArchive::read(std::size_t index, const std::function<void(std::string_view)>& take) const {
  const ZipEntry& entry = entries_.at(index);
  const std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen_index(archive_.get(), index, 0));
  if (!file) throw broken_entry(entry, zip_strerror(archive_.get()));
  std::array<char, kPieceBytes> piece{};
  std::uint64_t done = 0;
  while (true) {
    const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
    if (got < 0) throw broken_entry(entry, zip_file_strerror(file.get()));
    done += static_cast<std::uint64_t>(got);
    if (done > entry.size_bytes || (got == 0 && done < entry.size_bytes)) {
      throw broken_entry(entry, "expected " + std::to_string(entry.size_bytes) + " bytes, got " +
                                    (got == 0 ? "" : "at least ") + std::to_string(done));
    }
    if (got == 0) return;
    take({piece.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace voxlate::models
