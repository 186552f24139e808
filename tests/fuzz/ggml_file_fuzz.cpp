// Any bytes as a ggml model file, of Whisper and of Silero: read whole, or refused as corrupt or unsupported.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "model_file/silero_file.h"
#include "model_file/whisper_file.h"
#include "voxlate/error.h"

namespace {

using voxlate::model_file::SileroFile;
using voxlate::model_file::TensorView;
using voxlate::model_file::WhisperFile;

template <typename File>
void check(std::span<const std::byte> bytes) {
  try {
    const auto file = File::parse(bytes, "model");
    for (const TensorView& tensor : file->tensors()) {
      std::vector<float> weights(static_cast<std::size_t>(element_count(tensor)));
      to_f32(tensor, weights);
      if (&file->tensor(tensor.name) != &tensor) std::abort();
    }
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kCorrupt && error.code() != voxlate::ErrorCode::kUnsupported) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  check<WhisperFile>(bytes);
  check<SileroFile>(bytes);
  return 0;
}
