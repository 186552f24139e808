#include "tests/unit/translation/net/small_model.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <random>
#include <utility>

#include "model_file/ctranslate2_file.h"
#include "tests/unit/model_file/model_writer.h"
#include "translation/net/ctranslate2_reader.h"

namespace voxlate::translation {
namespace {

using model_file::bytes_of;
using model_file::WrittenCTranslate2;
using model_file::WrittenType;
using model_file::WrittenVariable;
using Rows = PlainTransformer::Rows;

constexpr int kPositions = 128;
constexpr float kEmbeddingScale = 2.5F;

double value_of_f16(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const double mantissa = (half & 1023) / 1024.0;
  if (exponent == 0) return 0;  // f16_below makes no subnormal ones
  return (half & 0x8000) != 0 ? -std::ldexp(1 + mantissa, exponent - 15) : std::ldexp(1 + mantissa, exponent - 15);
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// As revision 1 named it.
std::string old_name(std::string name) {
  const bool is_encoder = name.starts_with("encoder");
  replace(name, "embeddings/weight", "w_embs");
  replace(name, "layer_norm", "LayerNorm");
  replace(name, "projection", "dense");
  replace(name, "/weight", "/kernel");
  replace(name, "linear_0", "conv1d");
  replace(name, "linear_", "conv1d_");
  if (is_encoder) {
    replace(name, "self_attention", "multi_head");
  } else {
    replace(name, "/attention", "/multi_head");
    replace(name, "self_attention", "masked_multi_head");
  }
  if (name.ends_with("_scale")) return "transformer/" + name.substr(0, name.size() - 6) + ":0_scale";
  return "transformer/" + name + ":0";
}

/// Fills a file and the tensors of its formulas with the same random numbers.
class ModelMaker {
 public:
  ModelMaker(const ModelKind& kind, unsigned seed) : kind_(kind), engine_(seed) {
    file_.version = kind.version;
    file_.revision = kind.version == 1 ? 1 : kind.revision;
    if (file_.revision <= 2) file_.spec = kind.heads == 16 ? "TransformerBig" : "TransformerBase";
  }

  SmallModel make() {
    tables();
    side("encoder");
    side("decoder");
    options();
    PlainTransformer::Options options{.heads = kind_.heads,
                                      .norm_first = kind_.norm_first,
                                      .activation = kind_.activation,
                                      .encoder = plain_side(),
                                      .decoder = plain_side()};
    options.decoder.starts_from_zero = kind_.starts_from_zero;
    if (file_.revision == 1) {
      for (WrittenVariable& variable : file_.variables) {
        if (!variable.shape.empty() || variable.name.ends_with("_scale")) variable.name = old_name(variable.name);
      }
      for (auto& [alias, name] : file_.aliases) {
        alias = old_name(alias);
        name = old_name(name);
      }
    }
    return {.file = std::move(file_), .plain = {options, std::move(tensors_)}};
  }

 private:
  PlainTransformer::Side plain_side() const {
    const double root = std::sqrt(static_cast<double>(kind_.state));
    const double scale = kind_.scale == ModelKind::Scale::kFlagOff  ? 1
                         : kind_.scale == ModelKind::Scale::kNumber ? double{kEmbeddingScale}
                                                                    : root;
    return {.layers = kind_.layers, .embedding_scale = scale};
  }

  std::vector<float> random(int count, float spread, float mean = 0) {
    std::normal_distribution<float> distribution(mean, spread);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = distribution(engine_);
    return values;
  }

  /// Floating-point numbers in the type of the file, and what that makes of them.
  void floats(const std::string& name, std::vector<std::uint32_t> shape, const std::vector<float>& values) {
    const bool is_half = kind_.weights == WrittenType::kF16 || kind_.weights == WrittenType::kBF16;
    WrittenVariable variable{
        .name = name, .type = is_half ? kind_.weights : WrittenType::kF32, .shape = std::move(shape), .data = {}};
    const std::size_t columns = variable.shape.back();
    Rows& rows = tensors_[name] = Rows(values.size() / columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
      double value = double{values[i]};
      if (variable.type == WrittenType::kF16) {
        variable.data += bytes_of(model_file::f16_below(values[i]));
        value = value_of_f16(model_file::f16_below(values[i]));
      } else if (variable.type == WrittenType::kBF16) {
        variable.data += bytes_of(model_file::bf16_below(values[i]));
        value = std::bit_cast<float>(std::uint32_t{model_file::bf16_below(values[i])} << 16U);
      } else {
        variable.data += bytes_of(values[i]);
      }
      rows[i / columns].push_back(value);
    }
    file_.variables.push_back(std::move(variable));
  }

  void matrix(const std::string& name, int outputs, int inputs, float spread) {
    const std::vector<float> values = random(outputs * inputs, spread);
    const std::vector<std::uint32_t> shape = {static_cast<std::uint32_t>(outputs), static_cast<std::uint32_t>(inputs)};
    if (kind_.weights != WrittenType::kI8 && kind_.weights != WrittenType::kI16) return floats(name, shape, values);
    const bool is_byte = kind_.weights == WrittenType::kI8;
    WrittenVariable variable{.name = name, .type = kind_.weights, .shape = shape, .data = {}};
    WrittenVariable scales{.name = name + "_scale", .type = WrittenType::kF32, .shape = {}, .data = {}};
    if (is_byte) scales.shape = {shape[0]};
    Rows& rows = tensors_[name] = Rows(shape[0]);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const float* const first = values.data() + row * shape[1];
      float largest = 0;
      for (std::size_t i = 0; i < shape[1]; ++i) largest = std::max(largest, std::abs(first[i]));
      const float scale = is_byte ? 127 / largest : 1000;
      if (is_byte || row == 0) scales.data += bytes_of(scale);
      for (std::size_t i = 0; i < shape[1]; ++i) {
        const long step = std::lround(first[i] * scale);
        variable.data += is_byte ? bytes_of(static_cast<std::int8_t>(step)) : bytes_of(static_cast<std::int16_t>(step));
        rows[row].push_back(static_cast<double>(step) / double{scale});
      }
    }
    file_.variables.push_back(std::move(variable));
    file_.variables.push_back(std::move(scales));
  }

  void linear(const std::string& name, int outputs, int inputs, bool has_bias = true) {
    matrix(name + "/weight", outputs, inputs, 1 / std::sqrt(static_cast<float>(inputs)));
    if (has_bias) floats(name + "/bias", {static_cast<std::uint32_t>(outputs)}, random(outputs, 0.3F));
  }

  void norm(const std::string& name) {
    const std::vector<std::uint32_t> shape = {static_cast<std::uint32_t>(kind_.state)};
    floats(name + "/gamma", shape, random(kind_.state, 0.3F, 1));
    floats(name + "/beta", shape, random(kind_.state, 0.2F));
  }

  /// Files from version 3 on have a table once and call it by several names; older ones repeat it.
  void same(const std::string& name, const std::string& original) {
    tensors_[name] = tensors_.at(original);
    if (kind_.version >= 3) return file_.aliases.emplace_back(name, original), void();
    for (const std::string part : {"", "_scale"}) {
      if (file_.find(original + part) == nullptr) continue;
      WrittenVariable copy = file_.at(original + part);
      copy.name = name + part;
      file_.variables.push_back(std::move(copy));
    }
  }

  void tables() {
    using Tables = ModelKind::Tables;
    const std::string source = kind_.numbered_embedding ? "encoder/embeddings_0/weight" : "encoder/embeddings/weight";
    const std::string target = "decoder/embeddings/weight";
    matrix(target, kind_.target_vocabulary, kind_.state, 0.4F);
    if (kind_.tables == Tables::kAllAreOne)
      same(source, target);
    else
      matrix(source, kind_.source_vocabulary, kind_.state, 0.4F);
    if (kind_.tables == Tables::kSeparate)
      matrix("decoder/projection/weight", kind_.target_vocabulary, kind_.state, 0.4F);
    else
      same("decoder/projection/weight", target);
    if (kind_.output_bias)
      floats("decoder/projection/bias", {static_cast<std::uint32_t>(kind_.target_vocabulary)},
             random(kind_.target_vocabulary, 0.5F));
  }

  void side(const std::string& side) {
    const int state = kind_.state;
    for (int layer = 0; layer < kind_.layers; ++layer) {
      const std::string scope = side + "/layer_" + std::to_string(layer);
      linear(scope + "/self_attention/linear_0", 3 * state, state);
      linear(scope + "/self_attention/linear_1", state, state);
      norm(scope + "/self_attention/layer_norm");
      if (side == "decoder") {
        linear(scope + "/attention/linear_0", state, state);
        linear(scope + "/attention/linear_1", 2 * state, state);
        linear(scope + "/attention/linear_2", state, state, /*has_bias=*/layer != 0);
        norm(scope + "/attention/layer_norm");
      }
      linear(scope + "/ffn/linear_0", kind_.inner, state);
      linear(scope + "/ffn/linear_1", state, kind_.inner);
      norm(scope + "/ffn/layer_norm");
    }
    if (kind_.last_norm) norm(side + "/layer_norm");
    if (kind_.embedding_norm) norm(side + "/layernorm_embedding");
    if (kind_.stored_positions)
      floats(side + "/position_encodings/encodings", {kPositions, static_cast<std::uint32_t>(state)},
             random(kPositions * state, 0.7F));
  }

  void number(const std::string& name, float value, WrittenType type = WrittenType::kI8) {
    file_.variables.push_back(model_file::written_number(name, value, type));
  }

  /// Revisions 1 to 4 have them beside the sides, not in them.
  void options() {
    const std::vector<std::string> scopes =
        file_.revision >= 5 ? std::vector<std::string>{"encoder/", "decoder/"} : std::vector<std::string>{""};
    for (const std::string& scope : scopes) {
      if (file_.revision >= 3) number(scope + "num_heads", static_cast<float>(kind_.heads), WrittenType::kI16);
      number(scope + "pre_norm", kind_.norm_first ? 1 : 0);
      number(scope + "activation", static_cast<float>(kind_.activation));
    }
    for (const std::string scope : {"encoder/", "decoder/"}) {
      const std::string name = scope + (file_.revision >= 4 ? "scale_embeddings" : "embeddings/multiply_by_sqrt_depth");
      if (kind_.scale == ModelKind::Scale::kFlagOn) number(name, 1);
      if (kind_.scale == ModelKind::Scale::kFlagOff) number(name, 0);
      if (kind_.scale == ModelKind::Scale::kNumber) number(name, kEmbeddingScale, WrittenType::kF32);
    }
    if (kind_.starts_from_zero) number("decoder/start_from_zero_embedding", 1);
    if (file_.revision >= 5) {
      number("decoder/alignment_layer", -1, WrittenType::kI16);
      number("decoder/alignment_heads", 0, WrittenType::kI16);
      number("decoder/alibi", 0);
      number("encoder/multi_query_attention", 0);
    }
  }

  const ModelKind kind_;
  std::mt19937 engine_;
  WrittenCTranslate2 file_;
  std::map<std::string, Rows> tensors_;
};

}  // namespace

void PrintTo(const ModelKind& kind, std::ostream* out) {
  *out << "version " << kind.version << ", revision " << kind.revision << ", type " << static_cast<int>(kind.weights)
       << (kind.norm_first ? ", norm first" : ", norm last") << ", activation " << static_cast<int>(kind.activation)
       << (kind.stored_positions ? ", positions" : "") << (kind.embedding_norm ? ", embedding norm" : "")
       << (kind.last_norm ? ", last norm" : "") << ", scale " << static_cast<int>(kind.scale)
       << (kind.starts_from_zero ? ", from zero" : "") << ", tables " << static_cast<int>(kind.tables)
       << (kind.output_bias ? ", bias" : "") << ", heads " << kind.heads << ", state " << kind.state;
}

ModelKind some_kind(unsigned index) {
  using Activation = PlainTransformer::Activation;
  using Scale = ModelKind::Scale;
  using Tables = ModelKind::Tables;
  switch (index) {
    case 0: return {.stored_positions = false, .scale = Scale::kAbsent, .version = 2, .revision = 2, .heads = 8};
    case 1:
      return {.norm_first = false,
              .activation = Activation::kSwish,
              .last_norm = false,
              .starts_from_zero = true,
              .tables = Tables::kAllAreOne,
              .numbered_embedding = true,
              .weights = WrittenType::kI8,
              .source_vocabulary = 23};
    case 2:
      return {.scale = Scale::kNumber, .tables = Tables::kAllAreOne, .output_bias = false, .source_vocabulary = 23};
    case 3: return {.stored_positions = false, .scale = Scale::kAbsent, .version = 1, .revision = 1, .heads = 8};
    default: break;
  }
  std::mt19937 engine(index);
  const auto one_of = [&](unsigned count) { return static_cast<unsigned>(engine()) % count; };
  ModelKind kind;
  kind.norm_first = one_of(2) == 0;
  kind.activation = static_cast<Activation>(one_of(5));
  kind.stored_positions = one_of(2) == 0;
  kind.embedding_norm = one_of(2) == 0;
  kind.last_norm = one_of(2) == 0;
  kind.scale = static_cast<Scale>(one_of(4));
  kind.starts_from_zero = one_of(2) == 0;
  kind.tables = static_cast<Tables>(one_of(3));
  kind.output_bias = one_of(2) == 0;
  kind.version = 1 + one_of(6);
  kind.revision = kind.version == 1 ? 1 : 1 + one_of(7);
  const std::vector<WrittenType> types = {WrittenType::kF32, WrittenType::kI8, WrittenType::kI16, WrittenType::kF16,
                                          WrittenType::kBF16};
  kind.weights = types[one_of(kind.version >= 4 ? 5 : 3)];  // the old ones know a type by its size
  if (kind.revision <= 2) {
    kind.heads = one_of(2) == 0 || kind.version == 1 ? 8 : 16;
    kind.state = kind.heads * (2 + 2 * static_cast<int>(one_of(3)));
  } else {
    kind.heads = 1 + static_cast<int>(one_of(4));
    kind.state = kind.heads * (8 + static_cast<int>(one_of(9)));
    kind.numbered_embedding = one_of(2) == 0;
  }
  kind.inner = 17 + static_cast<int>(one_of(40));
  kind.layers = 1 + static_cast<int>(one_of(3));
  if (kind.tables == Tables::kAllAreOne) kind.source_vocabulary = kind.target_vocabulary;
  return kind;
}

SmallModel make_small_model(const ModelKind& kind, unsigned seed) { return ModelMaker(kind, seed).make(); }

std::shared_ptr<const Network> build_network(const WrittenCTranslate2& file, nn::Compute& compute,
                                             const Computing& computing) {
  const std::string bytes = model_file::write_ctranslate2(file);
  const auto parsed = model_file::CTranslate2File::parse(model_file::as_bytes(bytes), "model.bin");
  return computing.build(CTranslate2Reader(*parsed), compute);
}

std::vector<int> some_tokens(int count, int vocabulary, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<int> tokens(static_cast<std::size_t>(count));
  for (int& token : tokens) token = static_cast<int>(engine() % static_cast<unsigned>(vocabulary));
  return tokens;
}

}  // namespace voxlate::translation
