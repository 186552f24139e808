#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> sphinx_settings() {
  return {
      {"sphinx.model_dir", "folder with the en-us model; default: the package's", plain(&Config::sphinx_model_dir)},
      {"sphinx.decoders", "utterances recognised at once, 130 MB each; 0: one a core, at most 4",
       whole(&Config::sphinx_decoders, 0, 64)},
  };
}

}  // namespace voxlate::config
