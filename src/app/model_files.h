#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "models/fetch_model.h"
#include "models/model_folder.h"
#include "models/package_index.h"

namespace voxlate::app {

/// What Config means to the models.
models::ModelFolder::Options model_folder_options(const Config& config);
models::ModelSource model_source(const Config& config);
models::PackageIndex::Options package_index_options(const Config& config);

/// The tag of a language of Argos' index.
std::optional<std::string> language_tag(std::string_view code);

/// What a server fetches when it starts: what an earlier one had begun to, and where there is no Whisper model the
/// default one, until which it works on the embedded recogniser. Nothing offline.
std::vector<std::string> downloads_at_start(const Config& config, models::ModelFolder& folder,
                                            models::PackageIndex& index);

/// Opens the file as a Whisper model, else as a Silero one. Throws what is wrong with it as the former.
models::FileFacts inspect_model_file(const std::filesystem::path& path);

/// Looks at the folder as a translation model.
std::optional<models::FolderFacts> inspect_model_folder(const std::filesystem::path& folder);

}  // namespace voxlate::app
