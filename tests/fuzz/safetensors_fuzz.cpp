// Any bytes as a safetensors file, and as the text of a .tiktoken vocabulary: read whole, or refused as corrupt or
// unsupported. What a file says it holds lies inside it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "model_file/safetensors_file.h"
#include "model_file/silero_file.h"
#include "model_file/tiktoken.h"
#include "model_file/whisper_file.h"
#include "voxlate/error.h"

namespace {

using voxlate::model_file::parse_tiktoken;
using voxlate::model_file::SafetensorsFile;
using voxlate::model_file::SafetensorsRecord;
using voxlate::model_file::SileroFile;
using voxlate::model_file::TensorView;
using voxlate::model_file::WhisperFile;

template <typename Read>
void check(Read read) {
  try {
    read();
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kCorrupt && error.code() != voxlate::ErrorCode::kUnsupported) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  check([&] { WhisperFile::parse(bytes, "model"); });
  check([&] { SileroFile::parse(bytes, "model"); });
  check([&] { parse_tiktoken({reinterpret_cast<const char*>(data), size}, "vocabulary"); });
  check([&] {
    const SafetensorsFile file = SafetensorsFile::parse(bytes, "model");
    for (const SafetensorsRecord& record : file.records()) {
      check([&] {
        const TensorView tensor = file.tensor(record.name);
        std::vector<float> weights(static_cast<std::size_t>(element_count(tensor)));
        if (weights.size() * 2 > tensor.bytes.size() && !weights.empty()) std::abort();
        to_f32(tensor, weights);
        if (file.offset_of(tensor) + tensor.bytes.size() > size) std::abort();
      });
    }
  });
  return 0;
}
