#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> media_settings() {
  return {
      {"media.max_duration_hours", "longest media accepted, 1 to 1000", whole(&Config::max_media_duration, 1, 1000)},
      {"media.worker",
       "true: uploads are read by sandboxed processes of their own; false: within the server",
       flag(&Config::media_worker),
       {"USE_PROCESS_POOL"}},
      {"media.worker_program", "the program that they run; default: voxlate-media in the folder of voxlate",
       plain(&Config::media_worker_program)},
  };
}

}  // namespace voxlate::config
