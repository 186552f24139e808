#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "translation/net/network_reader.h"

namespace voxlate::translation {

/// Transformers that CTranslate2's converters wrote, of OpenNMT, Marian, M2M100 and NLLB; specification "Transformer",
/// revisions 1 to 7.
class CTranslate2Reader final : public NetworkReader {
 public:
  /// Throws `kUnsupported` for other specifications and for parts that these networks do not have (relative positions,
  /// ALiBi, rotary embeddings, gated feed-forward layers, source features, …), naming the tensor.
  explicit CTranslate2Reader(const model_file::CTranslate2File& file);

  SideFacts facts(Side side) const override;
  nn::LinearPart part(const Place& place, Projection projection) const override;
  nn::LayerNorm norm(const Place& place) const override;
  std::optional<nn::LayerNorm> embedding_norm(Side side) const override;
  std::optional<nn::LayerNorm> last_norm(Side side) const override;
  nn::LinearPart embedding(Side side) const override;
  nn::LinearPart projection() const override;
  bool embeddings_are_one() const override;
  bool projection_is_embedding() const override;
  std::string weight_type() const override;

 private:
  const model_file::TensorView* find(const std::string& name) const;
  const model_file::TensorView& tensor(const std::string& name) const;
  const model_file::TensorView& matrix(const std::string& name) const;
  const model_file::TensorView& matrix(const std::string& name, std::int64_t rows, std::int64_t columns) const;
  std::vector<float> vector(const std::string& name) const;
  std::optional<std::int64_t> number(std::string_view scope, std::string_view name) const;
  int layers(Side side) const;
  int state(Side side) const;
  std::optional<nn::LayerNorm> norm_of(Side side, const std::string& name) const;
  std::vector<float> scales_of(const std::string& name, const model_file::TensorView& weight) const;
  nn::LinearPart rows_of(const std::string& name, int first, int count) const;
  std::string embedding_name(Side side) const;
  float embedding_scale(Side side) const;
  nn::Matrix positions(Side side) const;
  std::set<std::string, std::less<>> read_names() const;
  void require_known_parts() const;

  const model_file::CTranslate2File& file_;
  std::map<std::string, const model_file::TensorView*, std::less<>> tensors_;  // under today's names
};

}  // namespace voxlate::translation
