#pragma once

namespace voxlate::media_worker {

/// From now on this process may compute, use memory, and read, write and seek in what it has open. Calls that
/// libraries try in passing (open, stat) fail with EACCES, new threads and processes with EPERM; any other call
/// kills it (SIGSYS). False when the kernel has no seccomp.
bool deny_by_seccomp();

/// Whether `deny_by_seccomp` would do something.
bool has_seccomp();

}  // namespace voxlate::media_worker
