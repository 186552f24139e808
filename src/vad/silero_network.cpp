#include "vad/silero_network.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>
#include <utility>

#include "model_file/silero_file.h"
#include "model_file/tensor_view.h"
#include "voxlate/device.h"

namespace voxlate::vad {
namespace {

constexpr int kWindow = 256;
constexpr int kHop = 128;
constexpr int kBins = kWindow / 2 + 1;
constexpr int kMirrored = 64;
constexpr int kFrames = 4;
constexpr int kTaps = 3;
constexpr int kWide = 128;   // channels of the encoder's first and last layer
constexpr int kNarrow = 64;  // and of those between

std::vector<float> vector(const model_file::SileroFile& file, const std::string& name) {
  const model_file::TensorView& tensor = file.tensor(name);
  std::vector<float> values(static_cast<std::size_t>(model_file::element_count(tensor)));
  model_file::to_f32(tensor, values);
  return values;
}

/// Some of a convolution's taps, side by side.
struct Taps {
  std::size_t first;
  std::size_t count;
};

/// The weights [outputs, channels, taps] as a layer over [count * channels]: as many frames as there are taps, in one
/// row.
nn::Linear convolution(const model_file::SileroFile& file, const nn::Kernels& kernels, const std::string& name,
                       Taps wanted, std::vector<float> bias) {
  const model_file::TensorView& tensor = file.tensor(name);
  const auto channels = static_cast<std::size_t>(tensor.shape.at(1));
  const auto taps = static_cast<std::size_t>(tensor.shape.at(2));
  const nn::RowSource rows = [&](int begin, int end, std::span<float> out) {
    const auto count = static_cast<std::size_t>(end - begin);
    std::vector<float> stored(count * channels * taps);
    model_file::to_f32_rows(tensor, begin, end, stored);
    for (std::size_t row = 0; row < count; ++row) {
      for (std::size_t tap = 0; tap < wanted.count; ++tap) {
        for (std::size_t channel = 0; channel < channels; ++channel) {
          out[(row * wanted.count + tap) * channels + channel] =
              stored[(row * channels + channel) * taps + wanted.first + tap];
        }
      }
    }
  };
  return {kernels,
          {static_cast<int>(tensor.shape.at(0)), static_cast<int>(wanted.count * channels)},
          rows,
          std::move(bias),
          ComputeType::kFloat32};
}

nn::Linear encoder_layer(const model_file::SileroFile& file, const nn::Kernels& kernels, int layer, Taps wanted) {
  const std::string name = "_model.encoder." + std::to_string(layer) + ".reparam_conv.";
  return convolution(file, kernels, name + "weight", wanted, vector(file, name + "bias"));
}

nn::Linear linear(const model_file::SileroFile& file, const nn::Kernels& kernels, const std::string& name,
                  std::vector<float> bias) {
  const model_file::TensorView& tensor = file.tensor(name);
  return {kernels,
          {static_cast<int>(tensor.shape.at(0)), static_cast<int>(tensor.shape.at(1))},
          [&](int begin, int end, std::span<float> out) { model_file::to_f32_rows(tensor, begin, end, out); },
          std::move(bias),
          ComputeType::kFloat32};
}

/// What the LSTM adds to its gates: once for the input and once for the state.
std::vector<float> gate_bias(const model_file::SileroFile& file) {
  std::vector<float> bias = vector(file, "_model.decoder.rnn.bias_ih");
  const std::vector<float> other = vector(file, "_model.decoder.rnn.bias_hh");
  std::transform(bias.begin(), bias.end(), other.begin(), bias.begin(), [](float a, float b) { return a + b; });
  return bias;
}

void clear(const nn::Matrix& x) {
  for (int row = 0; row < x.rows(); ++row) std::fill_n(x.row(row), x.columns(), 0.0F);
}

void relu(const nn::Matrix& x) {
  for (int row = 0; row < x.rows(); ++row) {
    float* const values = x.row(row);
    for (int i = 0; i < x.columns(); ++i) values[i] = std::max(values[i], 0.0F);
  }
}

/// From the real parts and, behind them, the imaginary ones.
void take_magnitudes(const nn::Matrix& parts, const nn::Matrix& magnitudes) {
  for (int row = 0; row < parts.rows(); ++row) {
    const float* const real = parts.row(row);
    const float* const imaginary = real + kBins;
    float* const out = magnitudes.row(row);
    for (int bin = 0; bin < kBins; ++bin) out[bin] = std::sqrt(real[bin] * real[bin] + imaginary[bin] * imaginary[bin]);
  }
}

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

std::shared_ptr<const SileroNetwork> SileroNetwork::load(const std::filesystem::path& path, nn::Compute& compute) {
  return std::make_shared<const SileroNetwork>(*model_file::SileroFile::open(path), compute);
}

// Of a convolution that sees nothing but padding under some of its taps, only the others are kept.
SileroNetwork::SileroNetwork(const model_file::SileroFile& file, nn::Compute& compute)
    : compute_(compute),
      spectrum_(convolution(file, compute.kernels(), "_model.stft.forward_basis_buffer", {0, kWindow}, {})),
      conv1_(encoder_layer(file, compute.kernels(), 0, {0, kTaps})),
      conv2_(encoder_layer(file, compute.kernels(), 1, {0, kTaps})),
      conv3_(encoder_layer(file, compute.kernels(), 2, {1, 2})),
      conv4_(encoder_layer(file, compute.kernels(), 3, {1, 1})),
      input_gates_(linear(file, compute.kernels(), "_model.decoder.rnn.weight_ih", gate_bias(file))),
      hidden_gates_(linear(file, compute.kernels(), "_model.decoder.rnn.weight_hh", {})),
      output_weights_(vector(file, "_model.decoder.decoder.2.weight")),
      output_bias_(vector(file, "_model.decoder.decoder.2.bias").front()) {}

SileroNetwork::State::State(const SileroNetwork& network)
    : alone_(/*threads=*/1, network.compute_.kernels()), hidden_(1, kHidden), gates_(1, kGates * kHidden) {
  clear(hidden_);
}

void SileroNetwork::run(State& state, std::span<const float> samples, std::span<float> probabilities) const {
  assert(samples.size() == probabilities.size() * kChunkSamples);
  const auto chunks = static_cast<int>(probabilities.size());
  nn::Matrix audio(chunks, kContextSamples + kChunkSamples + kMirrored);
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const auto heard = samples.subspan(static_cast<std::size_t>(chunk) * kChunkSamples, kChunkSamples);
    float* to = std::copy(state.context_.begin(), state.context_.end(), audio.row(chunk));
    to = std::copy(heard.begin(), heard.end(), to);
    std::reverse_copy(heard.end() - kMirrored - 1, heard.end() - 1, to);
    std::copy(heard.end() - kContextSamples, heard.end(), state.context_.begin());
  }
  const nn::Matrix gates = encode(audio);
  for (int chunk = 0; chunk < chunks; ++chunk)
    probabilities[static_cast<std::size_t>(chunk)] = step(state, gates.some_rows(chunk, 1));
}

/// The input's part of the gates: [chunks, 640] -> [chunks, 512]. The frames of a chunk lie side by side in its row, so
/// that a convolution is one layer for each place that it stands at.
nn::Matrix SileroNetwork::encode(const nn::Matrix& audio) const {
  const int chunks = audio.rows();
  const nn::Matrix parts(chunks, 2 * kBins);
  const nn::Matrix magnitudes(chunks, (kFrames + 2) * kBins);  // padded with a frame of zeros on either side
  clear(magnitudes);
  for (int frame = 0; frame < kFrames; ++frame) {
    spectrum_.apply(compute_, audio.some_columns(frame * kHop, kWindow), parts);
    take_magnitudes(parts, magnitudes.some_columns((frame + 1) * kBins, kBins));
  }

  const nn::Matrix first(chunks, (kFrames + 1) * kWide);  // padded on the left; no step of 2 reaches the right
  clear(first);
  for (int frame = 0; frame < kFrames; ++frame) {
    conv1_.apply(compute_, magnitudes.some_columns(frame * kBins, kTaps * kBins),
                 first.some_columns((frame + 1) * kWide, kWide));
  }
  relu(first);

  const nn::Matrix second(chunks, 2 * kNarrow);
  for (int frame = 0; frame < 2; ++frame) {
    conv2_.apply(compute_, first.some_columns(2 * frame * kWide, kTaps * kWide),
                 second.some_columns(frame * kNarrow, kNarrow));
  }
  relu(second);

  const nn::Matrix third(chunks, kNarrow);
  conv3_.apply(compute_, second, third);
  relu(third);
  const nn::Matrix fourth(chunks, kWide);
  conv4_.apply(compute_, third, fourth);
  relu(fourth);

  nn::Matrix gates(chunks, kGates * kHidden);
  input_gates_.apply(compute_, fourth, gates);
  return gates;
}

/// One step of the LSTM and the layer behind it.
float SileroNetwork::step(State& state, const nn::Matrix& gates) const {
  hidden_gates_.apply(state.alone_, state.hidden_, state.gates_, {.residual = &gates});
  const float* const input = state.gates_.row(0);
  const float* const forget = input + kHidden;
  const float* const candidate = forget + kHidden;
  const float* const output = candidate + kHidden;
  float* const hidden = state.hidden_.row(0);
  float sum = output_bias_;
  for (std::size_t i = 0; i < kHidden; ++i) {
    float& cell = state.cell_[i];
    cell = sigmoid(forget[i]) * cell + sigmoid(input[i]) * std::tanh(candidate[i]);
    hidden[i] = sigmoid(output[i]) * std::tanh(cell);
    sum += std::max(hidden[i], 0.0F) * output_weights_[i];
  }
  return sigmoid(sum);
}

}  // namespace voxlate::vad
