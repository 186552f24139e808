#include "models/fetch_model.h"

#include "voxlate/error.h"

namespace voxlate::models {
namespace {

std::string url_of(const KnownModel& model, const ModelSource& source) {
  return source.base_url + (source.base_url.ends_with('/') ? "" : "/") + model.path;
}

}  // namespace

void require_online(const KnownModel& model, const ModelSource& source) {
  if (!source.offline) return;
  throw Error(ErrorCode::kUnsupported,
              "models.offline is set, so nothing is downloaded; put " + model.file + " into the models folder by hand");
}

void fetch_model(const KnownModel& model, ModelFolder& folder, const ModelSource& source,
                 const DownloadProgress& progress, const std::stop_token& stop) {
  require_online(model, source);
  folder.create();
  download({.url = url_of(model, source),
            .target = folder.target_of(model),
            .size_bytes = model.size_bytes,
            .sha256 = model.sha256},
           source.download, progress, stop);
  folder.remember_download(model);
}

}  // namespace voxlate::models
