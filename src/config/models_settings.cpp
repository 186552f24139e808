#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

std::string parse_url(std::string_view text) {
  if (!text.starts_with("https://") && !text.starts_with("http://"))
    expected("an address such as https://huggingface.co", text);
  return std::string(text);
}

}  // namespace

std::vector<Setting> models_settings() {
  return {
      {"models.dir", "a further folder with model files, besides models/ of the data folder",
       plain(&Config::models_dir)},
      {"models.base_url", "where models are downloaded: https, or http on this machine",
       parsed(&Config::models_base_url, parse_url)},
      {"models.translation_index", "list of translation packages in Argos' form: https, or http on this machine",
       parsed(&Config::translation_index, parse_url)},
      {"models.default",
       "Whisper model that a server without one downloads: auto (base-q8_0, on CUDA base), a name, or empty for none",
       plain(&Config::models_default)},
      {"models.offline", "true: never download a model", flag(&Config::models_offline)},
      {"models.require_listed", "true: refuse model files without a listed checksum",
       flag(&Config::models_require_listed)},
      {"models.max_loaded", "models in memory at once, 0 to 64; 0: one in production, three in development",
       whole(&Config::max_loaded_models, 0, 64)},
      {"models.idle_seconds", "a model not used for so long leaves the memory, 0 to 86400; 0: never",
       whole(&Config::models_idle_time, 0, 86'400)},
  };
}

}  // namespace voxlate::config
