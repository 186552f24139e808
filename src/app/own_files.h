#pragma once

#include <filesystem>
#include <string_view>

namespace voxlate::app {

/// Whether `path` may be written without losing somebody's work: it is absent, or it holds exactly what
/// `write_own_file` put there (known by a hash kept in an extended attribute, so an edit by hand makes it foreign).
bool is_free_or_own(const std::filesystem::path& path);

/// Writes atomically and marks the file as ours where the file system can.
void write_own_file(const std::filesystem::path& path, std::string_view content);

}  // namespace voxlate::app
