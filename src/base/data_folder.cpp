#include "base/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/ids.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

constexpr std::string_view kTemporaryPrefix = ".tmp-";

void create_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) {
    throw Error(ErrorCode::kInvalidInput, "cannot use the data folder " + folder.string() + ": " + error.message());
  }
}

int remove_all_but(const std::set<std::string>& kept, const std::filesystem::path& folder) {
  int removed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (kept.contains(entry.path().filename().string())) continue;
    std::filesystem::remove_all(entry.path());
    ++removed;
  }
  return removed;
}

int remove_temporary_files(const std::filesystem::path& folder) {
  int removed = 0;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().filename().string().starts_with(kTemporaryPrefix)) {
      std::filesystem::remove(entry.path());
      ++removed;
    }
  }
  return removed;
}

}  // namespace

DataFolder::DataFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
  create_private_folder(folder_);
  create_private_folder(folder_ / "jobs");
  create_private_folder(folder_ / "uploads");
  lock_ = UniqueFd(::open((folder_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) throw_errno("cannot open the lock of the data folder");
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorCode::kConflict,
                "the data folder " + folder_.string() +
                    " is in use by another voxlate process; stop it or choose another --data-dir");
  }
}

Workspace DataFolder::workspace(std::string_view job_id) const {
  if (!is_id(job_id)) throw Error(ErrorCode::kNotFound, "no such job");
  return Workspace(folder_ / "jobs" / job_id);
}

std::filesystem::path DataFolder::upload(std::string_view upload_id) const {
  if (!is_id(upload_id)) throw Error(ErrorCode::kNotFound, "no such upload");
  return uploads() / upload_id;
}

int DataFolder::sweep(const std::set<std::string>& job_ids, const std::set<std::string>& upload_ids) const {
  int removed = remove_all_but(upload_ids, uploads());
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "jobs")) {
    if (job_ids.contains(entry.path().filename().string())) {
      removed += remove_temporary_files(entry.path() / "files");
    } else {
      std::filesystem::remove_all(entry.path());
      ++removed;
    }
  }
  return removed;
}

}  // namespace voxlate
