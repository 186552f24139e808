#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "base/workspace.h"
#include "http/api.h"
#include "http/message.h"
#include "http/upload.h"
#include "voxlate/job_store.h"

namespace voxlate::http {

/// What can be refused of a request for a job before a byte of its body is read: shutdown, size, a full queue.
std::optional<Problem> refuse_new_job(Api& api, const Request& request);

/// What the caller may not ask of a job.
std::optional<Problem> refuse_priority(const Request& request, const JobSpec& spec);

/// Adds the caller's job and its upload, if it has one, which are durable when it returns, and wakes the workers; or
/// says which limit the caller has reached. A failure in between leaves only what the next start sweeps. `job` needs no
/// id, owner and limits.
std::variant<EnqueueResult, Problem> add_job(Api& api, const Request& request, std::optional<UploadFile> file,
                                             NewJob job);

/// Puts what the job reads into its new folder; empty: nothing is there yet.
using PutSource = std::function<void(const Workspace&)>;
std::variant<EnqueueResult, Problem> add_job(Api& api, const Request& request, const PutSource& put_source, NewJob job);

}  // namespace voxlate::http
