#include <fmt/format.h>
#include <sys/socket.h>

#include <string_view>

#include "base/file.h"
#include "media_worker/check_sandbox.h"
#include "media_worker/make_workers.h"

namespace {

constexpr int kControlFd = 3;
constexpr int kWrongUsage = 2;

bool is_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--check-sandbox") return voxlate::media_worker::check_sandbox();
  if (argc == 1 && is_socket(kControlFd)) {
    return voxlate::media_worker::make_workers(voxlate::UniqueFd(kControlFd));
  }
  fmt::print(stderr,
             "voxlate-media reads media files for voxlate, which starts it. By hand:\n"
             "  voxlate-media --check-sandbox    tries what its sandbox has to deny; exit status 1 when something "
             "was not\n");
  return kWrongUsage;
}
