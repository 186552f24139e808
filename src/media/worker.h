#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stop_token>

#include "base/file.h"
#include "media/worker_messages.h"
#include "voxlate/arrival.h"

namespace voxlate::media {

/// A media worker that runs: the server's end of what it answers into, and of the line that it lives by.
struct WorkerEnds {
  UniqueFd answer;
  UniqueFd line;
  UniqueFd arrivals;  ///< only of a worker that reads a file that is still coming in
  pid_t process_id = 0;
};

/// One media worker from the server's side. It is killed when this object goes. Not thread-safe.
class Worker {
 public:
  Worker(WorkerEnds ends, std::stop_token stop);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Waits for the next message. Throws the worker's own failure; `kTimeout` when none came for `patience`;
  /// `kCancelled` at once after a stop was requested; when it died or talks nonsense:
  ///
  ///   a crash, the sandbox's bite, nonsense   kCorrupt      the file does it again at the next try
  ///   killed (the kernel, short of memory)    kOutOfMemory
  ///   more processor time than it may use     kTimeout
  ///   ended by somebody                       kUnavailable
  WorkerMessage next(std::chrono::milliseconds patience);

  /// Throws as `next` when the worker was killed. Returns at once.
  void check() { look_at_line(); }

  /// Says how much more of the file may be read. How a worker ended that does not hear it, `next` finds out.
  void tell(const Arrival& arrival);

  pid_t process_id() const { return ends_.process_id; }

 private:
  /// Takes the word that the worker ended, if it is there; throws when it was killed, whatever it said before, and
  /// each time.
  void look_at_line();

  /// False at the end of the answer.
  bool read_some(std::chrono::milliseconds patience);
  [[noreturn]] void fail_as_it_ended();

  struct Wake {
    int fd;
    void operator()() const noexcept;
  };

  const WorkerEnds ends_;
  WorkerMessageParser parser_;
  std::optional<int> wait_status_;  ///< once it has ended
  const UniqueFd stop_event_;
  const std::stop_callback<Wake> on_stop_;
};

}  // namespace voxlate::media
