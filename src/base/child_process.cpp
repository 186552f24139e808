#include "base/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "voxlate/error.h"

namespace voxlate {
namespace {

constexpr int kFirstOwnFd = 3;
constexpr int kMaxFdsClosedSingly = 65536;

/// Moves a descriptor out of the way of 0, 1 and 2, which the child replaces.
UniqueFd above_standard_fds(UniqueFd fd) {
  if (fd.get() >= kFirstOwnFd) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstOwnFd));
  if (!moved) throw_errno("cannot duplicate a descriptor");
  return moved;
}

struct FdPair {
  UniqueFd read;
  UniqueFd write;
};

FdPair make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw_errno("cannot make a pipe");
  UniqueFd read(fds[0]);
  UniqueFd write(fds[1]);
  return {.read = above_standard_fds(std::move(read)), .write = above_standard_fds(std::move(write))};
}

/// A socket instead of a pipe where we write: send() can be told not to raise SIGPIPE.
FdPair make_socket_pair() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) throw_errno("cannot make a socket pair");
  UniqueFd read(fds[0]);
  UniqueFd write(fds[1]);
  return {.read = above_standard_fds(std::move(read)), .write = above_standard_fds(std::move(write))};
}

void set_non_blocking(const UniqueFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    throw_errno("cannot make a descriptor non-blocking");
}

/// All that the child needs between fork and exec, where nothing may be allocated.
struct ChildSetup {
  pid_t parent;
  int stdin_fd;
  int stdout_fd;
  int stderr_fd;
  int error_fd;
  const char* program;
  char* const* arguments;
  char* const* environment;
};

/// Everything above stderr goes with exec, whoever opened it and however.
void close_other_fds_on_exec() {
  if (::syscall(SYS_close_range, kFirstOwnFd, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int fd = kFirstOwnFd; fd < kMaxFdsClosedSingly; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// An ignored signal stays ignored over exec, and programs in a row rely on SIGPIPE.
void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Runs in the child: async-signal-safe calls only, since other threads may have held any lock at the fork.
[[noreturn]] void become_program(const ChildSetup& setup) {
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  const bool ready = ::setpgid(0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
                     ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::setrlimit(RLIMIT_CORE, &no_core) == 0 &&
                     ::chdir("/") == 0 && ::dup2(setup.stdin_fd, STDIN_FILENO) >= 0 &&
                     ::dup2(setup.stdout_fd, STDOUT_FILENO) >= 0 && ::dup2(setup.stderr_fd, STDERR_FILENO) >= 0;
  // The parent may have been killed before the request above was in force.
  if (::getppid() != setup.parent) ::_exit(1);
  if (ready) {
    close_other_fds_on_exec();
    reset_signals();
    ::execve(setup.program, setup.arguments, setup.environment);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t ignored = ::write(setup.error_fd, &error, sizeof error);
  ::_exit(127);
}

/// Forks with all signals blocked, so that no handler of ours ever runs in the child.
pid_t fork_program(const ChildSetup& setup) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) become_program(setup);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string_view file_name(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

ChildProcess::ChildProcess(const Command& command, int stdin_fd, int stdout_fd) {
  assert(stdin_fd >= kFirstOwnFd && stdout_fd >= kFirstOwnFd);
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment{"LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"};
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const UniqueFd nowhere = above_standard_fds(UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC)));
  FdPair error_pipe = make_pipe();

  pid_ = fork_program({.parent = ::getpid(),
                       .stdin_fd = stdin_fd,
                       .stdout_fd = stdout_fd,
                       .stderr_fd = nowhere.get(),
                       .error_fd = error_pipe.write.get(),
                       .program = command.program.c_str(),
                       .arguments = argument_pointers.data(),
                       .environment = environment_pointers.data()});
  const std::string name(file_name(command.program));
  if (pid_ < 0) throw Error(ErrorCode::kUnavailable, "cannot start " + name + ": " + std::strerror(errno));

  // Exec closes the pipe; before that only a failure is written to it.
  error_pipe.write.reset();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(error_pipe.read.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return;
  reap(pid_);
  throw Error(ErrorCode::kUnavailable, "cannot start " + name + ": " + std::strerror(error));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), end_by_(other.end_by_) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  if (!end_by_) request_end();
  wait_for_end();
  // The child is not reaped yet, so the number of its group cannot be another's; this also ends what it left behind.
  ::kill(-pid_, SIGKILL);
  reap(pid_);
}

void ChildProcess::request_end() {
  end_by_ = std::chrono::steady_clock::now() + kGrace;
  ::kill(-pid_, SIGTERM);
}

bool ChildProcess::has_ended() const {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return true;
  return info.si_pid == pid_;
}

void ChildProcess::wait_for_end() const {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!handle) return;  // no way to wait with a limit: the caller goes on to SIGKILL
  while (!has_ended()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*end_by_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    pollfd ready{.fd = handle.get(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, static_cast<int>(left.count()));
  }
}

ProcessPipeline::ProcessPipeline(std::span<const Command> commands) {
  assert(!commands.empty());
  FdPair input = make_socket_pair();
  input_ = std::move(input.write);
  set_non_blocking(input_);
  UniqueFd next_input = std::move(input.read);
  children_.reserve(commands.size());
  for (const Command& command : commands) {
    FdPair pipe = make_pipe();
    children_.emplace_back(command, next_input.get(), pipe.write.get());
    next_input = std::move(pipe.read);
  }
  output_ = std::move(next_input);
  set_non_blocking(output_);
}

ProcessPipeline::~ProcessPipeline() {
  for (ChildProcess& child : children_) child.request_end();
}

std::size_t ProcessPipeline::write_some(std::string_view bytes) {
  const ssize_t sent = ::send(input_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
  throw Error(ErrorCode::kUnavailable, std::string("a child process does not read any more: ") + std::strerror(errno));
}

ProcessPipeline::ReadResult ProcessPipeline::read_some(std::span<char> buffer) {
  const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
  if (got > 0) return {.size_bytes = static_cast<std::size_t>(got), .ended = false};
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {};
  return {.size_bytes = 0, .ended = true};
}

bool ProcessPipeline::wait(bool or_writable, std::chrono::milliseconds limit) {
  std::array<pollfd, 2> ends{{{.fd = output_.get(), .events = POLLIN, .revents = 0},
                              {.fd = or_writable ? input_.get() : -1, .events = POLLOUT, .revents = 0}}};
  return ::poll(ends.data(), ends.size(), static_cast<int>(limit.count())) > 0;
}

std::vector<pid_t> ProcessPipeline::process_ids() const {
  std::vector<pid_t> ids;
  ids.reserve(children_.size());
  for (const ChildProcess& child : children_) ids.push_back(child.pid());
  return ids;
}

}  // namespace voxlate
