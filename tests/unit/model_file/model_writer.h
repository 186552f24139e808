#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/tensor_view.h"
#include "model_file/whisper_dims.h"
#include "voxlate/error.h"

namespace voxlate::model_file {

/// A tensor as a ggml file numbers its type: 0 f32, 1 f16, 2 q4_0, 3 q4_1, 6 q5_0, 7 q5_1, 8 q8_0, 30 bf16.
struct WrittenTensor {
  std::string name;
  std::int32_t type = 0;
  std::vector<std::int64_t> shape;  ///< outermost dimension first
  std::string data;
};

/// A Whisper file to be; every part of it can be bent before it is written.
struct WrittenWhisper {
  WhisperDims dims;
  std::int32_t file_type = 1;
  std::vector<float> filters;  ///< [n_mels, 201], or none
  std::vector<std::string> vocabulary;
  std::vector<WrittenTensor> tensors;
};

/// One block each side, a state of 8 in one head, 1616 tokens of which 8 are ordinary, no filters: 34 kB.
WhisperDims small_dims();

/// A whole model of such dims with made-up weights, kept as converters keep them: matrices f16, the rest f32,
/// biases of convolutions [n, 1].
WrittenWhisper make_whisper(const WhisperDims& dims);

std::string write_ggml(const WrittenWhisper& model);

/// The records of the table alone.
std::string write_table(std::span<const WrittenTensor> tensors);

/// As a safetensors file (types f32 and f16), and with a header written by hand.
std::string write_safetensors(std::span<const WrittenTensor> tensors);
std::string write_safetensors(std::string_view header, std::string_view data);

/// The Silero ggml file of whisper.cpp, and the same tensors under the names of the safetensors file.
std::string write_silero_ggml();
std::vector<WrittenTensor> silero_safetensors_tensors();

std::span<const std::byte> as_bytes(std::string_view text);

/// All weights.
std::vector<float> read_all(const TensorView& tensor);

/// What a reader said of bytes that it refused.
struct Refusal {
  ErrorCode code = ErrorCode::kInternal;
  std::string message = "accepted";
};

template <typename Parse>
Refusal refusal(const Parse& parse) {
  try {
    parse();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

/// `bytes` with the i32 at `offset` replaced.
std::string with_i32(std::string bytes, std::size_t offset, std::int64_t value);

}  // namespace voxlate::model_file
