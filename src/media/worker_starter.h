#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/mutex.h"
#include "media/worker.h"
#include "media/worker_request.h"

namespace voxlate::media {

/// Starts media workers. Loading FFmpeg's many libraries takes 40 ms, so one process of `program` does that once,
/// puts up the walls that all workers share and waits; each worker is a copy of it (fork, 1 ms) that gets a wall of
/// its own, reads one file and ends. The waiting process never reads media; should it die, it is started again. It
/// and all workers end with this object, and with the server however that ends. Thread-safe.
class WorkerStarter {
 public:
  struct Options {
    std::filesystem::path program;

    /// For the process to be ready, and for a worker to be started by it.
    std::chrono::milliseconds patience = std::chrono::seconds(10);
  };

  /// Starts the process and does not wait for it. Throws `kUnavailable` when there is no such program.
  explicit WorkerStarter(Options options);
  ~WorkerStarter();
  WorkerStarter(const WorkerStarter&) = delete;
  WorkerStarter& operator=(const WorkerStarter&) = delete;

  /// The walls that are up; waits until they are. Throws `kUnavailable`.
  Sandbox sandbox() EXCLUDES(mutex_);

  /// A worker for `request` on `file`. Throws `kUnavailable`.
  WorkerEnds start(const UniqueFd& file, const WorkerRequest& request) EXCLUDES(mutex_);

  /// Of the waiting process.
  pid_t process_id() EXCLUDES(mutex_);

 private:
  struct Process {
    UniqueFd control;
    pid_t id = -1;
    std::optional<Sandbox> sandbox;
  };

  void spawn() REQUIRES(mutex_);
  void end() REQUIRES(mutex_);
  void wait_until_ready() REQUIRES(mutex_);

  /// Null when the process did not take it or does not answer; `asked` is that process.
  std::optional<WorkerEnds> try_start(const UniqueFd& file, const WorkerRequest& request, pid_t& asked)
      EXCLUDES(mutex_);
  void start_again_unless_newer(pid_t asked) EXCLUDES(mutex_);

  const Options options_;
  Mutex mutex_;
  Process process_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::media
