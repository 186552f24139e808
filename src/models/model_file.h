#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "voxlate/model_store.h"

namespace voxlate::models {

/// What the head of a model file tells.
struct FileFacts {
  ModelKind kind = ModelKind::kWhisper;
  std::string quantisation;
  int n_languages = 0;  ///< as in `ModelInfo`
};

/// Checks the structure of a model file; throws Error where it is broken or no model.
using InspectFile = std::function<FileFacts(const std::filesystem::path&)>;

/// What a folder with a translation model tells; the fields are those of `ModelInfo`.
struct FolderFacts {
  std::string source;
  std::string target;
  int n_languages = 0;
  std::string version;
  std::string quantisation;
  std::string licence;
  bool non_commercial = false;
  std::uint64_t size_bytes = 0;
  std::string missing;  ///< what it lacks before it can be used; empty: nothing
};

/// Checks the structure of a folder. Nothing where it holds no translation model; throws Error where that is broken.
using InspectFolder = std::function<std::optional<FolderFacts>(const std::filesystem::path&)>;

/// A model, and where it lies.
struct ModelFile {
  ModelInfo info;                 ///< never kLoaded or kDownloading: that is not in the folder
  std::filesystem::path path;     ///< empty: there is no file; a folder for translation models
  bool checksum_pending = false;  ///< `ModelFolder::verify` has it to read or to unpack
};

}  // namespace voxlate::models
