#pragma once

#include <optional>
#include <variant>

#include "http/api.h"
#include "http/message.h"
#include "http/upload.h"
#include "voxlate/job_store.h"

namespace voxlate::http {

/// What can be refused of a request for a job before a byte of its body is read: shutdown, size, a full queue.
std::optional<Problem> refuse_new_job(Api& api, const Request& request);

Problem no_space();

/// Room on the disk for the body of a request, while it lives.
class UploadSpace {
 public:
  UploadSpace(Api& api, const Request& request);

  /// False: there is not enough.
  bool is_promised() const { return reservation_.has_value(); }

 private:
  std::optional<SpaceLedger::Reservation> reservation_;
};

/// What the caller may not ask of a job.
std::optional<Problem> refuse_priority(const Request& request, const JobSpec& spec);

/// Adds the caller's job and its upload, if it has one, which are durable when it returns, and wakes the workers; or
/// says which limit the caller has reached. A failure in between leaves only what the next start sweeps. `job` needs no
/// id, owner and limits.
std::variant<EnqueueResult, Problem> add_job(Api& api, const Request& request, std::optional<UploadFile> file,
                                             NewJob job);

}  // namespace voxlate::http
