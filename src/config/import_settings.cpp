#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> import_settings() {
  return {
      {"import.downloads", "files that are fetched from addresses at once, up to 16; 0: none is fetched",
       whole(&Config::import_downloads, 0, 16)},
      {"import.timeout_hours", "longest time for fetching one file, 1 to 168", whole(&Config::import_timeout, 1, 168)},
      {"import.min_bytes_per_second", "a server that sends less over 30 s is left; 0: never",
       bytes(&Config::import_min_bytes_per_second)},
  };
}

}  // namespace voxlate::config
