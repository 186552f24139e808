#include "jobs/failure_log.h"

#include <exception>

#include "base/log.h"

namespace voxlate::jobs {

bool FailureLog::run(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    if (!failing_) log::error("failing", {{"task", name_}, {"error", error.what()}});
    failing_ = true;
    return false;
  }
  if (failing_) log::info("works again", {{"task", name_}});
  failing_ = false;
  return true;
}

}  // namespace voxlate::jobs
