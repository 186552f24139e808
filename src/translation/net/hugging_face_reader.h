#pragma once

#include <filesystem>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/safetensors_file.h"
#include "translation/net/hugging_face_config.h"
#include "translation/net/network_reader.h"

namespace voxlate::translation {

/// The file with the weights of a folder of Hugging Face's transformers: model.safetensors. Throws `kNotFound` where
/// there are none, and `kUnsupported` where they are in several files or in Python's pickle (pytorch_model.bin), which
/// is a program and never read.
std::filesystem::path find_hugging_face_weights(const std::filesystem::path& folder);

/// Marian, M2M100 and NLLB as Hugging Face's transformers keep them. What they compute here is what they compute
/// there, without what generation adds (Marian never says its padding token, with which each translation begins).
class HuggingFaceReader final : public NetworkReader {
 public:
  /// Checks the shape of every tensor. Throws what `read_hugging_face_config` throws, and `kUnsupported` for tensors
  /// that are none of these networks' and for numbers other than F32, F16 and BF16.
  HuggingFaceReader(const model_file::SafetensorsFile& file, const std::filesystem::path& config_json);

  SideFacts facts(Side side) const override { return side == Side::kEncoder ? encoder_ : decoder_; }
  nn::LinearPart part(const Place& place, Projection projection) const override;
  nn::LayerNorm norm(const Place& place) const override;
  std::optional<nn::LayerNorm> embedding_norm(Side /*side*/) const override { return std::nullopt; }
  std::optional<nn::LayerNorm> last_norm(Side side) const override;
  nn::LinearPart embedding(Side side) const override;
  nn::LinearPart projection() const override;
  bool embeddings_are_one() const override { return config_.embeddings_are_one; }
  bool projection_is_embedding() const override { return config_.projection_is_embedding; }
  std::string weight_type() const override;

 private:
  using Shape = std::vector<std::int64_t>;

  void require(const std::string& name, const Shape& shape);
  void require_linear(const std::string& name, std::int64_t outputs, std::int64_t inputs);
  void require_norm(const std::string& name);
  void require_attention(const std::string& name);
  void require_side(Side side);
  void require_tables();
  void require_nothing_else() const;
  std::string require_one(std::initializer_list<std::string_view> names, int vocabulary);
  SideFacts read_facts(Side side) const;
  nn::Matrix positions(Side side) const;
  nn::LinearPart rows_of(const std::string& name) const;
  std::vector<float> numbers(const std::string& name) const;
  nn::LayerNorm norm_of(const std::string& name) const;

  const model_file::SafetensorsFile& file_;
  const HuggingFaceConfig config_;
  std::set<std::string, std::less<>> known_;  // names that the file may have
  std::string source_table_;
  std::string target_table_;
  std::string projection_;
  SideFacts encoder_;
  SideFacts decoder_;
};

}  // namespace voxlate::translation
