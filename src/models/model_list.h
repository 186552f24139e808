#pragma once

#include <vector>

#include "models/model_folder.h"
#include "models/package_index.h"

namespace voxlate::models {

/// The models of the folder, then the packages of the index that are not in it, all translation models by id. What the
/// index tells of an installed package is added to it.
std::vector<ModelFile> list_with_packages(ModelFolder& folder, PackageIndex& index);

/// A package of which nothing is here.
bool is_only_offered(const ModelInfo& model);

}  // namespace voxlate::models
