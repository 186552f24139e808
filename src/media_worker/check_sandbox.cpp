#include "media_worker/check_sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

#include "media_worker/sandbox.h"
#include "media_worker/work.h"

namespace voxlate::media_worker {
namespace {

/// Something that a worker must not be able to do; gives what the system call gives.
struct Attempt {
  std::string_view name;
  long (*run)();
};

long run_program() {
  std::array<char, 10> program{"/bin/true"};
  const std::array<char*, 2> arguments{program.data(), nullptr};
  return ::execve(program.data(), arguments.data(), nullptr);
}

long map_executable() {
  void* const at = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? -1 : 0;
}

long fork_once() {
  const pid_t id = ::fork();
  if (id == 0) ::_exit(0);
  return id;
}

/// Towards the documentation's network, which is nowhere; with a network of its own a process has no route to it.
long connect_out() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  address.sin_addr.s_addr = htonl(0xC0000201);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

long open_to_read() { return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC); }
long open_to_write() { return ::open("/tmp", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600); }

/// With all walls.
constexpr std::array kForWorkers = {
    Attempt{"read a file by its path", &open_to_read},
    Attempt{"write a file", &open_to_write},
    Attempt{"make a socket", [] { return static_cast<long>(::socket(AF_INET, SOCK_STREAM, 0)); }},
    Attempt{"make a local socket", [] { return static_cast<long>(::socket(AF_UNIX, SOCK_STREAM, 0)); }},
    Attempt{"run a program", &run_program},
    Attempt{"start a process", &fork_once},
    Attempt{"signal the process that made it", [] { return static_cast<long>(::kill(::getppid(), 0)); }},
    Attempt{"trace a process", [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr); }},
    Attempt{"make memory executable", &map_executable},
};

/// With those only that do without seccomp.
constexpr std::array kForLandlock = {Attempt{"read a file by its path", &open_to_read},
                                     Attempt{"write a file", &open_to_write}};
constexpr std::array kForNamespaces = {Attempt{"send to another machine", &connect_out}};

constexpr int kSucceeded = 255;
constexpr int kNoWalls = 254;
constexpr std::chrono::seconds kCpu{60};

/// How the attempt went in a process of its own; empty when it was not denied.
std::string outcome_of(const Attempt& attempt, bool with_inner_walls) {
  const pid_t id = ::fork();
  if (id < 0) return {};
  if (id == 0) {
    if (with_inner_walls && !put_up_inner_walls(kCpu)) ::_exit(kNoWalls);
    const long result = attempt.run();
    const int error = errno;
    ::_exit(result < 0 ? error : kSucceeded);
  }
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return fmt::format("killed ({})", ::sigabbrev_np(WTERMSIG(status)));
  // A program that ran would have ended with 0.
  const int code = WEXITSTATUS(status);
  return code == 0 || code == kSucceeded || code == kNoWalls ? std::string() : std::strerror(code);
}

template <typename Attempts>
bool try_all(std::string_view walls, const Attempts& attempts, bool with_inner_walls) {
  bool all_denied = true;
  for (const Attempt& attempt : attempts) {
    const std::string outcome = outcome_of(attempt, with_inner_walls);
    all_denied = all_denied && !outcome.empty();
    fmt::print("{}: {}: {}\n", walls, attempt.name, outcome.empty() ? "NOT DENIED" : "denied, " + outcome);
    std::fflush(stdout);
  }
  return all_denied;
}

}  // namespace

int check_sandbox() {
  prepare_for_work();
  const media::Sandbox sandbox = put_up_outer_walls();
  fmt::print("{}\n", media::to_string(sandbox));
  std::fflush(stdout);  // or each process that tries something prints it again
  bool all_denied = try_all("worker", kForWorkers, /*with_inner_walls=*/true);
  if (sandbox.landlock_abi > 0) all_denied = try_all("landlock", kForLandlock, false) && all_denied;
  if (sandbox.namespaces) all_denied = try_all("namespaces", kForNamespaces, false) && all_denied;
  return all_denied ? 0 : 1;
}

}  // namespace voxlate::media_worker
