#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "nn/compute.h"
#include "tests/unit/model_file/ctranslate2_writer.h"
#include "tests/unit/translation/net/computing.h"
#include "tests/unit/translation/net/plain_transformer.h"
#include "translation/net/network.h"

namespace voxlate::translation {

/// What families of translation networks differ in, and what versions of the format do.
struct ModelKind {
  enum class Scale { kAbsent, kFlagOn, kFlagOff, kNumber };
  enum class Tables { kSeparate, kTargetIsProjection, kAllAreOne };

  bool norm_first = true;
  PlainTransformer::Activation activation = PlainTransformer::Activation::kRelu;
  bool stored_positions = true;  ///< 128 of them
  bool embedding_norm = false;
  bool last_norm = true;
  Scale scale = Scale::kFlagOn;
  bool starts_from_zero = false;
  Tables tables = Tables::kSeparate;
  bool output_bias = true;
  bool numbered_embedding = false;  ///< "encoder/embeddings_0"
  model_file::WrittenType weights = model_file::WrittenType::kF32;
  std::uint32_t version = 6;
  std::uint32_t revision = 7;
  int heads = 4;  ///< revisions 1 and 2: 8, or 16 of a "TransformerBig"
  int state = 32;
  int inner = 44;
  int layers = 2;
  int source_vocabulary = 19;
  int target_vocabulary = 23;
};

void PrintTo(const ModelKind& kind, std::ostream* out);

/// Any of them; the first four are OpenNMT's, Marian's, M2M100's and one of the first version.
ModelKind some_kind(unsigned index);

/// A network of random weights, as a file and as formulas with the same numbers.
struct SmallModel {
  model_file::WrittenCTranslate2 file;
  PlainTransformer plain;
};

SmallModel make_small_model(const ModelKind& kind, unsigned seed = 1);

/// The network of a file; what `build` throws.
std::shared_ptr<const Network> build_network(const model_file::WrittenCTranslate2& file, nn::Compute& compute,
                                             const Computing& computing);
inline std::shared_ptr<const Network> build_network(const model_file::WrittenCTranslate2& file, nn::Compute& compute,
                                                    ComputeType type) {
  return build_network(file, compute, Computing{.type = type});
}

/// Random tokens below `vocabulary`.
std::vector<int> some_tokens(int count, int vocabulary, unsigned seed);

/// The same network for everybody who only needs one that says something: [source 19, target 23], 128 positions.
class SmallNetwork {
 public:
  explicit SmallNetwork(const Computing& computing = {}, const ModelKind& kind = {}, int threads = 2)
      : compute_(threads), network_(build_network(make_small_model(kind).file, compute_, computing)) {}
  const Network& operator*() const { return *network_; }
  const Network* operator->() const { return network_.get(); }

 private:
  nn::Compute compute_;
  std::shared_ptr<const Network> network_;
};

}  // namespace voxlate::translation
