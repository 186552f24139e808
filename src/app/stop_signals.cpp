#include "app/stop_signals.h"

#include <unistd.h>

#include <csignal>

#include "base/log.h"

namespace voxlate::app {
namespace {

constexpr int kKilledBySecondSignal = 130;

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this, set](const std::stop_token& ended) {
    constexpr timespec kLook{.tv_sec = 0, .tv_nsec = 200'000'000};  // to notice the end of the program
    while (!ended.stop_requested()) {
      const int number = sigtimedwait(&set, nullptr, &kLook);
      if (number < 0) continue;
      if (stop_.stop_requested()) ::_exit(kKilledBySecondSignal);
      log::info("stopping", {{"signal", number}});
      stop_.request_stop();
    }
  });
}

StopSignals::~StopSignals() = default;

}  // namespace voxlate::app
