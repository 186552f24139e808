// The names, <l> counting from 0, <side> being encoder or decoder:
//
//   <side>/embeddings/weight (encoder/embeddings_0/weight)  [vocabulary, state]
//   <side>/position_encodings/encodings                     [context, state]; without it sinusoids
//   <side>/layer_<l>/self_attention/linear_0                queries, keys and values; linear_1: out
//   decoder/layer_<l>/attention/linear_0                    queries; linear_1: keys and values; linear_2: out
//   <side>/layer_<l>/ffn/linear_0, linear_1
//   .../layer_norm/gamma, beta                              of each sublayer, and of a side
//   decoder/projection
//
// A linear layer has weight, weight_scale where the weight is integers, and bias; what describes a side is a number in
// its scope. Older files: see `today`.

#include "translation/net/ctranslate2_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "model_file/format_error.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using model_file::ElementType;
using model_file::TensorView;

/// Where a file has no table of positions there is no end of them; this is longer than any sentence.
constexpr int kMostPositions = 1024;

/// More than any network has; less than what a layer can count.
constexpr std::int64_t kMostRows = 1 << 22;
constexpr std::int64_t kMostColumns = 1 << 16;

constexpr std::uint32_t kOpenNmtNames = 1;   // the last revision with OpenNMT-tf's names
constexpr std::uint32_t kSizeInTheName = 2;  // the last where "TransformerBig" tells the number of heads
constexpr std::uint32_t kOptionsOnTop = 4;   // the last with options beside the sides instead of in them

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// A name of revision 1 as the later ones have it.
std::string today(std::string name, std::uint32_t revision) {
  if (revision > kOpenNmtNames) return name;
  replace(name, "transformer/", "");
  replace(name, ":0", "");
  replace(name, "w_embs", "embeddings/weight");
  replace(name, "kernel", "weight");
  replace(name, "LayerNorm", "layer_norm");
  replace(name, "dense", "projection");
  replace(name, "conv1d_", "linear_");
  replace(name, "conv1d", "linear_0");
  if (name.starts_with("encoder")) {
    replace(name, "multi_head", "self_attention");
  } else {
    replace(name, "masked_multi_head", "self_attention");
    replace(name, "multi_head", "attention");
  }
  return name;
}

std::string scope_of(Side side) { return side == Side::kEncoder ? "encoder" : "decoder"; }

std::string scope_of(const Place& place) {
  constexpr std::array kNames = {"self_attention", "attention", "ffn"};
  return fmt::format("{}/layer_{}/{}", scope_of(place.side), place.layer,
                     kNames.at(static_cast<std::size_t>(place.sublayer)));
}

bool is_integer(ElementType type) {
  return type == ElementType::kI8 || type == ElementType::kI16 || type == ElementType::kI32;
}

[[noreturn]] void refuse(const model_file::CTranslate2File& file, ErrorCode code, const std::string& text) {
  throw Error(code, file.file_name() + ": " + text);
}

}  // namespace

CTranslate2Reader::CTranslate2Reader(const model_file::CTranslate2File& file) : file_(file) {
  if (!file.spec().empty() && !file.spec().starts_with("Transformer"))
    refuse(
        file, ErrorCode::kUnsupported,
        "specification: expected Transformer…, an encoder with a decoder, got " + model_file::printable(file.spec()));
  for (const TensorView& tensor : file.tensors()) tensors_.emplace(today(tensor.name, file.revision()), &tensor);
  if (find("encoder/embeddings/weight") == nullptr && find("encoder/embeddings_0/weight") == nullptr)
    refuse(file, ErrorCode::kUnsupported, "expected a network with an encoder and a decoder, got one without encoder");
  require_known_parts();
}

const TensorView* CTranslate2Reader::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

const TensorView& CTranslate2Reader::tensor(const std::string& name) const {
  const TensorView* const found = find(name);
  if (found == nullptr) refuse(file_, ErrorCode::kCorrupt, "the model has no tensor " + name);
  return *found;
}

const TensorView& CTranslate2Reader::matrix(const std::string& name) const {
  const TensorView& found = tensor(name);
  const auto within = [](std::int64_t extent, std::int64_t most) { return extent >= 1 && extent <= most; };
  if (found.shape.size() != 2 || !within(found.shape[0], kMostRows) || !within(found.shape[1], kMostColumns))
    refuse(file_, ErrorCode::kCorrupt,
           fmt::format("{}: expected a matrix of at most [{}, {}], got {}", name, kMostRows, kMostColumns,
                       model_file::shape_text(found.shape)));
  return found;
}

const TensorView& CTranslate2Reader::matrix(const std::string& name, std::int64_t rows, std::int64_t columns) const {
  const TensorView& found = matrix(name);
  if (found.shape[0] != rows || found.shape[1] != columns)
    refuse(file_, ErrorCode::kCorrupt,
           fmt::format("{}: expected [{}, {}], got {}", name, rows, columns, model_file::shape_text(found.shape)));
  return found;
}

std::vector<float> CTranslate2Reader::vector(const std::string& name) const {
  const TensorView& found = tensor(name);
  if (is_integer(found.type)) refuse(file_, ErrorCode::kCorrupt, name + ": expected floating-point numbers");
  std::vector<float> values(static_cast<std::size_t>(model_file::element_count(found)));
  model_file::to_f32(found, values);
  return values;
}

/// What describes a side, or in older files both.
std::optional<std::int64_t> CTranslate2Reader::number(std::string_view scope, std::string_view name) const {
  const TensorView* found = find(fmt::format("{}/{}", scope, name));
  if (found == nullptr && file_.revision() <= kOptionsOnTop) found = find(std::string(name));
  return found == nullptr ? std::nullopt : file_.number(found->name);
}

/// The tensors that are read, where the file has them.
std::set<std::string, std::less<>> CTranslate2Reader::read_names() const {
  std::set<std::string, std::less<>> names;
  const auto add = [&](const std::string& scope, std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) names.insert(fmt::format("{}/{}", scope, part));
  };
  const auto add_sublayer = [&](const Place& place, int linears) {
    const std::string scope = scope_of(place);
    for (int i = 0; i < linears; ++i) add(fmt::format("{}/linear_{}", scope, i), {"weight", "weight_scale", "bias"});
    add(scope + "/layer_norm", {"gamma", "beta"});
  };
  for (const Side side : {Side::kEncoder, Side::kDecoder}) {
    const std::string scope = scope_of(side);
    for (const std::string_view table : {"embeddings", "embeddings_0"})
      add(fmt::format("{}/{}", scope, table), {"weight", "weight_scale"});
    add(scope + "/position_encodings", {"encodings"});
    for (const std::string_view norm : {"layer_norm", "layernorm_embedding"})
      add(fmt::format("{}/{}", scope, norm), {"gamma", "beta"});
    for (int layer = 0; layer < layers(side); ++layer) {
      add_sublayer({side, layer, Sublayer::kSelfAttention}, 2);
      if (side == Side::kDecoder) add_sublayer({side, layer, Sublayer::kCrossAttention}, 3);
      add_sublayer({side, layer, Sublayer::kFeedForward}, 2);
    }
  }
  add("decoder/projection", {"weight", "weight_scale", "bias"});
  return names;
}

/// Everything in the file has to be something that is read: what is not changes what the network computes.
void CTranslate2Reader::require_known_parts() const {
  constexpr std::array<std::string_view, 12> kNumbers = {"num_heads",
                                                         "pre_norm",
                                                         "activation",
                                                         "scale_embeddings",
                                                         "multiply_by_sqrt_depth",
                                                         "alignment_layer",
                                                         "alignment_heads",
                                                         "with_source_bos",
                                                         "with_source_eos",
                                                         "with_target_bos",
                                                         "user_decoder_start_tokens",
                                                         "start_from_zero_embedding"};
  // Numbers that are as they have to be.
  constexpr std::array<std::string_view, 9> kZero = {"alibi",
                                                     "alibi_use_positive_positions",
                                                     "scale_alibi",
                                                     "embeddings_merge",
                                                     "multi_query_attention",
                                                     "rms_norm",
                                                     "parallel_residual",
                                                     "shared_layer_norm",
                                                     "scale_outputs"};
  const std::set<std::string, std::less<>> names = read_names();
  for (const auto& [name, tensor] : tensors_) {
    const std::string_view last = std::string_view(name).substr(name.rfind('/') + 1);
    const auto is_last = [&](std::string_view number) { return number == last; };
    if (names.contains(name) || std::any_of(kNumbers.begin(), kNumbers.end(), is_last)) continue;
    if (std::any_of(kZero.begin(), kZero.end(), is_last) && file_.number(tensor->name) == 0) continue;
    refuse(file_, ErrorCode::kUnsupported,
           fmt::format("the network has \"{}\", which is none of the parts that are known here",
                       model_file::printable(name)));
  }
}

/// Every layer of which there is anything counts, so that what it lacks is missed.
int CTranslate2Reader::layers(Side side) const {
  for (int layer = 0;; ++layer) {
    const std::string scope = fmt::format("{}/layer_{}/", scope_of(side), layer);
    const auto first = tensors_.lower_bound(scope);
    if (first == tensors_.end() || !first->first.starts_with(scope)) return layer;
  }
}

int CTranslate2Reader::state(Side side) const { return static_cast<int>(matrix(embedding_name(side)).shape[1]); }

SideFacts CTranslate2Reader::facts(Side side) const {
  const std::string scope = scope_of(side);
  SideFacts facts;
  facts.layers = layers(side);
  const int usual_heads = file_.revision() <= kSizeInTheName && file_.spec() == "TransformerBig" ? 16 : 8;
  facts.kind.heads = static_cast<int>(number(scope, "num_heads").value_or(usual_heads));
  facts.kind.norm_first = number(scope, "pre_norm").value_or(1) != 0;
  constexpr std::array kActivations = {nn::Activation::kRelu, nn::Activation::kGeluTanh, nn::Activation::kSwish,
                                       nn::Activation::kGelu, nn::Activation::kGeluSigmoid};
  const std::int64_t activation = number(scope, "activation").value_or(0);
  if (activation < 0 || activation >= std::ssize(kActivations))
    refuse(file_, ErrorCode::kUnsupported,
           fmt::format("{}/activation: expected 0 (ReLU) to 4 (GELU by sigmoid), got {}", scope, activation));
  facts.kind.activation = kActivations[static_cast<std::size_t>(activation)];
  facts.embedding_scale = embedding_scale(side);
  facts.positions = positions(side);
  facts.starts_from_zero = number(scope, "start_from_zero_embedding").value_or(0) != 0;
  facts.alignment_layer = static_cast<int>(number(scope, "alignment_layer").value_or(-1));
  facts.alignment_heads = static_cast<int>(number(scope, "alignment_heads").value_or(1));
  return facts;
}

/// A flag or the scale itself; without it the square root of the width, as OpenNMT scales.
float CTranslate2Reader::embedding_scale(Side side) const {
  const TensorView* scale = find(scope_of(side) + "/scale_embeddings");
  if (scale == nullptr) scale = find(scope_of(side) + "/embeddings/multiply_by_sqrt_depth");
  const float root = std::sqrt(static_cast<float>(state(side)));
  if (scale == nullptr) return root;
  if (model_file::element_count(*scale) != 1) refuse(file_, ErrorCode::kCorrupt, scale->name + ": expected one number");
  float value = 0;
  model_file::to_f32(*scale, {&value, 1});
  if (!std::isfinite(value))
    refuse(file_, ErrorCode::kCorrupt, fmt::format("{}: expected a number, got {}", scale->name, value));
  if (scale->type != ElementType::kI8) return value;
  return value != 0 ? root : 1;
}

nn::Matrix CTranslate2Reader::positions(Side side) const {
  const std::string name = scope_of(side) + "/position_encodings/encodings";
  const int width = state(side);
  if (find(name) == nullptr) return sinusoids(kMostPositions, width, /*first=*/1, std::max(1, width / 2 - 1));
  const TensorView& stored = matrix(name);
  if (stored.shape[1] != width || is_integer(stored.type))
    refuse(file_, ErrorCode::kCorrupt,
           fmt::format("{}: expected [positions, {}] of floating-point numbers, got {}", name, width,
                       model_file::shape_text(stored.shape)));
  nn::Matrix table(static_cast<int>(stored.shape[0]), width);
  model_file::to_f32(stored, {table.row(0), static_cast<std::size_t>(model_file::element_count(stored))});
  return table;
}

/// What the integers of a weight are to be divided by: one for each row of bytes, one for all 16-bit numbers.
std::vector<float> CTranslate2Reader::scales_of(const std::string& name, const TensorView& weight) const {
  const std::string scale_name = name + "/weight_scale";
  if (weight.type == ElementType::kI32)
    refuse(file_, ErrorCode::kUnsupported, name + "/weight: expected f32, f16, bf16, i8 or i16, got i32");
  if (!is_integer(weight.type)) {
    if (find(scale_name) != nullptr)
      refuse(file_, ErrorCode::kCorrupt, scale_name + ": expected none, as the weights are no integers");
    return {};
  }
  std::vector<float> scales = vector(scale_name);
  const std::size_t expected = weight.type == ElementType::kI8 ? static_cast<std::size_t>(weight.shape[0]) : 1;
  if (scales.size() != expected)
    refuse(file_, ErrorCode::kCorrupt,
           fmt::format("{}: expected {} numbers, got {}", scale_name, expected, scales.size()));
  for (const float scale : scales) {
    if (!std::isnormal(scale) || scale < 0)
      refuse(file_, ErrorCode::kCorrupt, fmt::format("{}: expected positive numbers, got {}", scale_name, scale));
  }
  return scales;
}

/// Rows [first, first + count) of a linear layer; count 0: to its end.
nn::LinearPart CTranslate2Reader::rows_of(const std::string& name, int first, int count) const {
  const TensorView& weight = matrix(name + "/weight");
  const auto rows = static_cast<int>(weight.shape[0]);
  if (count == 0) count = rows - first;
  nn::LinearPart part{.shape = {count, static_cast<int>(weight.shape[1])}, .rows = {}, .bias = {}};
  part.rows = [&weight, first, scales = scales_of(name, weight)](int begin, int end, std::span<float> out) {
    model_file::to_f32_rows(weight, first + begin, first + end, out);
    if (scales.empty()) return;
    const auto inputs = static_cast<std::size_t>(weight.shape[1]);
    for (int row = begin; row < end; ++row) {
      const float scale = scales[scales.size() == 1 ? 0 : static_cast<std::size_t>(first + row)];
      for (float& value : out.subspan(static_cast<std::size_t>(row - begin) * inputs, inputs)) value /= scale;
    }
  };
  if (find(name + "/bias") != nullptr) {
    const std::vector<float> bias = vector(name + "/bias");
    if (bias.size() != static_cast<std::size_t>(rows))
      refuse(file_, ErrorCode::kCorrupt, fmt::format("{}/bias: expected {} numbers, got {}", name, rows, bias.size()));
    part.bias.assign(bias.begin() + first, bias.begin() + first + count);
  }
  return part;
}

nn::LinearPart CTranslate2Reader::part(const Place& place, Projection projection) const {
  const std::string scope = scope_of(place);
  const int width = state(place.side);
  const auto rows = [&](std::string_view layer, int parts, int index) {
    const std::string name = fmt::format("{}/{}", scope, layer);
    matrix(name + "/weight", std::int64_t{parts} * width, width);
    return rows_of(name, index * width, width);
  };
  if (place.sublayer == Sublayer::kFeedForward) {
    const std::int64_t inner = matrix(scope + "/linear_0/weight").shape[0];
    if (projection == Projection::kIn)
      matrix(scope + "/linear_0/weight", inner, width);
    else
      matrix(scope + "/linear_1/weight", width, inner);
    return rows_of(scope + (projection == Projection::kIn ? "/linear_0" : "/linear_1"), 0, 0);
  }
  const bool is_self = place.sublayer == Sublayer::kSelfAttention;
  if (projection == Projection::kOut) return rows(is_self ? "linear_1" : "linear_2", 1, 0);
  const int index = projection == Projection::kQuery ? 0 : projection == Projection::kKey ? 1 : 2;
  if (is_self) return rows("linear_0", 3, index);
  return index == 0 ? rows("linear_0", 1, 0) : rows("linear_1", 2, index - 1);
}

std::optional<nn::LayerNorm> CTranslate2Reader::norm_of(Side side, const std::string& name) const {
  if (find(name + "/gamma") == nullptr && find(name + "/beta") == nullptr) return std::nullopt;
  if (find(name + "/beta") == nullptr)
    refuse(file_, ErrorCode::kUnsupported, name + "/beta: expected a layer normalisation, got one without a shift");
  const auto numbers = [&, expected = static_cast<std::size_t>(state(side))](const std::string& part) {
    std::vector<float> values = vector(part);
    if (values.size() != expected)
      refuse(file_, ErrorCode::kCorrupt, fmt::format("{}: expected {} numbers, got {}", part, expected, values.size()));
    return values;
  };
  return nn::LayerNorm{.scale = numbers(name + "/gamma"), .shift = numbers(name + "/beta")};
}

nn::LayerNorm CTranslate2Reader::norm(const Place& place) const {
  const std::string name = scope_of(place) + "/layer_norm";
  std::optional<nn::LayerNorm> norm = norm_of(place.side, name);
  if (!norm) refuse(file_, ErrorCode::kCorrupt, "the model has no tensor " + name + "/gamma");
  return std::move(*norm);
}

std::optional<nn::LayerNorm> CTranslate2Reader::embedding_norm(Side side) const {
  return norm_of(side, scope_of(side) + "/layernorm_embedding");
}

std::optional<nn::LayerNorm> CTranslate2Reader::last_norm(Side side) const {
  return norm_of(side, scope_of(side) + "/layer_norm");
}

std::string CTranslate2Reader::embedding_name(Side side) const {
  const std::string numbered = scope_of(side) + "/embeddings_0/weight";
  return find(numbered) != nullptr ? numbered : scope_of(side) + "/embeddings/weight";
}

nn::LinearPart CTranslate2Reader::embedding(Side side) const {
  const std::string name = embedding_name(side);
  return rows_of(name.substr(0, name.rfind('/')), 0, 0);
}

nn::LinearPart CTranslate2Reader::projection() const { return rows_of("decoder/projection", 0, 0); }

bool CTranslate2Reader::embeddings_are_one() const {
  return tensor(embedding_name(Side::kEncoder)).bytes.data() == tensor(embedding_name(Side::kDecoder)).bytes.data();
}

bool CTranslate2Reader::projection_is_embedding() const {
  return tensor("decoder/projection/weight").bytes.data() == tensor(embedding_name(Side::kDecoder)).bytes.data();
}

std::string CTranslate2Reader::weight_type() const {
  switch (tensor(embedding_name(Side::kDecoder)).type) {
    case ElementType::kI8: return "int8";
    case ElementType::kI16: return "int16";
    case ElementType::kF16: return "float16";
    case ElementType::kBF16: return "bfloat16";
    default: return "float32";
  }
}

}  // namespace voxlate::translation
