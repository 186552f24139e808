#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "nn/compute.h"
#include "nn/linear.h"
#include "nn/matrix.h"

namespace voxlate::model_file {
class SileroFile;
}

namespace voxlate::vad {

/// The network of Silero VAD, versions 5 and 6, for 16 kHz: how likely it is that a chunk of 512 samples holds speech,
/// after all the chunks before it.
///
///   audio       64 samples of the chunk before, 512 new ones, the last 64 mirrored    [640]
///   magnitudes  4 frames of 256 samples, 128 apart; the basis has the window in it    [4, 129]
///   encoder     convolutions of width 3 over the frames, each with ReLU,
///               steps of 1, 2, 2, 1                              [4, 128] [2, 64] [1, 64] [1, 128]
///   LSTM        gates in the order input, forget, cell, output                        [128]
///   ReLU, weighted sum, sigmoid
///
/// All but the LSTM is computed for many chunks at once; a probability does not depend on which. Immutable and shared
/// by all streams; `State` is what each of them has for itself. Thread-safe.
class SileroNetwork {
 public:
  static constexpr int kChunkSamples = 512;

  /// One stream. Not thread-safe.
  class State;

  /// Copies the weights; `compute` outlives the network.
  SileroNetwork(const model_file::SileroFile& file, nn::Compute& compute);

  /// Reads a ggml or a safetensors file. Throws what `SileroFile::open` throws.
  static std::shared_ptr<const SileroNetwork> load(const std::filesystem::path& path, nn::Compute& compute);

  /// The probabilities of the stream's next chunks: `samples` are kChunkSamples for each of them.
  void run(State& state, std::span<const float> samples, std::span<float> probabilities) const;

 private:
  static constexpr int kContextSamples = 64;
  static constexpr int kHidden = 128;
  static constexpr int kGates = 4;

  nn::Matrix encode(const nn::Matrix& audio) const;
  float step(State& state, const nn::Matrix& gates) const;

  nn::Compute& compute_;
  const nn::Linear spectrum_;
  const nn::Linear conv1_;
  const nn::Linear conv2_;
  const nn::Linear conv3_;
  const nn::Linear conv4_;
  const nn::Linear input_gates_;
  const nn::Linear hidden_gates_;
  const std::vector<float> output_weights_;  // [kHidden]
  const float output_bias_;
};

class SileroNetwork::State {
 public:
  explicit State(const SileroNetwork& network);

 private:
  friend class SileroNetwork;

  nn::Compute alone_;  // one thread: a step of the LSTM is too small to be shared out
  std::array<float, kContextSamples> context_{};
  nn::Matrix hidden_;  // [1, kHidden]
  nn::Matrix gates_;   // [1, kGates * kHidden]
  std::array<float, kHidden> cell_{};
};

}  // namespace voxlate::vad
