#include "base/workspace.h"

#include <system_error>

#include "base/utf8.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

}  // namespace

void Workspace::create() const {
  std::error_code error;
  std::filesystem::create_directories(folder_ / "files", error);
  if (error) {
    errno = error.value();
    throw_errno("cannot create the folder of a job");
  }
  sync_folder(folder_);
  sync_folder(folder_.parent_path());
}

std::filesystem::path Workspace::file(std::string_view name) const {
  if (name.empty() || name.front() == '.' || safe_file_name(name, kMaxNameBytes) != name) {
    throw Error(ErrorCode::kNotFound, "no such file");
  }
  return folder_ / "files" / name;
}

void Workspace::write_atomically(std::string_view name, std::string_view bytes) const {
  write_file_atomically(file(name), bytes);
}

UniqueFd Workspace::open(std::string_view name) const { return open_for_reading(file(name)); }

void Workspace::remove() const {
  std::error_code ignored;  // what cannot be removed now is swept at the next start
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace voxlate
