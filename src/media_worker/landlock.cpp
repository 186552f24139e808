#include "media_worker/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "base/file.h"

namespace voxlate::media_worker {
namespace {

// The kernel's interface (Documentation/userspace-api/landlock.rst), by numbers: headers of Debian 12 end at ABI 2.
constexpr long kCreateRuleset = 444;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;

struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scope = 0;
};

/// Everything that the ABI knows how to deny; newer ones are used as the newest known here.
Ruleset everything(int abi) {
  Ruleset ruleset{.files = (1U << 13U) - 1};        // execute, read, write, list, remove, make
  if (abi >= 2) ruleset.files |= 1U << 13U;         // refer
  if (abi >= 3) ruleset.files |= 1U << 14U;         // truncate
  if (abi >= 5) ruleset.files |= 1U << 15U;         // ioctl on devices
  if (abi >= 4) ruleset.network = 1U | (1U << 1U);  // TCP: bind, connect
  if (abi >= 6) ruleset.scope = 1U | (1U << 1U);    // abstract local sockets, signals
  return ruleset;
}

/// Of the parts that the ABI knows.
std::size_t size_of_ruleset(int abi) {
  if (abi >= 6) return sizeof(Ruleset);
  return abi >= 4 ? offsetof(Ruleset, scope) : offsetof(Ruleset, network);
}

}  // namespace

int deny_by_landlock() {
  const long abi = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  if (abi <= 0) return 0;
  const Ruleset ruleset = everything(static_cast<int>(abi));
  const UniqueFd handle(
      static_cast<int>(::syscall(kCreateRuleset, &ruleset, size_of_ruleset(static_cast<int>(abi)), 0)));
  if (!handle || ::syscall(kRestrictSelf, handle.get(), 0) != 0) return 0;
  return static_cast<int>(abi);
}

}  // namespace voxlate::media_worker
