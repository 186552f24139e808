#pragma once

#include <cstdint>
#include <optional>

#include "http/api.h"
#include "http/message.h"
#include "http/problem.h"
#include "voxlate/job_store.h"

namespace voxlate::http {

/// What the caller may have: goes into `NewJob::limits`. No limits with accounts off.
OwnerLimits limits_of(const Api& api, const Request& request);

/// The 429 for a limit that a job would exceed. `place_after_s`: when a place in the queue may come free.
Problem quota_problem(const Api& api, OwnerLimit exceeded, const OwnerLimits& limits, int place_after_s);

/// Which limit a job of the caller with so many bytes would exceed, as far as can be told before it is there.
OwnerLimit exceeded_early(const Api& api, const Request& request, const OwnerLimits& limits, std::uint64_t size_bytes);

/// A place among the uploads that a user may have at once; free again when it is gone. Always there with accounts off.
class UploadPlace {
 public:
  UploadPlace(Api& api, const Request& request);
  ~UploadPlace();
  UploadPlace(const UploadPlace&) = delete;
  UploadPlace& operator=(const UploadPlace&) = delete;

  std::optional<Problem> refused() const;

 private:
  Api& api_;
  const std::string user_id_;
  const bool taken_;
};

}  // namespace voxlate::http
