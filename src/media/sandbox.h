#pragma once

#include <string>

namespace voxlate::media {

/// The walls around a media worker. Always there: limits on its resources, no new privileges, no environment.
struct Sandbox {
  int landlock_abi = 0;     ///< of the kernel; 0: no Landlock, so no wall around files but seccomp
  bool seccomp = false;     ///< only calls on an allow-list
  bool namespaces = false;  ///< no network, no message queues, nobody's user rights

  bool operator==(const Sandbox&) const = default;
};

/// "landlock=7 seccomp=on namespaces=on".
std::string to_string(const Sandbox& sandbox);

}  // namespace voxlate::media
