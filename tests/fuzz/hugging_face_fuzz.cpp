// Any two files as a folder of Hugging Face's transformers, config.json up to the first NUL and model.safetensors
// behind it: a network, or refused as corrupt or unsupported. All that is read of it lies inside the file.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string_view>
#include <vector>

#include "base/temporary_folder.h"
#include "model_file/safetensors_file.h"
#include "translation/net/hugging_face_reader.h"
#include "voxlate/error.h"

namespace {

using namespace voxlate::translation;
using voxlate::model_file::SafetensorsFile;

void read(const voxlate::nn::LinearPart& part) {
  std::vector<float> row(static_cast<std::size_t>(part.shape.inputs));
  part.rows(part.shape.outputs - 1, part.shape.outputs, row);
  if (!part.bias.empty() && part.bias.size() != static_cast<std::size_t>(part.shape.outputs)) std::abort();
}

void read_side(const HuggingFaceReader& reader, Side side) {
  const SideFacts facts = reader.facts(side);
  if (facts.positions.columns() != reader.embedding(side).shape.inputs) std::abort();
  for (int layer = 0; layer < facts.layers; ++layer) {
    for (const Sublayer sublayer : {Sublayer::kSelfAttention, Sublayer::kCrossAttention, Sublayer::kFeedForward}) {
      if (side == Side::kEncoder && sublayer == Sublayer::kCrossAttention) continue;
      const Place place{side, layer, sublayer};
      reader.norm(place);
      if (sublayer == Sublayer::kFeedForward) {
        read(reader.part(place, Projection::kIn));
      } else {
        for (const Projection part : {Projection::kQuery, Projection::kKey, Projection::kValue})
          read(reader.part(place, part));
      }
      read(reader.part(place, Projection::kOut));
    }
  }
  reader.last_norm(side);
  read(reader.embedding(side));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const voxlate::TemporaryFolder kFolder;
  const std::uint8_t* const end = data + size;
  const std::uint8_t* const nul = std::find(data, end, std::uint8_t{0});
  std::ofstream(kFolder / "config.json", std::ios::binary)
      << std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(nul - data));
  const std::span<const std::uint8_t> rest(nul == end ? end : nul + 1, end);
  try {
    const SafetensorsFile file = SafetensorsFile::parse(std::as_bytes(rest), "model.safetensors");
    const HuggingFaceReader reader(file, kFolder / "config.json");
    read_side(reader, Side::kEncoder);
    read_side(reader, Side::kDecoder);
    read(reader.projection());
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kCorrupt && error.code() != voxlate::ErrorCode::kUnsupported) std::abort();
  }
  return 0;
}
