#include "translation/net/hugging_face_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "model_file/format_error.h"
#include "translation/net/model_json.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using nlohmann::json;

// Above those of every published network. Positions times width is a table in memory.
constexpr int kMostLayers = 128;
constexpr int kMostHeads = 1024;
constexpr int kWidestState = 8192;
constexpr int kWidestHidden = 1 << 16;
constexpr int kMostPositions = 8192;
constexpr int kMostTokens = 1 << 24;

/// An object of JSON whose values are asked for by name; null counts as absent.
class ConfigObject {
 public:
  explicit ConfigObject(const std::filesystem::path& file)
      : name_(repair_utf8(file.filename().string())), object_(read_model_json(file)) {
    if (!object_.is_object())
      refuse(ErrorCode::kCorrupt, fmt::format("expected an object, got {}", object_.type_name()));
  }

  bool has(const char* key) const { return object_.contains(key) && !object_[key].is_null(); }

  /// From `least` to `most`.
  int number(const char* key, int least, int most) const {
    const json& value = at(key);
    if (value.is_number_integer() && value >= least && value <= most) return value.get<int>();
    refuse(ErrorCode::kCorrupt, fmt::format("{}: expected a number from {} to {}, got {}", key, least, most,
                                            value.is_number() ? shown(value) : value.type_name()));
  }

  bool flag(const char* key, bool absent) const {
    if (!has(key)) return absent;
    const json& value = at(key);
    if (!value.is_boolean())
      refuse(ErrorCode::kCorrupt, fmt::format("{}: expected true or false, got {}", key, value.type_name()));
    return value.get<bool>();
  }

  const std::string& text(const char* key) const {
    const json& value = at(key);
    if (!value.is_string())
      refuse(ErrorCode::kCorrupt, fmt::format("{}: expected a text, got {}", key, value.type_name()));
    return value.get_ref<const std::string&>();
  }

  [[noreturn]] void refuse(ErrorCode code, const std::string& text) const { throw Error(code, name_ + ": " + text); }

 private:
  static std::string shown(const json& value) { return model_file::printable(value.dump()); }

  const json& at(const char* key) const {
    if (!has(key)) refuse(ErrorCode::kCorrupt, fmt::format("{}: expected a value, got none", key));
    return object_[key];
  }

  const std::string name_;
  const json object_;
};

HuggingFaceConfig::Family family_of(const ConfigObject& config) {
  const std::string& name = config.text("model_type");
  if (name == "marian") return HuggingFaceConfig::Family::kMarian;
  if (name == "m2m_100") return HuggingFaceConfig::Family::kM2m100;
  config.refuse(ErrorCode::kUnsupported,
                fmt::format("model_type: expected marian or m2m_100, got {}", model_file::printable(name)));
}

nn::Activation activation_of(const ConfigObject& config) {
  using nn::Activation;
  constexpr std::array<std::pair<std::string_view, Activation>, 9> kNames = {
      {{"relu", Activation::kRelu},
       {"swish", Activation::kSwish},
       {"silu", Activation::kSwish},
       {"gelu", Activation::kGelu},
       {"gelu_python", Activation::kGelu},
       {"gelu_new", Activation::kGeluTanh},
       {"gelu_fast", Activation::kGeluTanh},
       {"gelu_pytorch_tanh", Activation::kGeluTanh},
       {"quick_gelu", Activation::kGeluSigmoid}}};
  const std::string& name = config.text("activation_function");
  const auto* const found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.first == name; });
  if (found == kNames.end())
    config.refuse(ErrorCode::kUnsupported,
                  fmt::format("activation_function: expected relu, swish, silu, gelu, gelu_new or quick_gelu, got {}",
                              model_file::printable(name)));
  return found->second;
}

}  // namespace

HuggingFaceConfig read_hugging_face_config(const std::filesystem::path& config_json) {
  const ConfigObject config(config_json);
  HuggingFaceConfig facts;
  facts.family = family_of(config);
  const bool is_marian = facts.family == HuggingFaceConfig::Family::kMarian;
  facts.state = config.number("d_model", 4, kWidestState);
  if (facts.state % 2 != 0)
    config.refuse(ErrorCode::kUnsupported, fmt::format("d_model: expected an even number, got {}", facts.state));
  facts.positions = config.number("max_position_embeddings", 2, kMostPositions);
  // M2M100 counts as fairseq does, from behind the padding token's number.
  if (!is_marian)
    facts.first_position = 1 + (config.has("pad_token_id") ? config.number("pad_token_id", 0, kMostTokens) : 1);
  facts.activation = activation_of(config);
  facts.scales_embedding = config.flag("scale_embedding", /*absent=*/!is_marian);
  facts.embeddings_are_one = !is_marian || config.flag("share_encoder_decoder_embeddings", /*absent=*/true);
  facts.projection_is_embedding = config.flag("tie_word_embeddings", /*absent=*/true);
  facts.encoder = {.layers = config.number("encoder_layers", 1, kMostLayers),
                   .heads = config.number("encoder_attention_heads", 1, kMostHeads),
                   .hidden = config.number("encoder_ffn_dim", 1, kWidestHidden),
                   .vocabulary = config.number("vocab_size", 1, kMostTokens)};
  facts.decoder = {.layers = config.number("decoder_layers", 1, kMostLayers),
                   .heads = config.number("decoder_attention_heads", 1, kMostHeads),
                   .hidden = config.number("decoder_ffn_dim", 1, kWidestHidden),
                   .vocabulary = facts.encoder.vocabulary};
  if (!facts.embeddings_are_one && config.has("decoder_vocab_size"))
    facts.decoder.vocabulary = config.number("decoder_vocab_size", 1, kMostTokens);
  return facts;
}

}  // namespace voxlate::translation
