// A Whisper model as a safetensors file of OpenAI's tensor names. It has no header of sizes: they are the shapes of
// four tensors and the number of blocks, the heads being 64 wide in every published size.

#include <fmt/format.h>

#include <string>

#include "model_file/format_error.h"
#include "model_file/safetensors_file.h"
#include "model_file/whisper_parts.h"

namespace voxlate::model_file {
namespace {

constexpr int kHeadWidth = 64;
constexpr int kMaxExtent = 1 << 20;

/// One extent of a tensor, the tensor having `dimensions` of them.
int extent_of(const SafetensorsFile& file, std::string_view name, std::size_t dimensions, std::size_t index) {
  const TensorView tensor = file.tensor(name);
  if (tensor.shape.size() != dimensions || tensor.shape[index] > kMaxExtent) {
    refuse(ErrorCode::kCorrupt, file.file_name(), file.offset_of(tensor),
           fmt::format("{}: expected {} dimensions of at most {}, got {}", name, dimensions, kMaxExtent,
                       shape_text(tensor.shape)));
  }
  return static_cast<int>(tensor.shape[index]);
}

/// How many blocks there are; one more than the bound of a network is enough to tell that they are too many.
int count_blocks(const SafetensorsFile& file, std::string_view part) {
  constexpr int kEnough = 65;
  int count = 0;
  while (count < kEnough && file.contains(fmt::format("{}.blocks.{}.attn.query.weight", part, count))) ++count;
  return count;
}

WhisperDims derive_dims(const SafetensorsFile& file) {
  const int audio_state = extent_of(file, "encoder.positional_embedding", 2, 1);
  const int text_state = extent_of(file, "decoder.positional_embedding", 2, 1);
  return {.n_vocab = extent_of(file, "decoder.token_embedding.weight", 2, 0),
          .n_audio_ctx = extent_of(file, "encoder.positional_embedding", 2, 0),
          .n_audio_state = audio_state,
          .n_audio_head = audio_state / kHeadWidth,
          .n_audio_layer = count_blocks(file, "encoder"),
          .n_text_ctx = extent_of(file, "decoder.positional_embedding", 2, 0),
          .n_text_state = text_state,
          .n_text_head = text_state / kHeadWidth,
          .n_text_layer = count_blocks(file, "decoder"),
          .n_mels = extent_of(file, "encoder.conv1.weight", 3, 1)};
}

}  // namespace

WhisperParts read_whisper_safetensors(std::span<const std::byte> bytes, std::string_view file_name) {
  const SafetensorsFile file = SafetensorsFile::parse(bytes, std::string(file_name));
  if (file.contains("model.encoder.conv1.weight")) {
    refuse(ErrorCode::kUnsupported, file_name, 0,
           "expected OpenAI's tensor names (encoder.conv1.weight), got those of Hugging Face's transformers "
           "(model.encoder.conv1.weight)");
  }
  WhisperParts parts;
  parts.dims = derive_dims(file);
  check_whisper_dims(parts.dims, file_name);
  for (const ExpectedTensor& expected : whisper_tensors(parts.dims)) {
    TensorView tensor = file.tensor(expected.name);
    adopt_shape(tensor, expected, file_name, file.offset_of(tensor));
    parts.tensors.insert(std::move(tensor));
  }
  return parts;
}

}  // namespace voxlate::model_file
