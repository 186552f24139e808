#pragma once

#include "base/file.h"
#include "media/worker_request.h"

namespace voxlate::media_worker {

/// Loads what reading media loads at its first use, since no file can be opened later.
void prepare_for_work();

/// What a worker does: puts up its walls, reads `file` as asked, and writes the answer (`media/worker_messages.h`)
/// into `answer`; how far it may read of a file that is still coming in, it is told through `arrivals`. Returns its
/// exit status.
int work(const media::WorkerRequest& request, UniqueFd file, UniqueFd answer, UniqueFd arrivals);

}  // namespace voxlate::media_worker
