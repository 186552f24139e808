#pragma once

namespace voxlate {

/// Has the C library keep up to 128 MiB of what is freed instead of giving it back to the system: fresh pages for each
/// matrix cost a tenth of the time of an encoder, whose layers ask for the same sizes again and again.
void keep_freed_memory();

/// Gives what is free back to the system.
void return_freed_memory();

}  // namespace voxlate
