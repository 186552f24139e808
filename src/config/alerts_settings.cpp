#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> alerts_settings() {
  return {
      {"alerts.enabled", "raise alerts", flag(&Config::alerts)},
      {"alerts.memory_percent", "more is an alert, 10 to 100; or a fraction",
       percent(&Config::alert_memory_percent, 10, 100)},
      {"alerts.cpu_percent", "more is an alert, 10 to 100; or a fraction",
       percent(&Config::alert_cpu_percent, 10, 100)},
      {"alerts.gpu_memory_percent", "more is an alert, 10 to 100; or a fraction",
       percent(&Config::alert_gpu_memory_percent, 10, 100)},
      {"alerts.disk_bytes_per_second", "more, read and written together, is an alert",
       bytes(&Config::alert_disk_bytes_per_second)},
      {"alerts.disk_seconds", "for so long, 1 to 3600", whole(&Config::alert_disk_time, 1, 3600)},
      {"alerts.disk_free_bytes", "less is an alert", bytes(&Config::alert_disk_free_bytes)},
      {"alerts.stage_seconds", "what a run of a stage may take in any case, 1 to 86400",
       whole(&Config::alert_stage_time, 1, 86'400)},
      {"alerts.stage_real_time_factor", "and beyond that for a second of its media, 0 to 1000",
       fraction(&Config::alert_stage_real_time_factor, 0, 1000)},
      {"alerts.raise_seconds", "above its limit for so long, a figure is an alert, 0 to 3600",
       whole(&Config::alert_raise_time, 0, 3600)},
      {"alerts.end_seconds", "below it for so long, it is none any more, 0 to 3600",
       whole(&Config::alert_end_time, 0, 3600)},
  };
}

}  // namespace voxlate::config
