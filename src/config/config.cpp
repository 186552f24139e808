#include "config/config.h"

#include <cstdlib>

namespace voxlate {

std::filesystem::path default_data_dir() {
  if (const char* data_home = std::getenv("XDG_DATA_HOME"); data_home != nullptr && *data_home != '\0') {
    return std::filesystem::path(data_home) / "voxlate";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".local" / "share" / "voxlate";
  }
  return "/var/lib/voxlate";
}

std::string_view to_string(Profile profile) { return profile == Profile::kProduction ? "production" : "development"; }

int loaded_models_limit(const Config& config) {
  if (config.max_loaded_models > 0) return config.max_loaded_models;
  return config.profile == Profile::kProduction ? 1 : 3;
}

}  // namespace voxlate
