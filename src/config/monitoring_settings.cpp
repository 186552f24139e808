#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> monitoring_settings() {
  return {
      {"monitoring.enabled",
       "watch for alerts, keep figures over time, and adapt the workers",
       flag(&Config::monitoring),
       {"ENABLE_PERFORMANCE_MONITORING"}},
      {"monitoring.save_metrics",
       "keep figures over time in the database",
       flag(&Config::save_metrics),
       {"SAVE_PERFORMANCE_METRICS"}},
      {"monitoring.check_interval", "seconds between two looks of what adapts itself, 1 to 3600",
       whole(&Config::check_interval, 1, 3600)},
      {"monitoring.raw_hours", "figures of every ten seconds are kept so long, 1 to 168",
       whole(&Config::metrics_raw, 1, 168)},
      {"monitoring.minute_days", "those of minutes, and marks, 1 to 90", whole(&Config::metrics_minutes, 1, 90)},
      {"monitoring.hour_days", "those of hours, and what jobs took, 1 to 3650", whole(&Config::metrics_hours, 1, 3650)},
      {"performance.self_tuning", "what is safe of the recommendations is done every hour", flag(&Config::self_tuning)},
  };
}

}  // namespace voxlate::config
