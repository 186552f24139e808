#include "http/upload_space.h"

#include <algorithm>

namespace voxlate::http {

std::unique_ptr<SpaceLedger::Reservation> reserve_space(Api& api, std::uint64_t bytes) {
  const std::uint64_t free_bytes = api.services.data.space().free_bytes;
  const std::uint64_t outstanding = std::min(api.services.uploads.outstanding_bytes(), free_bytes);
  if (!api.space.try_reserve(bytes, free_bytes - outstanding, api.options.min_free_disk_bytes)) return nullptr;
  return std::make_unique<SpaceLedger::Reservation>(api.space, bytes);
}

Problem no_space() {
  return {
      .code = "storage_full", .detail = "There is not enough room on the disk for this upload.", .retry_after_s = 60};
}

}  // namespace voxlate::http
