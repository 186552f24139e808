#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string_view>

namespace voxlate::models {

/// What a package may ask for at most.
struct UnpackOptions {
  std::size_t max_entries = 500;
  std::uint64_t max_total_bytes = std::uint64_t{8} << 30U;
  std::uint64_t max_file_bytes = std::uint64_t{4} << 30U;
  std::uint64_t max_ratio = 100;  ///< of all that is unpacked to the archive; below 16 MiB it does not matter
  int max_depth = 8;              ///< parts of a path
  std::uint64_t keep_free_bytes = std::uint64_t{256} << 20U;  ///< what must stay free on the disk
  std::function<bool(std::string_view name)> is_wanted{};     ///< empty: all
};

/// Unpacks a zip file into `folder`, which it makes; its parent exists. Names stay inside: relative, UTF-8, without
/// "..", backslash or control characters, each once; links, devices and encrypted entries are refused. All of it is
/// checked before anything is written; the content is streamed, checked (CRC) and durable at the end. On failure
/// nothing is left behind.
/// Throws `kCorrupt`, `kUnsupported` (encrypted, compressed otherwise), `kTooLarge` (a limit), `kStorageFull`,
/// `kConflict` (`folder` is there), `kCancelled`; messages name the entry.
void unpack(const std::filesystem::path& archive, const std::filesystem::path& folder, const UnpackOptions& options,
            const std::stop_token& stop);

}  // namespace voxlate::models
