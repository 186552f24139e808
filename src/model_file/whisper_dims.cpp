#include "model_file/whisper_dims.h"

#include <fmt/format.h>

#include <array>

#include "model_file/format_error.h"

namespace voxlate::model_file {
namespace {

constexpr int kMaxVocabulary = 65535;
constexpr int kMaxAudioPositions = 1500;
constexpr int kMaxTextPositions = 448;
constexpr int kMaxState = 2048;
constexpr int kMaxHeads = 64;
constexpr int kMaxLayers = 64;
constexpr int kHeadWidthStep = 8;
constexpr int kMaxHeadWidth = 128;

constexpr std::array kBounds = {
    WhisperDimBounds{"n_vocab", &WhisperDims::n_vocab, kMinSpecialTokens + 1, kMaxVocabulary},
    WhisperDimBounds{"n_audio_ctx", &WhisperDims::n_audio_ctx, 8, kMaxAudioPositions},
    WhisperDimBounds{"n_audio_state", &WhisperDims::n_audio_state, kHeadWidthStep, kMaxState},
    WhisperDimBounds{"n_audio_head", &WhisperDims::n_audio_head, 1, kMaxHeads},
    WhisperDimBounds{"n_audio_layer", &WhisperDims::n_audio_layer, 1, kMaxLayers},
    WhisperDimBounds{"n_text_ctx", &WhisperDims::n_text_ctx, 8, kMaxTextPositions},
    WhisperDimBounds{"n_text_state", &WhisperDims::n_text_state, kHeadWidthStep, kMaxState},
    WhisperDimBounds{"n_text_head", &WhisperDims::n_text_head, 1, kMaxHeads},
    WhisperDimBounds{"n_text_layer", &WhisperDims::n_text_layer, 1, kMaxLayers},
    WhisperDimBounds{"n_mels", &WhisperDims::n_mels, 80, 128},
};

void check_heads(std::string_view what, int state, int heads, std::string_view file_name) {
  const int width = heads == 0 ? 0 : state / heads;
  if (width * heads != state || width % kHeadWidthStep != 0 || width < kHeadWidthStep || width > kMaxHeadWidth) {
    refuse(ErrorCode::kCorrupt, file_name, 0,
           fmt::format("{}: expected heads of {} to {} in steps of {}, got {} heads in a state of {}", what,
                       kHeadWidthStep, kMaxHeadWidth, kHeadWidthStep, heads, state));
  }
}

class TensorList {
 public:
  void add(std::string name, std::vector<std::int64_t> shape) { list_.push_back({std::move(name), std::move(shape)}); }

  void add_norm(const std::string& name, int width) {
    add(name + ".weight", {width});
    add(name + ".bias", {width});
  }

  void add_linear(const std::string& name, int outputs, int inputs) {
    add(name + ".weight", {outputs, inputs});
    add(name + ".bias", {outputs});
  }

  void add_convolution(const std::string& name, int outputs, int inputs) {
    constexpr int kTaps = 3;
    add(name + ".weight", {outputs, inputs, kTaps});
    add(name + ".bias", {outputs});
  }

  /// The key has no bias: softmax would take it away again.
  void add_attention(const std::string& name, int width) {
    add_linear(name + ".query", width, width);
    add(name + ".key.weight", {width, width});
    add_linear(name + ".value", width, width);
    add_linear(name + ".out", width, width);
    add_norm(name + "_ln", width);
  }

  void add_mlp(const std::string& name, int width) {
    add_linear(name + ".0", 4 * width, width);
    add_linear(name + ".2", width, 4 * width);
    add_norm(name + "_ln", width);
  }

  std::vector<ExpectedTensor> take() { return std::move(list_); }

 private:
  std::vector<ExpectedTensor> list_;
};

}  // namespace

std::span<const WhisperDimBounds> whisper_dim_bounds() { return kBounds; }

void check_whisper_dims(const WhisperDims& dims, std::string_view file_name) {
  for (const WhisperDimBounds& bounds : kBounds) {
    const int value = dims.*bounds.member;
    if (value < bounds.low || value > bounds.high) {
      refuse(ErrorCode::kCorrupt, file_name, 0,
             fmt::format("{}: expected {} to {}, got {}", bounds.name, bounds.low, bounds.high, value));
    }
  }
  if (dims.n_mels != 80 && dims.n_mels != 128)
    refuse(ErrorCode::kCorrupt, file_name, 0, fmt::format("n_mels: expected 80 or 128, got {}", dims.n_mels));
  if (dims.n_audio_state != dims.n_text_state) {
    refuse(ErrorCode::kCorrupt, file_name, 0,
           fmt::format("n_text_state: expected n_audio_state, {}, got {}", dims.n_audio_state, dims.n_text_state));
  }
  check_heads("n_audio_head", dims.n_audio_state, dims.n_audio_head, file_name);
  check_heads("n_text_head", dims.n_text_state, dims.n_text_head, file_name);
}

std::vector<ExpectedTensor> whisper_tensors(const WhisperDims& dims) {
  TensorList list;
  list.add("encoder.positional_embedding", {dims.n_audio_ctx, dims.n_audio_state});
  list.add_convolution("encoder.conv1", dims.n_audio_state, dims.n_mels);
  list.add_convolution("encoder.conv2", dims.n_audio_state, dims.n_audio_state);
  for (int i = 0; i < dims.n_audio_layer; ++i) {
    const std::string block = fmt::format("encoder.blocks.{}", i);
    list.add_attention(block + ".attn", dims.n_audio_state);
    list.add_mlp(block + ".mlp", dims.n_audio_state);
  }
  list.add_norm("encoder.ln_post", dims.n_audio_state);
  list.add("decoder.positional_embedding", {dims.n_text_ctx, dims.n_text_state});
  list.add("decoder.token_embedding.weight", {dims.n_vocab, dims.n_text_state});
  for (int i = 0; i < dims.n_text_layer; ++i) {
    const std::string block = fmt::format("decoder.blocks.{}", i);
    list.add_attention(block + ".attn", dims.n_text_state);
    list.add_attention(block + ".cross_attn", dims.n_text_state);
    list.add_mlp(block + ".mlp", dims.n_text_state);
  }
  list.add_norm("decoder.ln", dims.n_text_state);
  return list.take();
}

}  // namespace voxlate::model_file
