#include "translation/net_torch/torch_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "nn_torch/cuda_devices.h"
#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/translation/net/small_model.h"
#include "translation/net/ctranslate2_reader.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using model_file::WrittenCTranslate2;

std::shared_ptr<const Network> build(const WrittenCTranslate2& file, nn::Compute& compute, const Device& device = {},
                                     ComputeType type = ComputeType::kFloat32) {
  const std::string bytes = model_file::write_ctranslate2(file);
  const auto parsed = model_file::CTranslate2File::parse(model_file::as_bytes(bytes), "model.bin");
  return build_torch_network(CTranslate2Reader(*parsed), device, type, compute);
}

std::vector<float> step(nn::DecoderSession& session, int sequence, std::span<const int> tokens) {
  const nn::DecoderSession::Input input{.sequence = sequence, .tokens = tokens};
  const std::span<const float> logits = session.step({&input, 1});
  return {logits.begin(), logits.end()};
}

double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (double{a[i]} - double{b[i]}) * (double{a[i]} - double{b[i]});
    size += double{b[i]} * double{b[i]};
  }
  return std::sqrt(difference / size);
}

class TorchNetworkTest : public testing::Test {
 protected:
  ErrorCode failure_of(const WrittenCTranslate2& file, const Device& device, ComputeType type) {
    try {
      build(file, compute_, device, type);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  }

  nn::Compute compute_{1};
};

TEST_F(TorchNetworkTest, WeightsOfAllKindsBecomeFloat32OnTheCpu) {
  using model_file::WrittenType;
  for (const auto& [weights, name] : {std::pair(WrittenType::kF32, "float32"), std::pair(WrittenType::kI8, "int8"),
                                      std::pair(WrittenType::kI16, "int16"), std::pair(WrittenType::kF16, "float16")}) {
    const WrittenCTranslate2 file = make_small_model({.weights = weights}).file;
    for (const ComputeType type : {ComputeType::kAuto, ComputeType::kFloat32})
      EXPECT_EQ(build(file, compute_, {}, type)->description(), std::string(name) + " weights, float32, libtorch cpu");
    EXPECT_EQ(failure_of(file, {}, ComputeType::kFloat16), ErrorCode::kUnsupported);
    EXPECT_EQ(failure_of(file, {}, ComputeType::kInt8), ErrorCode::kUnsupported);
  }
}

TEST_F(TorchNetworkTest, ADeviceThatIsNotThereIsUnavailable) {
  const Device beyond{.kind = DeviceKind::kCuda, .index = nn::cuda_device_count()};
  EXPECT_EQ(failure_of(make_small_model({}).file, beyond, ComputeType::kAuto), ErrorCode::kUnavailable);
}

TEST_F(TorchNetworkTest, PartsThatDoNotFitAreCorrupt) {
  WrittenCTranslate2 file = make_small_model({}).file;
  file.at("encoder/layer_0/ffn/layer_norm/gamma").shape = {16};
  file.at("encoder/layer_0/ffn/layer_norm/gamma").data.resize(16 * sizeof(float));
  EXPECT_EQ(failure_of(file, {}, ComputeType::kFloat32), ErrorCode::kCorrupt);
}

/// More than are encoded in one go.
TEST_F(TorchNetworkTest, ManyLongSentencesSayWhatEachOfThemSays) {
  constexpr unsigned kSentences = 600;
  const auto network = build(make_small_model({}).file, compute_);
  std::vector<std::vector<int>> sources;
  for (unsigned i = 0; i < kSentences; ++i) sources.push_back(some_tokens(128 - static_cast<int>(i % 5), 19, i));
  const std::vector<std::span<const int>> spans(sources.begin(), sources.end());
  const auto encoded = network->encode(spans);
  ASSERT_EQ(encoded.size(), kSentences);
  const std::vector<int> tokens{3, 1, 4};
  for (unsigned i = 0; i < kSentences; i += 37) {
    const auto session = network->new_session();
    const auto alone = network->encode({&spans[i], 1});
    EXPECT_LE(relative_difference(step(*session, session->open(encoded[i]), tokens),
                                  step(*session, session->open(alone[0]), tokens)),
              1e-5)
        << i;
  }
}

/// A token that makes numbers which are none does so for its own sequence, not for one that has its place later.
TEST_F(TorchNetworkTest, NumbersThatAreNoneGoWithTheirSequence) {
  constexpr int kPoison = 22;
  constexpr int kState = 32;
  WrittenCTranslate2 file = make_small_model({}).file;
  std::string& table = file.at("decoder/embeddings/weight").data;
  const std::string nan = model_file::bytes_of(std::numeric_limits<float>::quiet_NaN());
  for (int i = 0; i < kState; ++i) table.replace((kPoison * kState + static_cast<std::size_t>(i)) * 4, 4, nan);
  const auto network = build(file, compute_);
  const std::vector<int> source = some_tokens(9, 19, 1);
  const std::span<const int> one = source;
  const auto encoded = network->encode({&one, 1}).at(0);
  const std::vector<int> poisoned{1, 2, kPoison, kPoison, kPoison};
  const std::vector<int> word{7};
  const auto session = network->new_session();
  const int long_one = session->open(encoded);
  step(*session, long_one, std::vector<int>{1, 2, 3, 4, 5, 6});
  const int parent = session->open(encoded);
  step(*session, parent, word);
  const auto break_a_place = [&] {
    const int broken = session->open(encoded);
    EXPECT_TRUE(std::isnan(step(*session, broken, poisoned)[0]));
    session->close(broken);
    return broken;
  };
  /// Beside the longer one, so that as many positions are looked at.
  const auto expect_healthy = [&](int sequence, const std::vector<int>& text) {
    const std::vector<nn::DecoderSession::Input> inputs{{.sequence = long_one, .tokens = word},
                                                        {.sequence = sequence, .tokens = word}};
    const std::span<const float> logits = session->step(inputs);
    const auto clean = network->new_session();
    EXPECT_LE(relative_difference({logits.begin() + static_cast<std::ptrdiff_t>(logits.size() / 2), logits.end()},
                                  step(*clean, clean->open(encoded), text)),
              1e-5);
  };
  const int broken = break_a_place();
  const int fork = session->fork(parent);
  ASSERT_EQ(fork, broken);
  expect_healthy(fork, {7, 7});
  session->close(fork);
  break_a_place();
  const int fresh = session->open(encoded);
  ASSERT_EQ(fresh, broken);
  expect_healthy(fresh, {7});
}

/// Runs where there is a GPU. Its float16 keeps about three digits.
TEST_F(TorchNetworkTest, ACudaDeviceComputesTheSame) {
  if (nn::cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device";
  const Device device{.kind = DeviceKind::kCuda};
  for (unsigned index = 0; index < 16; ++index) {
    const WrittenCTranslate2 file = make_small_model(some_kind(index), index).file;
    const auto logits_of = [&](const Network& network) {
      const std::vector<int> source = some_tokens(9, network.shape().source_vocabulary, 1);
      const std::span<const int> one = source;
      const auto session = network.new_session();
      return step(*session, session->open(network.encode({&one, 1}).at(0)), std::vector<int>{3, 1, 4, 1, 5});
    };
    const std::vector<float> expected = logits_of(*build(file, compute_));
    EXPECT_LE(relative_difference(logits_of(*build(file, compute_, device)), expected), 1e-4) << index;
    EXPECT_LE(relative_difference(logits_of(*build(file, compute_, device, ComputeType::kAuto)), expected), 2e-2)
        << index;
  }
}

}  // namespace
}  // namespace voxlate::translation
