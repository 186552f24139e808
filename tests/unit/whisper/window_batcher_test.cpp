#include "whisper/window_batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <vector>

#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/whisper/scripted_network.h"
#include "tests/unit/whisper/vocabularies.h"
#include "voxlate/error.h"

namespace voxlate::whisper {
namespace {

std::vector<float> noise(unsigned seed, std::size_t count = 2560) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> distribution(0, 0.2F);
  std::vector<float> samples(count);
  for (float& sample : samples) sample = distribution(engine);
  return samples;
}

/// Weights such as training begins with, in f32.
void randomise(model_file::WrittenTensor& tensor, std::mt19937& engine) {
  const bool is_norm = tensor.name.ends_with("ln.weight") || tensor.name.ends_with("ln_post.weight");
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.shape) count *= extent;
  const auto inputs = static_cast<float>(count / tensor.shape.front());
  std::normal_distribution<float> distribution(is_norm ? 1.0F : 0.0F, is_norm ? 0.1F : 1.5F / std::sqrt(inputs));
  tensor.type = 0;
  tensor.data.clear();
  for (std::int64_t i = 0; i < count; ++i) {
    const float weight = distribution(engine);
    tensor.data.append(reinterpret_cast<const char*>(&weight), sizeof weight);
  }
}

/// A real network, too small to say anything sensible, but what it says depends on what it hears.
class SmallNetwork {
 public:
  explicit SmallNetwork(ComputeType type) {
    model_file::WhisperDims dims = model_file::small_dims();
    dims.n_text_ctx = 48;
    dims.n_audio_state = dims.n_text_state = 32;
    dims.n_audio_head = dims.n_text_head = 2;
    const std::filesystem::path path = folder_ / "model.bin";
    model_file::WrittenWhisper model = model_file::make_whisper(dims);
    std::mt19937 engine(1);
    for (model_file::WrittenTensor& tensor : model.tensors) randomise(tensor, engine);
    std::ofstream(path, std::ios::binary) << model_file::write_ggml(model);
    network_ = Network::load(path, compute_, type);
  }
  const Network& operator*() const { return *network_; }
  const Network* operator->() const { return network_.get(); }

 private:
  const TemporaryFolder folder_;
  nn::Compute compute_{2};
  std::shared_ptr<const Network> network_;
};

class BatchedWindows : public ::testing::TestWithParam<ComputeType> {};

TEST_P(BatchedWindows, SayTheSameAloneAndInCompany) {
  const SmallNetwork network(GetParam());
  const Tokenizer tokenizer(network->vocabulary(), network->shape().n_vocab);
  DecodingOptions options;
  options.temperatures = {0, 0.8F};
  std::vector<DecodedWindow> alone;
  for (unsigned seed = 0; seed < 9; ++seed) {
    options.beam_size = seed % 2 == 0 ? 1 : 3;
    WindowBatcher batcher(*network, tokenizer, {.max_windows = 1});
    alone.push_back(batcher.submit({.samples = noise(seed), .decoding = options, .prompt = {}}, {}).get().decoded);
  }
  WindowBatcher batcher(*network, tokenizer, {.max_windows = 4});
  std::vector<std::future<WindowBatcher::Result>> together;
  for (unsigned seed = 0; seed < 9; ++seed) {
    options.beam_size = seed % 2 == 0 ? 1 : 3;
    together.push_back(batcher.submit({.samples = noise(seed), .decoding = options, .prompt = {}}, {}));
  }
  bool all_the_same = true;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const DecodedWindow got = together[i].get().decoded;
    EXPECT_EQ(got.tokens, alone[i].tokens) << "window " << i;
    EXPECT_EQ(got.logprobs, alone[i].logprobs) << "window " << i;
    EXPECT_FALSE(got.tokens.empty());
    all_the_same = all_the_same && got.tokens == alone[0].tokens;
  }
  EXPECT_FALSE(all_the_same) << "the windows must differ for this test to mean something";
}

INSTANTIATE_TEST_SUITE_P(Types, BatchedWindows, ::testing::Values(ComputeType::kFloat32, ComputeType::kFloat16),
                         [](const auto& suite) { return std::string(to_string(suite.param)); });

/// Says one word after the other, never the same, and never ends.
ScriptedNetwork::Script endless(const Tokenizer& tokenizer) {
  return [&tokenizer](std::span<const int> tokens, std::span<float> logits) {
    const std::size_t n = tokens.size();
    logits[n == 3 ? static_cast<std::size_t>(tokenizer.timestamp_begin()) : 'a' + (n * 2654435761U >> 13U) % 23] = 20;
  };
}

ErrorCode code_of(std::future<WindowBatcher::Result>& result) {
  try {
    result.get();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an error";
  return ErrorCode::kInternal;
}

TEST(WindowBatcher, AStopEndsAWindowBetweenTwoSteps) {
  const Tokenizer tokenizer = small_tokenizer({});
  std::stop_source stop;
  const ScriptedNetwork::Script speak = endless(tokenizer);
  int steps = 0;
  const ScriptedNetwork network(tokenizer, [&](std::span<const int> tokens, std::span<float> logits) {
    if (++steps == 10) stop.request_stop();
    speak(tokens, logits);
  });
  {
    WindowBatcher batcher(network, tokenizer, {});
    DecodingOptions options;
    options.beam_size = 1;
    auto result = batcher.submit({.samples = {}, .decoding = options, .prompt = {}}, stop.get_token());
    EXPECT_EQ(code_of(result), ErrorCode::kCancelled);
  }
  EXPECT_EQ(steps, 10);
  EXPECT_EQ(network.open_sequences(), 0);
}

TEST(WindowBatcher, WhatItHasNotFinishedEndsWithIt) {
  const Tokenizer tokenizer = small_tokenizer({});
  std::promise<void> running;
  const ScriptedNetwork::Script speak = endless(tokenizer);
  const ScriptedNetwork network(
      tokenizer,
      [&, first = true](std::span<const int> tokens, std::span<float> logits) mutable {
        if (std::exchange(first, false)) running.set_value();
        speak(tokens, logits);
      },
      /*n_text_ctx=*/1 << 20);
  auto batcher = std::make_unique<WindowBatcher>(network, tokenizer, WindowBatcher::Options{.max_windows = 1});
  DecodingOptions options;
  options.beam_size = 1;
  auto first = batcher->submit({.samples = {}, .decoding = options, .prompt = {}}, {});
  auto second = batcher->submit({.samples = {}, .decoding = options, .prompt = {}}, {});
  running.get_future().wait();
  batcher.reset();
  EXPECT_EQ(code_of(first), ErrorCode::kCancelled);
  EXPECT_EQ(code_of(second), ErrorCode::kCancelled);
}

TEST(WindowBatcher, AFailedStepFailsThoseInItAndNoOther) {
  const Tokenizer tokenizer = small_tokenizer({});
  bool fail = true;
  const ScriptedNetwork network(tokenizer, [&](std::span<const int> tokens, std::span<float> logits) {
    if (std::exchange(fail, false)) throw Error(ErrorCode::kOutOfMemory, "no memory");
    logits[static_cast<std::size_t>(tokens.size() == 3   ? tokenizer.timestamp_begin()
                                    : tokens.size() == 4 ? 'a'
                                    : tokens.size() == 5 ? tokenizer.timestamp_begin() + 50
                                                         : tokenizer.eot())] = 20;
  });
  WindowBatcher batcher(network, tokenizer, {.max_windows = 1});
  auto first = batcher.submit({.samples = {}, .decoding = {}, .prompt = {}}, {});
  EXPECT_EQ(code_of(first), ErrorCode::kOutOfMemory);
  EXPECT_EQ(batcher.submit({.samples = {}, .decoding = {}, .prompt = {}}, {}).get().decoded.tokens.size(), 3U);
}

}  // namespace
}  // namespace voxlate::whisper
