#include "media/worker_starter.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/packet_socket.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

constexpr int kControlFd = 3;  // of the process that makes workers
constexpr int kPipeBytes = 512 * 1024;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

/// A wide one where the system lets it be: the worker decodes ahead while the server recognises.
Pipe make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw_errno("cannot make a pipe");
  Pipe pipe{.read = UniqueFd(fds[0]), .write = UniqueFd(fds[1])};
  ::fcntl(pipe.write.get(), F_SETPIPE_SZ, kPipeBytes);
  return pipe;
}

/// posix_spawn's two settings: what the new process has of ours, which is one socket.
class SpawnSettings {
 public:
  explicit SpawnSettings(int control) {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, control, kControlFd);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
      if (fd == STDERR_FILENO) continue;  // what a sanitizer found is said there
#endif
      ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kControlFd + 1);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
};

}  // namespace

WorkerStarter::WorkerStarter(Options options) : options_(std::move(options)) {
  const MutexLock lock(mutex_);
  spawn();
}

WorkerStarter::~WorkerStarter() {
  const MutexLock lock(mutex_);
  end();
}

void WorkerStarter::spawn() {
  auto [ours, theirs] = make_packet_sockets();
  const SpawnSettings settings(theirs.get());
  std::string program = options_.program.string();
  std::string locale = "LC_ALL=C.UTF-8";
  const std::array<char*, 2> arguments{program.data(), nullptr};
  const std::array<char*, 2> environment{locale.data(), nullptr};
  pid_t id = -1;
  const int error = ::posix_spawn(&id, program.c_str(), &settings.actions, &settings.attributes, arguments.data(),
                                  environment.data());
  if (error != 0) {
    throw Error(ErrorCode::kUnavailable, "cannot start the media worker (" + options_.program.filename().string() +
                                             "): " + std::strerror(error));
  }
  process_ = {.control = std::move(ours), .id = id, .sandbox = std::nullopt};
}

void WorkerStarter::end() {
  if (process_.id < 0) return;
  ::kill(process_.id, SIGKILL);  // its workers follow it
  while (::waitpid(process_.id, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = {};
}

void WorkerStarter::wait_until_ready() {
  if (process_.id < 0) spawn();  // after a failed attempt to start it again
  if (process_.sandbox) return;
  std::optional<Packet> packet;
  if (wait_readable(process_.control.get(), options_.patience)) packet = receive_packet(process_.control.get());
  if (!packet) {
    end();
    throw Error(ErrorCode::kUnavailable, "the media worker (" + options_.program.filename().string() +
                                             ") does not start: expected its sandbox to be up, got nothing");
  }
  process_.sandbox = read_sandbox(packet->bytes);
}

Sandbox WorkerStarter::sandbox() {
  const MutexLock lock(mutex_);
  wait_until_ready();
  return *process_.sandbox;
}

pid_t WorkerStarter::process_id() {
  const MutexLock lock(mutex_);
  return process_.id;
}

WorkerEnds WorkerStarter::start(const UniqueFd& file, const WorkerRequest& request) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    pid_t asked = -1;
    if (auto worker = try_start(file, request, asked)) return *std::move(worker);
    start_again_unless_newer(asked);
  }
  throw Error(ErrorCode::kUnavailable, "the media worker cannot be started now");
}

std::optional<WorkerEnds> WorkerStarter::try_start(const UniqueFd& file, const WorkerRequest& request, pid_t& asked) {
  Pipe pipe = make_pipe();
  auto [ours, theirs] = make_packet_sockets();
  std::pair<UniqueFd, UniqueFd> arrivals;
  if (request.arrival) arrivals = make_packet_sockets();
  {
    const MutexLock lock(mutex_);
    wait_until_ready();
    asked = process_.id;
    const std::array<int, 4> fds{file.get(), pipe.write.get(), theirs.get(), arrivals.second.get()};
    const auto sent = std::span<const int>(fds).first(request.arrival ? 4U : 3U);
    if (!send_packet(process_.control.get(), encode(request), sent)) return std::nullopt;
  }
  pipe.write.reset();
  theirs.reset();
  arrivals.second.reset();
  if (!wait_readable(ours.get(), options_.patience)) return std::nullopt;
  const std::optional<Packet> packet = receive_packet(ours.get());
  if (!packet) return std::nullopt;
  const WorkerStarted started = read_started(packet->bytes);
  if (started.process_id == 0) {
    throw Error(ErrorCode::kUnavailable, "no media worker can be started now: there are too many processes");
  }
  return WorkerEnds{.answer = std::move(pipe.read),
                    .line = std::move(ours),
                    .arrivals = std::move(arrivals.first),
                    .process_id = started.process_id};
}

void WorkerStarter::start_again_unless_newer(pid_t asked) {
  const MutexLock lock(mutex_);
  if (process_.id != asked) return;
  log::warning("media worker started again", {{"process_id", asked}});
  end();
  spawn();
}

}  // namespace voxlate::media
