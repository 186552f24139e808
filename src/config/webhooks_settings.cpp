#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> webhooks_settings() {
  return {
      {"webhooks.http", "whether webhooks may be called over http, unencrypted: true or false",
       flag(&Config::webhooks_http)},
      {"webhooks.connections", "webhooks that are called at once, 1 to 64",
       whole(&Config::webhooks_connections, 1, 64)},
      {"webhooks.per_user", "webhooks that a user may register, 0 to 1000", whole(&Config::webhooks_per_user, 0, 1000)},
      {"webhooks.log_hours", "how long settled deliveries are kept for the log and for sending again, 1 to 87600",
       whole(&Config::webhooks_log, 1, 87'600)},
  };
}

}  // namespace voxlate::config
