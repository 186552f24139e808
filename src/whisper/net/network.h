#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/decoder_session.h"
#include "voxlate/device.h"

namespace voxlate::nn {
class Compute;
}

namespace voxlate::whisper {

/// Encoder frames (and so steps of a timestamp) per second of audio.
inline constexpr int kFramesPerSecond = 50;

/// Samples of one frame of the encoder, at 16 kHz.
inline constexpr int kSamplesPerFrame = 320;

/// One window for the encoder.
struct WindowAudio {
  std::span<const float>
      samples;  ///< at most `Network::window_samples()`; more is not heard, less is followed by silence
  std::span<const float> before;  ///< what preceded, the last 200 samples of it are used; empty: the window mirrored
  bool whole = false;  ///< of a window at most half full too, all of the silence is encoded, as OpenAI's code does
};

using nn::AttentionHead;
using nn::DecoderSession;

/// What the decoder needs of one window.
using EncodedAudio = nn::EncodedSource;

/// How strongly heads look at the audio when given tokens are said.
struct CrossAttention {
  int tokens = 0;
  int frames = 0;
  std::vector<float> scores;  ///< [heads, tokens, frames], before the soft-max

  /// Of each token but the first, given those before it, among the ordinary tokens; the first has none and is 0.
  std::vector<float> probabilities;
};

/// A Whisper network with its weights. Immutable, so thread-safe: the calls of several threads take turns at the
/// compute pool.
class Network {
 public:
  struct Shape {
    int n_vocab = 0;
    int n_audio_ctx = 0;  ///< frames of a window
    int n_text_ctx = 0;   ///< tokens of a sequence
    int n_text_layer = 0;
    int n_text_head = 0;
    int n_mels = 0;
  };

  /// Reads a ggml or safetensors file into a network that computes with our own kernels; `kAuto` is `kInt8` for
  /// quantised weights, else `kFloat32`. `compute` outlives the network. Throws what `WhisperFile::open` throws.
  static std::shared_ptr<const Network> load(const std::filesystem::path& path, nn::Compute& compute, ComputeType type);

  virtual ~Network() = default;

  virtual const Shape& shape() const = 0;
  int window_samples() const { return shape().n_audio_ctx * kSamplesPerFrame; }

  /// The ordinary tokens, as the file lists them.
  virtual std::span<const std::string> vocabulary() const = 0;

  virtual std::size_t size_bytes() const = 0;

  /// Main memory that a window takes while so many sequences of it are decoded: keys and values.
  virtual std::size_t window_bytes(int sequences) const = 0;

  /// "f16 weights, float32, avx2" or "f16 weights, float16, libtorch cuda:0": for logs and the status.
  virtual std::string description() const = 0;

  /// The results are in the order of the windows, and each is independent of the others.
  virtual std::vector<std::shared_ptr<const EncodedAudio>> encode(std::span<const WindowAudio> windows) const = 0;

  virtual std::unique_ptr<DecoderSession> new_session() const = 0;

  /// Runs `tokens` over the first `frames` of `audio`.
  virtual CrossAttention cross_attention(std::shared_ptr<const EncodedAudio> audio, std::span<const int> tokens,
                                         std::span<const AttentionHead> heads, int frames) const = 0;

  /// log(sum(exp(x))), -infinity without an element above it.
  virtual float log_sum_exp(std::span<const float> x) const = 0;
};

}  // namespace voxlate::whisper
