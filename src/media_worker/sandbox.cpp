#include "media_worker/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/file.h"
#include "media_worker/landlock.h"
#include "media_worker/seccomp_filter.h"

namespace voxlate::media_worker {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr rlim_t kMaxAddressBytes = rlim_t{2} << 30U;
#endif
constexpr rlim_t kMaxFiles = 32;

/// Workers are killed before the server when memory is short.
void prefer_for_killing() {
  constexpr std::string_view kScore = "800";
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (file) [[maybe_unused]]
    const ssize_t ignored = ::write(file.get(), kScore.data(), kScore.size());
}

/// Being nobody in namespaces of its own; containers often forbid that.
bool leave_namespaces() {
  constexpr int kSpaces = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  return ::unshare(CLONE_NEWUSER | kSpaces) == 0 || ::unshare(kSpaces) == 0;
}

void drop_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  ::syscall(SYS_capset, &header, none.data());
}

bool limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{.rlim_cur = value, .rlim_max = value};
  return ::setrlimit(resource, &both) == 0;
}

}  // namespace

media::Sandbox put_up_outer_walls() {
  prefer_for_killing();
  limit(RLIMIT_CORE, 0);
  const bool namespaces = leave_namespaces();
  drop_capabilities();
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const bool is_confined = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  return {.landlock_abi = is_confined ? deny_by_landlock() : 0,
          .seccomp = is_confined && has_seccomp(),
          .namespaces = namespaces};
}

bool put_up_inner_walls(std::chrono::seconds max_cpu) {
  bool is_limited = limit(RLIMIT_NOFILE, kMaxFiles) && limit(RLIMIT_NPROC, 0) &&
                    limit(RLIMIT_CPU, static_cast<rlim_t>(max_cpu.count()));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // those map terabytes, and report into a file
  is_limited = is_limited && limit(RLIMIT_AS, kMaxAddressBytes) && limit(RLIMIT_FSIZE, 0);
#endif
  return is_limited && deny_by_seccomp();
}

void limit_cpu(std::chrono::seconds time) {
  rlimit limits{};
  if (::getrlimit(RLIMIT_CPU, &limits) != 0) return;
  limits.rlim_cur = std::min(limits.rlim_max, static_cast<rlim_t>(time.count()));
  ::setrlimit(RLIMIT_CPU, &limits);
}

}  // namespace voxlate::media_worker
