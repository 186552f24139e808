#pragma once

#include <filesystem>

#include "nn/kernels.h"

namespace voxlate::translation {

/// What config.json says of a network of Hugging Face's transformers.
struct HuggingFaceConfig {
  enum class Family {
    kMarian,  ///< normalises behind each sublayer
    kM2m100,  ///< M2M100 and NLLB: before each, and behind the last layer
  };

  struct Side {
    int layers = 0;
    int heads = 0;
    int hidden = 0;  ///< width of the feed-forward layers
    int vocabulary = 0;
  };

  Family family = Family::kMarian;
  int state = 0;
  int positions = 0;
  int first_position = 0;  ///< in the formula of the sinusoids
  nn::Activation activation = nn::Activation::kNone;
  bool scales_embedding = false;        ///< by the square root of the width
  bool embeddings_are_one = true;       ///< of source and target
  bool projection_is_embedding = true;  ///< of the target
  Side encoder;
  Side decoder;
};

/// Sizes are within limits, so that what is made of them is; what is optional is as transformers takes it then.
/// Throws what `read_model_json` throws, `kUnsupported` for another family or activation and `kCorrupt` for what is
/// missing, no number, or out of its range, naming it.
HuggingFaceConfig read_hugging_face_config(const std::filesystem::path& config_json);

}  // namespace voxlate::translation
