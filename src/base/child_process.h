#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace voxlate {

/// A program and its arguments, handed to the kernel as they are: no shell reads them.
struct Command {
  std::string program;  ///< absolute path
  std::vector<std::string> arguments;

  bool operator==(const Command&) const = default;
};

/// One running child process. It has its own process group and the working folder "/", sees only LC_ALL and PATH
/// of an environment, only the two descriptors given and a stderr that goes nowhere, and leaves no core file.
/// The destructor ends the whole group (SIGTERM, after `kGrace` SIGKILL) and reaps the child: none outlives its
/// object. Should this process be killed, the kernel kills the child; as it does when the thread ends that made
/// the object, so a child belongs to a thread that lives as long as the object or an owner that can start another.
/// Not thread-safe.
class ChildProcess {
 public:
  static constexpr std::chrono::milliseconds kGrace{500};

  /// `stdin_fd` and `stdout_fd` are above 2 and stay the caller's. Throws `kUnavailable` when the program cannot
  /// be started.
  ChildProcess(const Command& command, int stdin_fd, int stdout_fd);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  /// Sends SIGTERM to the group and returns at once: several children end in the time of one.
  void request_end();

  /// Whether the child has ended; never waits.
  bool has_ended() const;

 private:
  void wait_for_end() const;

  pid_t pid_ = -1;
  std::optional<std::chrono::steady_clock::time_point> end_by_;
};

/// Programs in a row, each reading what the one before it writes, and the two ends of the row. Every end is
/// non-blocking, and writing to a row that has died is an Error, never SIGPIPE. Not thread-safe.
class ProcessPipeline {
 public:
  struct ReadResult {
    std::size_t size_bytes = 0;  ///< 0: nothing is there now
    bool ended = false;          ///< the last program closed its output
  };

  /// Starts all `commands`, at least one. Throws `kUnavailable`.
  explicit ProcessPipeline(std::span<const Command> commands);
  ~ProcessPipeline();
  ProcessPipeline(const ProcessPipeline&) = delete;
  ProcessPipeline& operator=(const ProcessPipeline&) = delete;

  /// Gives the first program what it takes of `bytes` now; returns how much that was.
  /// Throws `kUnavailable` when it does not read any more.
  std::size_t write_some(std::string_view bytes);

  /// The first program sees the end of its input.
  void close_input() { input_.reset(); }

  /// Takes what the last program has written.
  ReadResult read_some(std::span<char> buffer);

  /// Waits until there is something to read, or with `or_writable` something can be written, or the row has
  /// died; false after `limit`.
  bool wait(bool or_writable, std::chrono::milliseconds limit);

  std::vector<pid_t> process_ids() const;

 private:
  UniqueFd input_;
  UniqueFd output_;
  std::vector<ChildProcess> children_;
};

}  // namespace voxlate
