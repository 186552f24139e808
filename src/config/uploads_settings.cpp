#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> uploads_settings() {
  return {
      {"uploads.expiry_hours", "resumable uploads without new bytes for so long are deleted, 1 to 720",
       whole(&Config::upload_expiry, 1, 720)},
      {"uploads.max_per_user", "resumable uploads and parts of them at once, until a job takes them, 1 to 10000",
       whole(&Config::max_uploads_of_user, 1, 10'000)},
  };
}

}  // namespace voxlate::config
