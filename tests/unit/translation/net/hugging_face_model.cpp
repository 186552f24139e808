#include "tests/unit/translation/net/hugging_face_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <span>
#include <stdexcept>
#include <utility>

namespace voxlate::translation {
namespace {

using model_file::WrittenTensor;

constexpr int kState = 8;
constexpr int kPositions = 16;
constexpr int kHeads[] = {2, 4};
constexpr int kHidden[] = {12, 20};
constexpr int kLayers[] = {2, 1};
constexpr const char* kSides[] = {"encoder", "decoder"};

template <typename Number>
std::string raw(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

std::string raw_of(std::span<const float> numbers) {
  std::string bytes;
  for (const float number : numbers) bytes += raw(number);
  return bytes;
}

/// Writes the tensors of a network with the numbers that make_hugging_face_reference has, too: from -1 to 1 in steps
/// that a float holds.
class TensorMaker {
 public:
  void make(std::string name, std::vector<std::int64_t> shape, float shift = 0, float scale = 1) {
    WrittenTensor tensor{.name = std::move(name), .type = 0, .shape = std::move(shape), .data = {}};
    const std::int64_t count = *model_file::element_count(tensor.shape);
    for (std::int64_t i = 0; i < count; ++i) tensor.data += raw(shift + next() * scale);
    tensors_.push_back(std::move(tensor));
  }

  void make_linear(const std::string& name, int outputs, int inputs) {
    make(name + ".weight", {outputs, inputs});
    make(name + ".bias", {outputs});
  }

  void make_norm(const std::string& name) {
    make(name + ".weight", {kState}, 1, 0.25F);
    make(name + ".bias", {kState});
  }

  void make_side(int side, bool is_marian) {
    const std::string scope = std::string("model.") + kSides[side];
    for (int index = 0; index < kLayers[side]; ++index) {
      const std::string layer = scope + ".layers." + std::to_string(index);
      for (const std::string attention : {".self_attn", ".encoder_attn"}) {
        if (side == 0 && attention == ".encoder_attn") continue;
        for (const char* const part : {".q_proj", ".k_proj", ".v_proj", ".out_proj"})
          make_linear(layer + attention + part, kState, kState);
        make_norm(layer + attention + "_layer_norm");
      }
      make_linear(layer + ".fc1", kHidden[side], kState);
      make_linear(layer + ".fc2", kState, kHidden[side]);
      make_norm(layer + ".final_layer_norm");
    }
    if (!is_marian) make_norm(scope + ".layer_norm");
  }

  std::vector<WrittenTensor> take() { return std::move(tensors_); }

 private:
  float next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<float>(static_cast<int>(state_ >> 16U) - 32768) / 32768;
  }

  std::uint32_t state_ = 1;
  std::vector<WrittenTensor> tensors_;
};

nlohmann::json make_config(bool is_marian, int source_tokens, int target_tokens) {
  nlohmann::json config = {{"model_type", is_marian ? "marian" : "m2m_100"},
                           {"d_model", kState},
                           {"max_position_embeddings", kPositions},
                           {"activation_function", is_marian ? "swish" : "relu"},
                           {"scale_embedding", true},
                           {"vocab_size", source_tokens},
                           {"pad_token_id", is_marian ? target_tokens - 1 : 1}};
  for (const int side : {0, 1}) {
    const std::string name = kSides[side];
    config[name + "_layers"] = kLayers[side];
    config[name + "_attention_heads"] = kHeads[side];
    config[name + "_ffn_dim"] = kHidden[side];
  }
  if (is_marian) config["decoder_vocab_size"] = target_tokens;
  return config;
}

HuggingFaceModel make_model(bool is_marian, const std::vector<std::pair<const char*, int>>& tables) {
  TensorMaker maker;
  for (const auto& [name, tokens] : tables) maker.make(name, {tokens, kState});
  const int target_tokens = tables.back().second;
  if (is_marian) maker.make("final_logits_bias", {1, target_tokens});
  for (const int side : {0, 1}) maker.make_side(side, is_marian);
  return {.config = make_config(is_marian, tables.front().second, target_tokens), .tensors = maker.take()};
}

/// Collects the variables of a CTranslate2 file, version 6.
class VariableWriter {
 public:
  void add(const std::string& name, std::span<const std::int64_t> shape, std::string_view data, bool is_f32 = true) {
    variables_ += text(name) + static_cast<char>(shape.size());
    for (const std::int64_t extent : shape) variables_ += raw(static_cast<std::uint32_t>(extent));
    variables_ += std::string(1, is_f32 ? '\0' : '\1') + raw(static_cast<std::uint32_t>(data.size()));
    variables_ += data;
    ++count_;
  }

  void add_number(const std::string& name, int number) {
    add(name, {}, std::string(1, static_cast<char>(number)), /*is_f32=*/false);
  }

  std::string file(const std::vector<std::pair<std::string, std::string>>& aliases) const {
    std::string bytes = raw<std::uint32_t>(6) + text("TransformerSpec") + raw<std::uint32_t>(7) + raw(count_);
    bytes += variables_ + raw(static_cast<std::uint32_t>(aliases.size()));
    for (const auto& [alias, name] : aliases) bytes += text(alias) + text(name);
    return bytes;
  }

 private:
  static std::string text(const std::string& text) {
    return raw(static_cast<std::uint16_t>(text.size() + 1)) + text + '\0';
  }

  std::string variables_;
  std::uint32_t count_ = 0;
};

/// The parts of one network under CTranslate2's names.
class Converter {
 public:
  Converter(const HuggingFaceModel& model, int tokens) : model_(model), tokens_(tokens) {}

  std::string convert() {
    const std::int64_t table[] = {tokens_, kState};
    const bool drops_padding = tokens_ < model_.config["vocab_size"].get<int>();
    const auto rows = static_cast<std::size_t>(tokens_) * sizeof(float);
    out_.add("decoder/embeddings/weight", table, model_.tensor("model.shared.weight").data.substr(0, rows * kState));
    if (model_.contains("final_logits_bias"))
      out_.add("decoder/projection/bias", {table, 1}, model_.tensor("final_logits_bias").data.substr(0, rows));
    if (drops_padding) out_.add_number("decoder/start_from_zero_embedding", 1);
    for (const int side : {0, 1}) add_side(side);
    return out_.file({{"encoder/embeddings_0/weight", "decoder/embeddings/weight"},
                      {"decoder/projection/weight", "decoder/embeddings/weight"}});
  }

 private:
  void add_side(int side) {
    const std::string scope = kSides[side];
    const std::string from = "model." + scope;
    out_.add_number(scope + "/num_heads", kHeads[side]);
    out_.add_number(scope + "/pre_norm", model_.is_marian() ? 0 : 1);
    out_.add_number(scope + "/activation", model_.is_marian() ? 2 : 0);
    out_.add(scope + "/scale_embeddings", {}, raw(std::sqrt(static_cast<float>(kState))));
    const std::string positions = from + ".embed_positions.weight";
    const WrittenTensor table = model_.contains(positions) ? model_.tensor(positions) : sinusoids_of_family();
    out_.add(scope + "/position_encodings/encodings", table.shape, table.data);
    for (int index = 0; index < kLayers[side]; ++index) {
      const std::string layer = from + ".layers." + std::to_string(index);
      const std::string to = scope + "/layer_" + std::to_string(index);
      const std::string self = layer + ".self_attn";
      const std::string cross = layer + ".encoder_attn";
      add_linear(to + "/self_attention/linear_0", {self + ".q_proj", self + ".k_proj", self + ".v_proj"});
      add_linear(to + "/self_attention/linear_1", {self + ".out_proj"});
      add_norm(to + "/self_attention", self + "_layer_norm");
      if (side == 1) {
        add_linear(to + "/attention/linear_0", {cross + ".q_proj"});
        add_linear(to + "/attention/linear_1", {cross + ".k_proj", cross + ".v_proj"});
        add_linear(to + "/attention/linear_2", {cross + ".out_proj"});
        add_norm(to + "/attention", cross + "_layer_norm");
      }
      add_linear(to + "/ffn/linear_0", {layer + ".fc1"});
      add_linear(to + "/ffn/linear_1", {layer + ".fc2"});
      add_norm(to + "/ffn", layer + ".final_layer_norm");
    }
    if (!model_.is_marian()) add_norm(scope, from + ".layer_norm");
  }

  WrittenTensor sinusoids_of_family() const {
    const nn::Matrix table = model_.is_marian() ? sinusoids(kPositions, kState, /*first=*/0, kState / 2.0)
                                                : sinusoids(kPositions, kState, /*first=*/2, kState / 2.0 - 1);
    return {.name = "",
            .type = 0,
            .shape = {kPositions, kState},
            .data = raw_of({table.row(0), static_cast<std::size_t>(kPositions * kState)})};
  }

  void add_linear(const std::string& name, const std::vector<std::string>& parts) {
    for (const std::string end : {"weight", "bias"}) {
      std::string data;
      std::vector<std::int64_t> shape = model_.tensor(parts.front() + "." + end).shape;
      shape[0] *= static_cast<std::int64_t>(parts.size());
      for (const std::string& part : parts) data += model_.tensor(part + "." + end).data;
      out_.add(name + "/" + end, shape, data);
    }
  }

  void add_norm(const std::string& scope, const std::string& from) {
    const std::int64_t shape[] = {kState};
    out_.add(scope + "/layer_norm/gamma", shape, model_.tensor(from + ".weight").data);
    out_.add(scope + "/layer_norm/beta", shape, model_.tensor(from + ".bias").data);
  }

  const HuggingFaceModel& model_;
  const int tokens_;
  VariableWriter out_;
};

}  // namespace

bool HuggingFaceModel::contains(std::string_view name) const {
  return std::any_of(tensors.begin(), tensors.end(), [&](const WrittenTensor& tensor) { return tensor.name == name; });
}

const WrittenTensor& HuggingFaceModel::tensor(std::string_view name) const {
  for (const WrittenTensor& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::invalid_argument("no tensor " + std::string(name));
}

WrittenTensor& HuggingFaceModel::tensor(std::string_view name) {
  return const_cast<WrittenTensor&>(std::as_const(*this).tensor(name));
}

void HuggingFaceModel::remove(std::string_view name) {
  std::erase_if(tensors, [&](const WrittenTensor& tensor) { return tensor.name == name; });
}

void HuggingFaceModel::copy(std::string_view name, std::string copy) {
  WrittenTensor tensor = std::as_const(*this).tensor(name);
  tensor.name = std::move(copy);
  tensors.push_back(std::move(tensor));
}

HuggingFaceModel make_marian() { return make_model(/*is_marian=*/true, {{"model.shared.weight", 11}}); }

HuggingFaceModel make_m2m100() { return make_model(/*is_marian=*/false, {{"model.shared.weight", 11}}); }

HuggingFaceModel make_marian_with_its_own_tables() {
  HuggingFaceModel model = make_model(
      /*is_marian=*/true,
      {{"model.encoder.embed_tokens.weight", 9}, {"model.decoder.embed_tokens.weight", 11}, {"lm_head.weight", 11}});
  model.config["activation_function"] = "gelu";
  model.config["share_encoder_decoder_embeddings"] = false;
  model.config["tie_word_embeddings"] = false;
  model.config["scale_embedding"] = false;
  return model;
}

WrittenTensor make_positions(std::string name) {
  TensorMaker maker;
  maker.make(std::move(name), {kPositions, kState});
  return std::move(maker.take().front());
}

std::string write_ctranslate2(const HuggingFaceModel& model, int tokens) { return Converter(model, tokens).convert(); }

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

WrittenHuggingFaceModel::WrittenHuggingFaceModel(const HuggingFaceModel& model)
    : bytes_(model_file::write_safetensors(model.tensors)) {
  write_text(folder_ / "config.json", model.config.dump());
  file_ = model_file::SafetensorsFile::parse(model_file::as_bytes(bytes_), "model.safetensors");
  reader_.emplace(*file_, folder_ / "config.json");
}

}  // namespace voxlate::translation
