#pragma once

#include "base/file.h"

namespace voxlate::media_worker {

/// Loads everything, puts up the outer walls, says so, and makes a worker for each request (see
/// `media/worker_request.h`) until the server closes `control`. Returns the exit status.
int make_workers(UniqueFd control);

}  // namespace voxlate::media_worker
