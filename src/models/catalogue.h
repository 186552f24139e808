#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "voxlate/model_store.h"

namespace voxlate::models {

/// A published model file. Size and checksum are those of the file at the revision that `path` names.
struct KnownModel {
  std::string id;    ///< as whisper.cpp calls it: "base.en-q5_1"
  std::string file;  ///< "ggml-base.en-q5_1.bin"
  std::string path;  ///< behind the base URL: "<repository>/resolve/<revision>/<file>"
  ModelKind kind = ModelKind::kWhisper;
  std::string quantisation;  ///< "f16", "q5_0", "q5_1", "q8_0", "f32"
  int n_languages = 0;       ///< as in `ModelInfo`
  std::uint64_t size_bytes = 0;
  std::string sha256;
};

/// The official whisper.cpp models and its voice-activity model, small ones first.
std::span<const KnownModel> known_models();

/// Null when `models` has none with this id.
const KnownModel* find_model(std::span<const KnownModel> models, std::string_view id);

/// "q5_1" of "base.en-q5_1"; empty when the name ends in no quantisation.
std::string_view quantisation_in(std::string_view id);

}  // namespace voxlate::models
