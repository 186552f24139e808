#include "app/language_identifiers.h"

#include <filesystem>

#include "app/model_files.h"
#include "base/log.h"
#include "language_id/cld2_identifier.h"
#include "language_id/fasttext_identifier.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr const char* kFile = "lid.176.ftz";

/// Nothing where there is no such file, or none that can be used.
std::unique_ptr<LanguageIdentifier> find_fasttext(const std::filesystem::path& folder) {
  std::error_code missing;
  if (folder.empty() || !std::filesystem::is_regular_file(folder / kFile, missing)) return nullptr;
  try {
    auto identifier = std::make_unique<language_id::FastTextIdentifier>(folder / kFile);
    log::info("language identifier ready", {{"file", kFile}});
    return identifier;
  } catch (const Error& error) {
    log::warning("language identifier not used", {{"file", kFile}, {"why", error.what()}});
    return nullptr;
  }
}

}  // namespace

std::unique_ptr<LanguageIdentifier> make_language_identifier(const Config& config) {
  const models::ModelFolder::Options folders = model_folder_options(config);
  for (const std::filesystem::path& folder : {folders.folder, folders.extra_folder}) {
    if (auto identifier = find_fasttext(folder)) return identifier;
  }
  return std::make_unique<language_id::Cld2Identifier>();
}

}  // namespace voxlate::app
