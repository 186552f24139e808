#pragma once

#include <chrono>

#include "media/worker_request.h"

namespace voxlate::media_worker {

/// The walls that all workers share; the process that makes them puts them up once, before anything else:
///
///   no new privileges, no core files, not to be traced; first to go when memory is short
///   namespaces: an own network without a way out, own message queues, no user's rights     where allowed
///   Landlock: no file by its path, no TCP                                                  where the kernel has it
///
/// Returns what is up, `seccomp` being what the workers will get.
media::Sandbox put_up_outer_walls();

/// The walls of one worker: limits on its resources (`max_cpu` can be lowered by `limit_cpu`), and seccomp. False
/// when one of them cannot be put up: nothing may be read then.
bool put_up_inner_walls(std::chrono::seconds max_cpu);

/// From now on the worker may use so much processor time in all, but not more than its `max_cpu`.
void limit_cpu(std::chrono::seconds time);

}  // namespace voxlate::media_worker
