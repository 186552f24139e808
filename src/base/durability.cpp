#include "base/durability.h"

#include "base/log.h"
#include "voxlate/error.h"

// See Note [Failed syncs].

namespace voxlate {

void Durability::sync_data(int fd) {
  run([&] { calls_.data(fd); });
}

void Durability::sync_file(int fd) {
  run([&] { calls_.file(fd); });
}

void Durability::sync_folder(const std::filesystem::path& folder) {
  run([&] { calls_.folder(folder); });
}

void Durability::fail(std::string_view why) {
  if (failed_.exchange(true)) return;
  log::error("storage.fault: nothing is stored any more until the server is started anew", {{"why", why}});
}

void Durability::require() const {
  if (!failed_) return;
  throw Error(ErrorCode::kUnavailable,
              "the disk of the server failed: nothing is stored until an administrator has started the server anew");
}

template <typename Call>
void Durability::run(const Call& call) {
  require();
  try {
    call();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kStorageFull) fail(error.what());
    throw;
  }
}

}  // namespace voxlate
