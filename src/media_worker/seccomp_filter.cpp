#include "media_worker/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace voxlate::media_worker {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the numbers of this machine's system calls are not known here"
#endif

constexpr std::uint32_t kX32Calls = 0x4000'0000;  // a second set of numbers on x86-64

constexpr int kAllowed[] = {
    // what was open before
    SYS_read, SYS_pread64, SYS_write, SYS_writev, SYS_lseek, SYS_close,
    // memory; mmap and mprotect are below
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex,
    // looking at time and at itself
    SYS_clock_gettime, SYS_gettimeofday, SYS_clock_nanosleep, SYS_nanosleep, SYS_getpid, SYS_gettid, SYS_getrandom,
    SYS_sysinfo, SYS_sched_getaffinity, SYS_sched_yield, SYS_getrusage, SYS_membarrier, SYS_rseq,
    // signals to itself (abort), and the end; tgkill is below
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall, SYS_exit,
    SYS_exit_group};

/// What libraries try in passing and can do without: files of settings, tables and locales.
constexpr int kRefusedFiles[] = {
#if defined(SYS_open)
    SYS_open,       SYS_access,    SYS_stat,       SYS_lstat, SYS_readlink,
#endif
    SYS_openat,     SYS_faccessat, SYS_newfstatat, SYS_statx, SYS_readlinkat, SYS_getcwd, SYS_ioctl,
#if defined(SYS_faccessat2)
    SYS_faccessat2,
#endif
};

/// Assembles the program of the filter: one question after the other, each with its answer.
class FilterProgram {
 public:
  void load(std::size_t offset) { add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset))); }
  void answer(std::uint32_t action) { add(BPF_STMT(BPF_RET | BPF_K, action)); }

  /// Goes over the next `steps` unless the loaded word equals, or has a bit of, or is at least `value`.
  void unless_equal(std::uint32_t value, int steps) { jump(BPF_JEQ, value, 0, steps); }
  void unless_any_bit(std::uint32_t value, int steps) { jump(BPF_JSET, value, 0, steps); }
  void unless_at_least(std::uint32_t value, int steps) { jump(BPF_JGE, value, 0, steps); }

  /// Goes over the next `steps` if the loaded word equals `value`.
  void when_equal(std::uint32_t value, int steps) { jump(BPF_JEQ, value, steps, 0); }

  void when_call(int number, std::uint32_t action) {
    unless_equal(static_cast<std::uint32_t>(number), 1);
    answer(action);
  }

  sock_fprog program() { return {.len = static_cast<unsigned short>(steps_.size()), .filter = steps_.data()}; }

 private:
  void add(sock_filter step) { steps_.push_back(step); }
  void jump(std::uint16_t kind, std::uint32_t value, int if_true, int if_false) {
    add(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | kind | BPF_K), value, static_cast<std::uint8_t>(if_true),
                 static_cast<std::uint8_t>(if_false)));
  }

  std::vector<sock_filter> steps_;
};

/// The low half of an argument: both machines are little-endian, and none that is asked about is wider.
constexpr std::size_t argument(int index) {
  return offsetof(seccomp_data, args) + static_cast<std::size_t>(index) * sizeof(std::uint64_t);
}

constexpr std::uint32_t refuse_with(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

/// Memory, but none that can be executed.
void add_memory_call(FilterProgram& filter, int number) {
  filter.unless_equal(static_cast<std::uint32_t>(number), 4);
  filter.load(argument(2));
  filter.unless_any_bit(PROT_EXEC, 1);
  filter.answer(SECCOMP_RET_KILL_PROCESS);
  filter.answer(SECCOMP_RET_ALLOW);
}

/// abort() is a signal to oneself.
void add_own_signal(FilterProgram& filter) {
  filter.unless_equal(SYS_tgkill, 4);
  filter.load(argument(0));
  filter.unless_equal(static_cast<std::uint32_t>(::getpid()), 1);
  filter.answer(SECCOMP_RET_ALLOW);
  filter.answer(SECCOMP_RET_KILL_PROCESS);
}

/// Its own limits may be read, and that of processor time set, up to the hard limit. `prlimit64` gets the new
/// limits by an address, 0 for none, which has two halves.
void add_limits(FilterProgram& filter) {
  filter.unless_equal(SYS_prlimit64, 11);
  filter.load(argument(0));
  filter.unless_equal(0, 8);
  filter.load(argument(1));
  filter.unless_equal(RLIMIT_CPU, 1);
  filter.answer(SECCOMP_RET_ALLOW);
  filter.load(argument(2));
  filter.unless_equal(0, 3);
  filter.load(argument(2) + sizeof(std::uint32_t));
  filter.unless_equal(0, 1);
  filter.answer(SECCOMP_RET_ALLOW);
  filter.answer(SECCOMP_RET_KILL_PROCESS);
}

FilterProgram make_filter() {
  FilterProgram filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.when_equal(kArchitecture, 1);
  filter.answer(SECCOMP_RET_KILL_PROCESS);
  filter.load(offsetof(seccomp_data, nr));
  filter.unless_at_least(kX32Calls, 1);
  filter.answer(SECCOMP_RET_KILL_PROCESS);
  for (const int number : kAllowed) filter.when_call(number, SECCOMP_RET_ALLOW);
  for (const int number : kRefusedFiles) filter.when_call(number, refuse_with(EACCES));
  filter.when_call(SYS_clone, refuse_with(EPERM));
  filter.when_call(SYS_clone3, refuse_with(ENOSYS));
  add_memory_call(filter, SYS_mmap);
  add_memory_call(filter, SYS_mprotect);
  add_own_signal(filter);
  add_limits(filter);
  filter.answer(SECCOMP_RET_KILL_PROCESS);
  return filter;
}

}  // namespace

bool has_seccomp() {
  // A filter at no address is refused for that reason only where there are filters.
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr, 0, 0) != 0 && errno == EFAULT;
}

bool deny_by_seccomp() {
  FilterProgram filter = make_filter();
  const sock_fprog program = filter.program();
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace voxlate::media_worker
