// The names, <l> counting from 0, <side> being model.encoder or model.decoder; each linear layer and each normalisation
// has weight and bias:
//
//   model.shared.weight                                  [vocabulary, state]
//   <side>.embed_tokens.weight, lm_head.weight           the same again, or tables of their own, as config.json says
//   final_logits_bias                                    [1, vocabulary], of Marian
//   <side>.embed_positions.weight                        [context, state], of Marian; without it sinusoids
//   <side>.layers.<l>.self_attn.{q,k,v,out}_proj         model.decoder also has encoder_attn
//   <side>.layers.<l>.{self_attn,encoder_attn}_layer_norm
//   <side>.layers.<l>.fc1, fc2, final_layer_norm         the feed-forward network
//   <side>.layer_norm                                    of M2M100, behind the last layer

#include "translation/net/hugging_face_reader.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <system_error>
#include <utility>

#include "model_file/format_error.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using model_file::ElementType;
using model_file::SafetensorsRecord;
using model_file::TensorView;
using Family = HuggingFaceConfig::Family;

constexpr std::string_view kLogitBias = "final_logits_bias";

std::string scope_of(Side side) { return side == Side::kEncoder ? "model.encoder" : "model.decoder"; }

std::string layer_of(Side side, int layer) { return fmt::format("{}.layers.{}", scope_of(side), layer); }

std::string attention_of(const Place& place) {
  return layer_of(place.side, place.layer) +
         (place.sublayer == Sublayer::kSelfAttention ? ".self_attn" : ".encoder_attn");
}

bool is_same(const TensorView& a, const TensorView& b) {
  return a.type == b.type && std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;  // the shapes are one
}

}  // namespace

std::filesystem::path find_hugging_face_weights(const std::filesystem::path& folder) {
  std::filesystem::path weights = folder / "model.safetensors";
  std::error_code absent;
  if (std::filesystem::exists(weights, absent)) return weights;
  for (const char* const other :
       {"model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (std::filesystem::exists(folder / other, absent))
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("expected all weights in one safetensors file, model.safetensors, got {}", other));
  }
  throw Error(ErrorCode::kNotFound, "expected the weights in model.bin or model.safetensors, got neither");
}

HuggingFaceReader::HuggingFaceReader(const model_file::SafetensorsFile& file, const std::filesystem::path& config_json)
    : file_(file), config_(read_hugging_face_config(config_json)) {
  require_tables();
  require_side(Side::kEncoder);
  require_side(Side::kDecoder);
  require_nothing_else();
  encoder_ = read_facts(Side::kEncoder);
  decoder_ = read_facts(Side::kDecoder);
}

void HuggingFaceReader::require(const std::string& name, const Shape& shape) {
  const TensorView tensor = file_.tensor(name);
  if (tensor.shape != shape)
    model_file::refuse(ErrorCode::kCorrupt, file_.file_name(), file_.offset_of(tensor),
                       fmt::format("{}: expected {}, got {}", name, model_file::shape_text(shape),
                                   model_file::shape_text(tensor.shape)));
  known_.insert(name);
}

void HuggingFaceReader::require_linear(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
  require(name + ".weight", {outputs, inputs});
  require(name + ".bias", {outputs});
}

void HuggingFaceReader::require_norm(const std::string& name) {
  require(name + ".weight", {config_.state});
  require(name + ".bias", {config_.state});
}

void HuggingFaceReader::require_attention(const std::string& name) {
  for (const char* const part : {".q_proj", ".k_proj", ".v_proj", ".out_proj"})
    require_linear(name + part, config_.state, config_.state);
  require_norm(name + "_layer_norm");
}

void HuggingFaceReader::require_side(Side side) {
  const HuggingFaceConfig::Side& sizes = side == Side::kEncoder ? config_.encoder : config_.decoder;
  for (int index = 0; index < sizes.layers; ++index) {
    const std::string layer = layer_of(side, index);
    require_attention(layer + ".self_attn");
    if (side == Side::kDecoder) require_attention(layer + ".encoder_attn");
    require_linear(layer + ".fc1", sizes.hidden, config_.state);
    require_linear(layer + ".fc2", config_.state, sizes.hidden);
    require_norm(layer + ".final_layer_norm");
  }
  const std::string positions = scope_of(side) + ".embed_positions.weight";
  if (config_.family == Family::kM2m100) {
    require_norm(scope_of(side) + ".layer_norm");
    known_.insert(positions + "s");  // transformers once wrote them, and computes them anew all the same
  } else if (file_.contains(positions)) {
    require(positions, {config_.positions, config_.state});
  }
}

/// One table may be there under one of its names or under several of them. The first that is there counts, and the
/// others have to be the same.
std::string HuggingFaceReader::require_one(std::initializer_list<std::string_view> names, int vocabulary) {
  std::string first;
  for (const std::string_view name : names) {
    if (!file_.contains(name)) continue;
    require(std::string(name), {vocabulary, config_.state});
    if (first.empty()) {
      first = name;
      continue;
    }
    const TensorView tensor = file_.tensor(name);
    if (!is_same(tensor, file_.tensor(first)))
      model_file::refuse(
          ErrorCode::kCorrupt, file_.file_name(), file_.offset_of(tensor),
          fmt::format("{}: expected the numbers of {}, which is the same table, got others", name, first));
  }
  if (first.empty()) file_.tensor(*names.begin());  // says that it is missing
  return first;
}

void HuggingFaceReader::require_tables() {
  constexpr std::string_view kShared = "model.shared.weight";
  constexpr std::string_view kSource = "model.encoder.embed_tokens.weight";
  constexpr std::string_view kTarget = "model.decoder.embed_tokens.weight";
  constexpr std::string_view kProjection = "lm_head.weight";
  const int target_tokens = config_.decoder.vocabulary;
  const bool is_tied = config_.projection_is_embedding;
  if (config_.embeddings_are_one) {
    target_table_ = is_tied ? require_one({kShared, kSource, kTarget, kProjection}, target_tokens)
                            : require_one({kShared, kSource, kTarget}, target_tokens);
    source_table_ = target_table_;
  } else {
    target_table_ =
        is_tied ? require_one({kTarget, kProjection}, target_tokens) : require_one({kTarget}, target_tokens);
    source_table_ = require_one({kSource}, config_.encoder.vocabulary);
  }
  projection_ = is_tied ? target_table_ : require_one({kProjection}, target_tokens);
  if (config_.family == Family::kMarian && file_.contains(kLogitBias))
    require(std::string(kLogitBias), {1, target_tokens});
}

/// Everything in the file has to be something that is read: what is not changes what the network computes.
void HuggingFaceReader::require_nothing_else() const {
  for (const SafetensorsRecord& record : file_.records()) {
    if (known_.contains(record.name)) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: the network has \"{}\", which is none of the parts that are known here",
                            file_.file_name(), model_file::printable(record.name)));
  }
}

SideFacts HuggingFaceReader::read_facts(Side side) const {
  SideFacts facts;
  const HuggingFaceConfig::Side& sizes = side == Side::kEncoder ? config_.encoder : config_.decoder;
  facts.layers = sizes.layers;
  facts.kind.heads = sizes.heads;
  facts.kind.norm_first = config_.family == Family::kM2m100;
  facts.kind.activation = config_.activation;
  if (config_.scales_embedding) facts.embedding_scale = std::sqrt(static_cast<float>(config_.state));
  facts.positions = positions(side);
  return facts;
}

nn::Matrix HuggingFaceReader::positions(Side side) const {
  const double half = config_.state / 2.0;
  if (config_.family == Family::kM2m100)
    return sinusoids(config_.positions, config_.state, config_.first_position, half - 1);
  const std::string name = scope_of(side) + ".embed_positions.weight";
  if (!file_.contains(name)) return sinusoids(config_.positions, config_.state, config_.first_position, half);
  const TensorView stored = file_.tensor(name);
  nn::Matrix table(config_.positions, config_.state);
  model_file::to_f32(stored, {table.row(0), static_cast<std::size_t>(model_file::element_count(stored))});
  return table;
}

nn::LinearPart HuggingFaceReader::rows_of(const std::string& name) const {
  TensorView weight = file_.tensor(name);
  nn::LinearPart part{
      .shape = {static_cast<int>(weight.shape[0]), static_cast<int>(weight.shape[1])}, .rows = {}, .bias = {}};
  part.rows = [weight = std::move(weight)](int begin, int end, std::span<float> out) {
    model_file::to_f32_rows(weight, begin, end, out);
  };
  return part;
}

std::vector<float> HuggingFaceReader::numbers(const std::string& name) const {
  const TensorView tensor = file_.tensor(name);
  std::vector<float> values(static_cast<std::size_t>(model_file::element_count(tensor)));
  model_file::to_f32(tensor, values);
  return values;
}

nn::LinearPart HuggingFaceReader::part(const Place& place, Projection projection) const {
  std::string name;
  if (place.sublayer == Sublayer::kFeedForward) {
    name = layer_of(place.side, place.layer) + (projection == Projection::kIn ? ".fc1" : ".fc2");
  } else {
    constexpr std::array kNames = {".q_proj", ".k_proj", ".v_proj", ".out_proj"};
    name = attention_of(place) + kNames.at(static_cast<std::size_t>(projection));
  }
  nn::LinearPart part = rows_of(name + ".weight");
  part.bias = numbers(name + ".bias");
  return part;
}

nn::LayerNorm HuggingFaceReader::norm_of(const std::string& name) const {
  return {.scale = numbers(name + ".weight"), .shift = numbers(name + ".bias")};
}

nn::LayerNorm HuggingFaceReader::norm(const Place& place) const {
  if (place.sublayer == Sublayer::kFeedForward) return norm_of(layer_of(place.side, place.layer) + ".final_layer_norm");
  return norm_of(attention_of(place) + "_layer_norm");
}

std::optional<nn::LayerNorm> HuggingFaceReader::last_norm(Side side) const {
  if (config_.family == Family::kMarian) return std::nullopt;
  return norm_of(scope_of(side) + ".layer_norm");
}

nn::LinearPart HuggingFaceReader::embedding(Side side) const {
  return rows_of(side == Side::kEncoder ? source_table_ : target_table_);
}

nn::LinearPart HuggingFaceReader::projection() const {
  nn::LinearPart part = rows_of(projection_);
  if (known_.contains(kLogitBias)) part.bias = numbers(std::string(kLogitBias));
  return part;
}

std::string HuggingFaceReader::weight_type() const {
  switch (file_.tensor(target_table_).type) {
    case ElementType::kF16: return "float16";
    case ElementType::kBF16: return "bfloat16";
    default: return "float32";
  }
}

}  // namespace voxlate::translation
