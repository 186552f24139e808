#include "models/checksum.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/file.h"
#include "base/hashing.h"
#include "voxlate/error.h"

namespace voxlate::models {

std::string sha256_of_file(const std::filesystem::path& path, const std::stop_token& stop) {
  constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
  const UniqueFd fd = open_for_reading(path);
  std::vector<char> block(kBlockBytes);
  Sha256 hash;
  while (true) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the check of a model file was stopped");
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read a model file");
    if (got == 0) return hash.finish();
    hash.update({block.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace voxlate::models
