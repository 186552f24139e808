#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

constexpr int kMostWorkers = 256;

/// "auto" is 0.
SettingValue worker_count(int Config::*member) {
  return {.set = [member](
                     Config& config,
                     std::string_view text) { config.*member = text == "auto" ? 0 : parse_int(text, 1, kMostWorkers); },
          .show = [member](const Config& config) { return config.*member == 0 ? "auto" : show(config.*member); }};
}

}  // namespace

std::vector<Setting> workers_settings() {
  return {
      {"workers.count",
       "tasks of stages that run at once: auto, or 1 to 256",
       worker_count(&Config::workers),
       {"MAX_WORKERS"}},
      {"workers.min",
       "the least that auto may be, 1 to 256",
       whole(&Config::workers_min, 1, kMostWorkers),
       {"MIN_WORKERS"}},
      {"workers.default",
       "auto where nothing is known of the machine, 1 to 256",
       whole(&Config::workers_default, 1, kMostWorkers),
       {"DEFAULT_MAX_WORKERS"}},
      {"workers.max",
       "the most that auto may be, 1 to 256",
       whole(&Config::workers_max, 1, kMostWorkers),
       {"MAX_WORKERS_LIMIT"}},
      {"workers.low_memory_gb",
       "with less memory free auto is the least, 0 to 1024",
       fraction(&Config::workers_low_memory_gb, 0, 1024),
       {"LOW_MEMORY_THRESHOLD_GB"}},
      {"workers.high_memory_gb",
       "with more memory free it is no reason for fewer, 0 to 4096",
       fraction(&Config::workers_high_memory_gb, 0, 4096),
       {"HIGH_MEMORY_THRESHOLD_GB"}},
  };
}

}  // namespace voxlate::config
