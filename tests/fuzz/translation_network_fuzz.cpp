// Any bytes as the file of a translation network: refused as corrupt or unsupported, or, where the network is small, a
// network that takes a sentence of two tokens and gives as many logits as it has words.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "nn/compute.h"
#include "translation/net/ctranslate2_reader.h"
#include "translation/net/network.h"
#include "voxlate/error.h"

namespace {

constexpr std::size_t kMostBytes = 1 << 20;

void translate(const voxlate::translation::Network& network) {
  const auto& shape = network.shape();
  const std::vector<int> tokens = {0, shape.source_vocabulary - 1};
  const std::span<const int> sentence = tokens;
  const auto session = network.new_session();
  const std::vector<int> prompt = {shape.target_vocabulary - 1};
  const voxlate::nn::DecoderSession::Input input{.sequence = session->open(network.encode({&sentence, 1}).at(0)),
                                                 .tokens = prompt};
  const std::span<float> logits = session->step({&input, 1});
  if (logits.size() != static_cast<std::size_t>(shape.target_vocabulary)) std::abort();
  const auto best = network.best_tokens(logits, 1, 4);
  if (best.size() != 1 || best[0].size() > 4) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using voxlate::ComputeType;
  using voxlate::ErrorCode;
  static voxlate::nn::Compute compute(1);
  if (size > kMostBytes) return 0;
  try {
    const auto file = voxlate::model_file::CTranslate2File::parse(std::as_bytes(std::span(data, size)), "model.bin");
    const voxlate::translation::CTranslate2Reader reader(*file);
    // Every other file as bytes, so that both ways to hold weights see them all.
    const auto type = size % 2 == 0 ? ComputeType::kFloat32 : ComputeType::kInt8;
    translate(*voxlate::translation::Network::build(reader, compute, type));
  } catch (const voxlate::Error& error) {
    if (error.code() != ErrorCode::kCorrupt && error.code() != ErrorCode::kUnsupported) std::abort();
  }
  return 0;
}
