#include "media_worker/make_workers.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/packet_socket.h"
#include "media/worker_request.h"
#include "media_worker/sandbox.h"
#include "media_worker/work.h"
#include "voxlate/error.h"

namespace voxlate::media_worker {
namespace {

constexpr int kFileFd = 3;
constexpr int kAnswerFd = 4;
constexpr int kArrivalsFd = 5;
constexpr int kFirstFreeFd = 6;

/// As many as a server has connections and jobs, and some.
constexpr std::size_t kMaxWorkers = 512;

/// A worker from the side of the process that made it.
struct Child {
  pid_t id = -1;
  UniqueFd line;
  bool is_wanted = true;  ///< the server has its end of the line
};

/// SIGCHLD as something to wait for.
UniqueFd watch_children() {
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  return UniqueFd(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
}

/// Runs in the new process: keeps the file, the answer, and the arrivals if there are any, and lives no longer than its
/// maker.
[[noreturn]] void be_worker(const media::WorkerRequest& request, pid_t maker, const Packet& packet) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int high_file = ::fcntl(packet.fds[0].get(), F_DUPFD, kFirstFreeFd);
  const int high_answer = ::fcntl(packet.fds[1].get(), F_DUPFD, kFirstFreeFd);
  const int high_arrivals = request.arrival ? ::fcntl(packet.fds[3].get(), F_DUPFD, kFirstFreeFd) : -1;
  const bool ready = ::dup2(high_file, kFileFd) >= 0 && ::dup2(high_answer, kAnswerFd) >= 0 &&
                     (!request.arrival || ::dup2(high_arrivals, kArrivalsFd) >= 0) &&
                     ::syscall(SYS_close_range, request.arrival ? kFirstFreeFd : kArrivalsFd, ~0U, 0) == 0 &&
                     ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == maker;
  // No clean-up: what this copy has of its maker is not its own.
  ::_exit(ready ? work(request, UniqueFd(kFileFd), UniqueFd(kAnswerFd), UniqueFd(request.arrival ? kArrivalsFd : -1))
                : 1);
}

class Maker {
 public:
  explicit Maker(UniqueFd control) : control_(std::move(control)), child_signals_(watch_children()) {}

  int run(const media::Sandbox& sandbox) {
    if (!send_packet(control_.get(), media::encode(sandbox))) return 1;
    while (wait_and_serve()) {
    }
    return 0;
  }

 private:
  /// False when the server is gone.
  bool wait_and_serve() {
    std::vector<pollfd> events{{.fd = control_.get(), .events = POLLIN, .revents = 0},
                               {.fd = child_signals_.get(), .events = POLLIN, .revents = 0}};
    for (const Child& child : children_) {
      events.push_back({.fd = child.is_wanted ? child.line.get() : -1, .events = POLLIN, .revents = 0});
    }
    if (::poll(events.data(), events.size(), /*timeout=*/-1) < 0) return errno == EINTR;
    for (std::size_t i = 0; i < children_.size(); ++i) {
      if (events[i + 2].revents != 0) end(children_[i]);
    }
    if (events[1].revents != 0) report_ended();
    return events[0].revents == 0 || take_request();
  }

  /// Not reaped yet, so the number is its own.
  static void end(Child& child) {
    child.is_wanted = false;
    ::kill(child.id, SIGKILL);
  }

  void report_ended() {
    std::array<char, 16 * sizeof(signalfd_siginfo)> signals{};
    while (::read(child_signals_.get(), signals.data(), signals.size()) > 0) {
    }
    int status = 0;
    for (pid_t id = ::waitpid(-1, &status, WNOHANG); id > 0; id = ::waitpid(-1, &status, WNOHANG)) {
      const auto child = std::ranges::find(children_, id, &Child::id);
      if (child == children_.end()) continue;
      send_packet(child->line.get(), media::encode(media::WorkerEnded{.wait_status = status}));
      children_.erase(child);
    }
  }

  bool take_request() {
    std::optional<Packet> packet = receive_packet(control_.get());
    if (!packet) return false;
    const media::WorkerRequest request = media::read_request(packet->bytes);
    if (packet->fd_count != (request.arrival ? 4U : 3U)) return false;
    const pid_t maker = ::getpid();
    const pid_t id = children_.size() < kMaxWorkers ? ::fork() : -1;
    if (id == 0) be_worker(request, maker, *packet);
    UniqueFd line = std::move(packet->fds[2]);
    send_packet(line.get(), media::encode(media::WorkerStarted{.process_id = std::max(id, 0)}));
    if (id > 0) children_.push_back({.id = id, .line = std::move(line)});
    return true;
  }

  const UniqueFd control_;
  const UniqueFd child_signals_;
  std::vector<Child> children_;
};

}  // namespace

int make_workers(UniqueFd control) {
  prepare_for_work();
  const media::Sandbox sandbox = put_up_outer_walls();
  try {
    return Maker(std::move(control)).run(sandbox);
  } catch (const std::exception&) {
    return 1;  // a server of another version: it sees the end of the line
  }
}

}  // namespace voxlate::media_worker
