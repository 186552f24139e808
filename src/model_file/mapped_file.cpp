#include "model_file/mapped_file.h"

#include <sys/mman.h>

#include <utility>

#include "base/file.h"

namespace voxlate::model_file {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const UniqueFd file = open_for_reading(path);
  const auto size_bytes = static_cast<std::size_t>(file_size(file.get()));
  if (size_bytes == 0) return;
  void* const begin = ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (begin == MAP_FAILED) throw_errno("cannot map the file");
  bytes_ = {static_cast<const std::byte*>(begin), size_bytes};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  // munmap takes the address that mmap gave, which was not const.
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace voxlate::model_file
