#include "models/model_list.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "models/verified_files.h"
#include "remote/part_file.h"

namespace voxlate::models {
namespace {

ModelFile offered(const TranslationPackage& package, const PackageFolder& packages) {
  const auto part = stamp_of(remote::part_path(packages.archive_of(package.folder())));
  return {.info = {.id = package.id,
                   .file = package.folder(),
                   .kind = ModelKind::kTranslation,
                   .quantisation = {},
                   .n_languages = 2,
                   .source = package.source_tag,
                   .target = package.target_tag,
                   .version = package.version,
                   .licence = package.licence,
                   .non_commercial = package.non_commercial,
                   .listed = true,
                   .size_bytes = package.size_bytes,
                   .sha256 = package.sha256,
                   .reason = {},
                   .downloaded_bytes = part ? part->size_bytes : 0},
          .path = {}};
}

void add_published(ModelInfo& model, const TranslationPackage& package) {
  model.listed = true;
  if (!model.version.empty() && is_older_version(model.version, package.version)) {
    model.newer_version = package.version;
  }
}

}  // namespace

std::vector<ModelFile> list_with_packages(ModelFolder& folder, PackageIndex& index) {
  std::vector<ModelFile> models = folder.scan();
  std::map<std::string, TranslationPackage, std::less<>> missing;
  for (TranslationPackage package : *index.cached()) {
    package.size_bytes = index.known_size(package);
    missing.emplace(package.id, std::move(package));
  }
  for (ModelFile& model : models) {
    const auto package = missing.find(model.info.id);
    if (package == missing.end()) continue;
    if (model.info.kind == ModelKind::kTranslation) add_published(model.info, package->second);
    missing.erase(package);
  }
  for (const auto& [id, package] : missing) models.push_back(offered(package, folder.packages()));
  const auto translations = std::stable_partition(
      models.begin(), models.end(), [](const ModelFile& model) { return model.info.kind != ModelKind::kTranslation; });
  std::stable_sort(translations, models.end(),
                   [](const ModelFile& a, const ModelFile& b) { return a.info.id < b.info.id; });
  return models;
}

bool is_only_offered(const ModelInfo& model) {
  return model.kind == ModelKind::kTranslation && model.state == ModelState::kAvailable &&
         model.downloaded_bytes == 0 && model.reason.empty();
}

}  // namespace voxlate::models
