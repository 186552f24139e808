#pragma once

namespace voxlate::media_worker {

/// Puts up the walls around processes that try what must be denied, and prints what came of it, a line each.
/// Returns 0 when everything was denied, else 1.
int check_sandbox();

}  // namespace voxlate::media_worker
