#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> memory_settings() {
  return {
      {"memory.watchdog",
       "give memory back before it gets short, and start no job when it is",
       flag(&Config::memory_watchdog),
       {"ENABLE_MEMORY_OPTIMIZATION", "ENABLE_MEMORY_CLEANUP"}},
      {"memory.limit_bytes",
       "what the server itself may take, as if there were no more; 0: all of the machine or cgroup",
       bytes(&Config::memory_limit_bytes)},
      {"memory.cheap_percent", "from here on what costs nothing is given back now and then, 10 to 95; or a fraction",
       percent(&Config::memory_cheap_percent, 10, 95)},
      {"memory.release_percent",
       "from here on caches and idle models are freed and no job starts, 10 to 97; or a fraction",
       percent(&Config::memory_release_percent, 10, 97),
       {"MEMORY_THRESHOLD", "max_memory_percent"}},
      {"memory.refuse_percent",
       "from here on no job is accepted, and the newest running one goes back to the queue, 10 to 99; or a fraction",
       percent(&Config::memory_refuse_percent, 10, 99)},
      {"memory.adaptive",
       "begin earlier while use rises fast",
       flag(&Config::memory_adaptive),
       {"ADAPTIVE_MONITORING"}},
      {"memory.estimate_jobs", "start a job only when the memory that it is going to take is there",
       flag(&Config::memory_estimate_jobs)},
      {"memory.safety_factor",
       "how much of the free memory is given to a job beside others, 0.1 to 1",
       fraction(&Config::memory_safety_factor, 0.1, 1),
       {"MEMORY_SAFETY_FACTOR"}},
  };
}

}  // namespace voxlate::config
