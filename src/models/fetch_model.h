#pragma once

#include <stop_token>
#include <string>

#include "models/catalogue.h"
#include "models/download.h"
#include "models/model_folder.h"

namespace voxlate::models {

/// Where known models come from.
struct ModelSource {
  std::string base_url = "https://huggingface.co";  ///< or a mirror with the same paths
  bool offline = false;                             ///< ask nobody
  DownloadOptions download{};
};

/// Throws `kUnsupported` when offline, saying where to put the file by hand.
void require_online(const KnownModel& model, const ModelSource& source);

/// Downloads a known model into the folder, where it is installed afterwards. Throws as `download` does, and
/// `kUnsupported` when offline.
void fetch_model(const KnownModel& model, ModelFolder& folder, const ModelSource& source,
                 const DownloadProgress& progress, const std::stop_token& stop);

}  // namespace voxlate::models
