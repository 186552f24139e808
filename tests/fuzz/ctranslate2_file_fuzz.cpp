// Any bytes as a CTranslate2 model file: read whole, or refused as corrupt or unsupported.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "voxlate/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using voxlate::ErrorCode;
  using namespace voxlate::model_file;
  try {
    const auto file = CTranslate2File::parse(std::as_bytes(std::span(data, size)), "model.bin");
    for (const TensorView& tensor : file->tensors()) {
      std::vector<float> weights(static_cast<std::size_t>(element_count(tensor)));
      to_f32(tensor, weights);
      if (file->find(tensor.name) != &tensor) std::abort();
      if (tensor.shape.empty()) file->number(tensor.name);
    }
  } catch (const voxlate::Error& error) {
    if (error.code() != ErrorCode::kCorrupt && error.code() != ErrorCode::kUnsupported) std::abort();
  }
  return 0;
}
