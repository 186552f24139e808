#pragma once

#include "base/workspace.h"
#include "voxlate/job_store.h"
#include "voxlate/transcript.h"

namespace voxlate::pipeline {

/// What was recognised of a job: the whole transcript once it is known, the finished windows in the order of
/// their times before that. Throws `kNotFound` when the results of a completed job are gone.
Transcript job_transcript(const Job& job, const Workspace& workspace, const JobStore& store);

}  // namespace voxlate::pipeline
