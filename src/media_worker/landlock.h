#pragma once

namespace voxlate::media_worker {

/// Takes from this process and its children, by Landlock, every right on files by their path; where the kernel's
/// Landlock can, also TCP, and signals and local sockets to processes that are not its children. What is open
/// stays open. Returns the kernel's ABI number; 0 when there is no Landlock, and nothing was taken.
int deny_by_landlock();

}  // namespace voxlate::media_worker
