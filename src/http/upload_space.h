#pragma once

#include <cstdint>
#include <memory>

#include "http/api.h"
#include "http/message.h"

namespace voxlate::http {

/// Room on the disk for `bytes` more, besides what resumable uploads still have to bring; null when there is none.
std::unique_ptr<SpaceLedger::Reservation> reserve_space(Api& api, std::uint64_t bytes);

/// Room on the disk for the body of a request, while it lives; a body of unknown length may be as large as allowed.
class UploadSpace {
 public:
  UploadSpace(Api& api, const Request& request)
      : reservation_(reserve_space(api, request.head.content_length.value_or(api.options.max_upload_bytes))) {}

  /// False: there is not enough.
  bool is_promised() const { return reservation_ != nullptr; }

 private:
  const std::unique_ptr<SpaceLedger::Reservation> reservation_;
};

Problem no_space();

}  // namespace voxlate::http
