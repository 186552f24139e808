// Any bytes as a zip file: unpacked inside its folder and within its limits, or refused with nothing left.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "models/unpack.h"
#include "voxlate/error.h"

namespace {

constexpr std::uint64_t kMaxTotalBytes = 1 << 20;

/// In memory where the system has such a folder: everything written is made durable.
const std::filesystem::path& parent() {
  static const std::filesystem::path kParent =
      std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
  return kParent;
}

void check_content(const std::filesystem::path& folder) {
  std::uint64_t total_bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || (!entry.is_regular_file() && !entry.is_directory())) std::abort();
    if (entry.is_regular_file()) total_bytes += entry.file_size();
  }
  if (total_bytes > kMaxTotalBytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const voxlate::UniqueFd file(::memfd_create("package", MFD_CLOEXEC));
  voxlate::write_all(file.get(), std::string_view(reinterpret_cast<const char*>(data), size));
  const voxlate::TemporaryFolder folder(parent());
  const std::filesystem::path target = folder / "package";
  try {
    voxlate::models::unpack("/proc/self/fd/" + std::to_string(file.get()), target,
                            {.max_entries = 50,
                             .max_total_bytes = kMaxTotalBytes,
                             .max_file_bytes = kMaxTotalBytes,
                             .max_depth = 4,
                             .keep_free_bytes = 0},
                            {});
    check_content(target);
  } catch (const voxlate::Error& error) {
    using voxlate::ErrorCode;
    const ErrorCode code = error.code();
    if (code != ErrorCode::kCorrupt && code != ErrorCode::kUnsupported && code != ErrorCode::kTooLarge) std::abort();
    if (std::filesystem::exists(target)) std::abort();
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path() != target) std::abort();
  }
  return 0;
}
