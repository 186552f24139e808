#include "vad/silero_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "model_file/silero_file.h"
#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/vad/silero_test_data.h"
#include "voxlate/error.h"

namespace voxlate::vad {
namespace {

constexpr std::size_t kChunk = SileroNetwork::kChunkSamples;

using Rows = std::vector<std::vector<double>>;  // [channels, frames]

/// The definition of the network in plain loops and double precision, one chunk after the other.
class PlainSilero {
 public:
  explicit PlainSilero(const model_file::SileroFile& file) : file_(file) {}

  std::vector<double> run(std::span<const float> samples) {
    std::vector<double> hidden(128);
    std::vector<double> cell(128);
    std::vector<double> probabilities;
    for (std::size_t at = 0; at + kChunk <= samples.size(); at += kChunk) {
      Rows x = spectrum(audio_of(samples, at));
      for (int layer = 0; layer < 4; ++layer) x = convolve(x, layer, layer == 1 || layer == 2 ? 2 : 1);
      std::vector<double> input;
      for (const auto& channel : x) input.push_back(channel.at(0));
      probabilities.push_back(step(input, hidden, cell));
    }
    return probabilities;
  }

 private:
  std::vector<float> weights(const std::string& name) const {
    const model_file::TensorView& tensor = file_.tensor("_model." + name);
    std::vector<float> values(static_cast<std::size_t>(model_file::element_count(tensor)));
    model_file::to_f32(tensor, values);
    return values;
  }

  static std::vector<double> audio_of(std::span<const float> samples, std::size_t at) {
    std::vector<double> audio;
    for (std::size_t i = 0; i < 64; ++i) audio.push_back(at == 0 ? 0.0 : double{samples[at - 64 + i]});
    for (std::size_t i = 0; i < kChunk; ++i) audio.push_back(double{samples[at + i]});
    for (std::size_t i = 0; i < 64; ++i) audio.push_back(audio[64 + kChunk - 2 - i]);
    return audio;
  }

  Rows spectrum(const std::vector<double>& audio) const {
    Rows magnitudes(129, std::vector<double>(4));
    for (std::size_t bin = 0; bin < 129; ++bin) {
      for (std::size_t frame = 0; frame < 4; ++frame) {
        double real = 0;
        double imaginary = 0;
        for (std::size_t i = 0; i < 256; ++i) {
          real += double{basis_[bin * 256 + i]} * audio[frame * 128 + i];
          imaginary += double{basis_[(129 + bin) * 256 + i]} * audio[frame * 128 + i];
        }
        magnitudes[bin][frame] = std::hypot(real, imaginary);
      }
    }
    return magnitudes;
  }

  Rows convolve(const Rows& x, int layer, std::size_t stride) const {
    const std::vector<float>& kernel = kernels_[static_cast<std::size_t>(layer)];
    const std::vector<float>& bias = biases_[static_cast<std::size_t>(layer)];
    const std::size_t frames = x.front().size();
    Rows out(bias.size(), std::vector<double>((frames - 1) / stride + 1));
    for (std::size_t channel = 0; channel < out.size(); ++channel) {
      for (std::size_t frame = 0; frame < out[channel].size(); ++frame) {
        double sum = double{bias[channel]};
        for (std::size_t input = 0; input < x.size(); ++input) {
          for (std::size_t tap = 0; tap < 3; ++tap) {
            const std::size_t from = frame * stride + tap;  // in the frames with one of padding before
            if (from >= 1 && from <= frames)
              sum += double{kernel[(channel * x.size() + input) * 3 + tap]} * x[input][from - 1];
          }
        }
        out[channel][frame] = std::max(sum, 0.0);
      }
    }
    return out;
  }

  double step(const std::vector<double>& input, std::vector<double>& hidden, std::vector<double>& cell) const {
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    std::vector<double> gates;
    for (std::size_t row = 0; row < 512; ++row) {
      double sum = double{bias_ih_[row]} + double{bias_hh_[row]};
      for (std::size_t i = 0; i < 128; ++i)
        sum += double{weight_ih_[row * 128 + i]} * input[i] + double{weight_hh_[row * 128 + i]} * hidden[i];
      gates.push_back(sum);
    }
    double out = double{out_bias_[0]};
    for (std::size_t i = 0; i < 128; ++i) {
      cell[i] = sigmoid(gates[128 + i]) * cell[i] + sigmoid(gates[i]) * std::tanh(gates[256 + i]);
      hidden[i] = sigmoid(gates[384 + i]) * std::tanh(cell[i]);
      out += std::max(hidden[i], 0.0) * double{out_weights_[i]};
    }
    return sigmoid(out);
  }

  const model_file::SileroFile& file_;
  const std::vector<float> basis_ = weights("stft.forward_basis_buffer");
  const std::vector<std::vector<float>> kernels_ = {
      weights("encoder.0.reparam_conv.weight"), weights("encoder.1.reparam_conv.weight"),
      weights("encoder.2.reparam_conv.weight"), weights("encoder.3.reparam_conv.weight")};
  const std::vector<std::vector<float>> biases_ = {
      weights("encoder.0.reparam_conv.bias"), weights("encoder.1.reparam_conv.bias"),
      weights("encoder.2.reparam_conv.bias"), weights("encoder.3.reparam_conv.bias")};
  const std::vector<float> weight_ih_ = weights("decoder.rnn.weight_ih");
  const std::vector<float> weight_hh_ = weights("decoder.rnn.weight_hh");
  const std::vector<float> bias_ih_ = weights("decoder.rnn.bias_ih");
  const std::vector<float> bias_hh_ = weights("decoder.rnn.bias_hh");
  const std::vector<float> out_weights_ = weights("decoder.decoder.2.weight");
  const std::vector<float> out_bias_ = weights("decoder.decoder.2.bias");
};

std::span<const float> whole_chunks(const std::vector<float>& samples, std::size_t max_chunks) {
  return std::span(samples).first(std::min(samples.size() / kChunk, max_chunks) * kChunk);
}

std::vector<float> run(const SileroNetwork& network, std::span<const float> samples, std::size_t chunks_at_once) {
  SileroNetwork::State state(network);
  std::vector<float> probabilities(samples.size() / kChunk);
  for (std::size_t at = 0; at < probabilities.size(); at += chunks_at_once) {
    const std::size_t count = std::min(chunks_at_once, probabilities.size() - at);
    network.run(state, samples.subspan(at * kChunk, count * kChunk), std::span(probabilities).subspan(at, count));
  }
  return probabilities;
}

void expect_plain_definition(const model_file::SileroFile& file, std::span<const float> samples) {
  for (const nn::Kernels* kernels : nn::available_kernels()) {
    nn::Compute compute(/*threads=*/2, *kernels);
    const SileroNetwork network(file, compute);
    const std::vector<float> got = run(network, samples, samples.size() / kChunk);
    const std::vector<double> expected = PlainSilero(file).run(samples);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(double{got[i]}, expected[i], 1e-4) << kernels->name << ", chunk " << i;
  }
}

class SileroNetworkTest : public testing::Test {
 protected:
  const std::string bytes_ = made_up_silero();
  const std::shared_ptr<const model_file::SileroFile> file_ =
      model_file::SileroFile::parse(model_file::as_bytes(bytes_), "vad.safetensors");
};

TEST_F(SileroNetworkTest, IsThePlainDefinition) {
  const std::vector<float> samples = beats(2);
  expect_plain_definition(*file_, whole_chunks(samples, 60));
}

TEST_F(SileroNetworkTest, ProbabilitiesDependNeitherOnTheBlocksNorOnTheThreads) {
  const std::vector<float> samples = beats(6);
  const auto chunks = whole_chunks(samples, samples.size());
  nn::Compute compute(/*threads=*/3);
  const SileroNetwork network(*file_, compute);
  const std::vector<float> expected = run(network, chunks, chunks.size() / kChunk);
  EXPECT_GT(*std::max_element(expected.begin(), expected.end()) - *std::min_element(expected.begin(), expected.end()),
            0.3F)
      << "the made-up weights hear nothing";
  for (const std::size_t at_once : {1U, 5U, 16U}) EXPECT_EQ(run(network, chunks, at_once), expected) << at_once;
  nn::Compute alone(/*threads=*/1);
  EXPECT_EQ(run(SileroNetwork(*file_, alone), chunks, 16), expected);
}

TEST_F(SileroNetworkTest, StreamsDoNotDisturbEachOther) {
  const std::vector<float> one = beats(2);
  const std::vector<float> other = white_noise(2, -20);
  nn::Compute compute(/*threads=*/1);
  const SileroNetwork network(*file_, compute);
  const std::vector<float> expected = run(network, whole_chunks(one, 20), 1);
  SileroNetwork::State state(network);
  SileroNetwork::State noise(network);
  for (std::size_t i = 0; i < 20; ++i) {
    float probability = 0;
    network.run(noise, std::span(other).subspan(i * kChunk, kChunk), {&probability, 1});
    network.run(state, std::span(one).subspan(i * kChunk, kChunk), {&probability, 1});
    EXPECT_EQ(probability, expected[i]) << i;
  }
}

TEST_F(SileroNetworkTest, IsLoadedFromDisk) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "vad.safetensors", bytes_);
  write_file_atomically(folder / "whisper.bin",
                        model_file::write_ggml(model_file::make_whisper(model_file::small_dims())));
  nn::Compute compute(/*threads=*/1);
  const std::vector<float> samples = beats(1);
  EXPECT_EQ(run(*SileroNetwork::load(folder / "vad.safetensors", compute), whole_chunks(samples, 20), 20),
            run(SileroNetwork(*file_, compute), whole_chunks(samples, 20), 20));
  try {
    SileroNetwork::load(folder / "whisper.bin", compute);
    FAIL() << "accepted a Whisper model";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  }
}

TEST(SileroSharedModels, AreThePlainDefinition) {
  if (!std::filesystem::is_directory(shared_folder() / "models"))
    GTEST_SKIP() << "../shared is not beside this repository";
  const std::vector<float> samples = read_wav(shared_folder() / "data/speech/en/jfk_16k.wav");
  for (const auto& path : shared_models())
    expect_plain_definition(*model_file::SileroFile::open(path), whole_chunks(samples, 90));
}

}  // namespace
}  // namespace voxlate::vad
