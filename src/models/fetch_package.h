#pragma once

#include <stop_token>
#include <string>

#include "models/fetch_model.h"
#include "models/model_folder.h"
#include "models/package_index.h"

namespace voxlate::models {

/// Throws `kUnsupported` when offline, or when models.require_listed is set and the index lists no checksum of it.
void require_fetchable(const TranslationPackage& package, const ModelSource& source, bool require_listed);

/// Downloads a package into the folder, where it is installed afterwards, and deletes older versions that were fetched.
/// Its checksum has to be the listed one, else that of the first time this version was fetched here. `package` has its
/// size. An archive that is there already is not fetched again; one that proves to be no package is deleted.
/// Throws as `download` and `PackageFolder::install` do.
void fetch_package(const TranslationPackage& package, ModelFolder& folder, const ModelSource& source,
                   const DownloadProgress& progress, const std::stop_token& stop);

}  // namespace voxlate::models
