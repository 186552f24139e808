#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> jobs_settings() {
  return {
      {"jobs.max_concurrent",
       "jobs that run at once, 1 to 64",
       whole(&Config::max_concurrent_jobs, 1, 64),
       {"MAX_CONCURRENT_JOBS", "max_concurrent_jobs"}},
      {"jobs.max_cpu_percent",
       "beside others a job waits up to ten seconds while other programs use more of the processor, 10 to 100",
       percent(&Config::max_cpu_percent, 10, 100),
       {"max_cpu_percent"}},
      {"jobs.max_attempts", "tries before a job fails for good, 1 to 25", whole(&Config::max_attempts, 1, 25)},
      {"jobs.timeout_seconds",
       "a job without progress for so long is stopped",
       whole(&Config::stall_timeout, 1, 86'400),
       {"PROCESSING_TIMEOUT_SECONDS"}},
      {"jobs.large_file_timeout_seconds",
       "the same for files above 1 GiB",
       whole(&Config::large_file_stall_timeout, 1, 86'400),
       {"LARGE_FILE_TIMEOUT_SECONDS"}},
      {"jobs.brief_media_seconds",
       "a waiting request with media of at most this length has a worker of its own, 1 to 3600",
       whole(&Config::brief_media, 1, 3600)},
      {"jobs.retention_hours", "finished jobs, their media and results are deleted after this, 1 to 87600",
       whole(&Config::retention, 1, 87'600)},
  };
}

}  // namespace voxlate::config
