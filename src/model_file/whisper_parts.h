#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/tensor_set.h"
#include "model_file/whisper_dims.h"

namespace voxlate::model_file {

/// What a Whisper model file holds, checked; the tensors point into the file's bytes.
struct WhisperParts {
  WhisperDims dims;
  std::vector<std::string> vocabulary;
  std::vector<float> mel_filters;  ///< [n_mels, 201], or none
  TensorSet tensors;
};

/// Both throw `kCorrupt` and `kUnsupported`. A safetensors file has neither vocabulary nor filters.
WhisperParts read_whisper_ggml(std::span<const std::byte> bytes, std::string_view file_name);
WhisperParts read_whisper_safetensors(std::span<const std::byte> bytes, std::string_view file_name);

}  // namespace voxlate::model_file
