// The network in float16, as a GPU computes it, where libtorch can do that on the CPU.

#include "nn_torch/torch_decoder.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/temporary_folder.h"
#include "nn_torch/torch_guard.h"
#include "nn_torch/torch_session.h"
#include "tests/unit/whisper/net/test_networks.h"
#include "whisper/net_torch/torch_encoder.h"
#include "whisper/net_torch/torch_weights.h"

namespace voxlate::whisper {
namespace {

class TorchHalf : public ::testing::Test {
 protected:
  /// Logits of three sequences over two windows after two steps, one of them of texts of different length.
  at::Tensor logits_of(const at::Tensor& mel, at::TensorOptions form) const {
    write_small_model(folder_ / "model.bin", /*n_text_ctx=*/150);
    const auto file = model_file::WhisperFile::open(folder_ / "model.bin");
    TorchWeights weights(*file, form);
    const TorchEncoder encoder(weights);
    const nn::TorchDecoder decoder = weights.decoder();
    const at::Tensor encoded = encoder.encode(mel.to(form));
    const std::vector<std::int64_t> lengths(static_cast<std::size_t>(encoded.size(0)), encoded.size(1));
    const auto heard = decoder.remember(encoded.flatten(0, 1), lengths);
    nn::TorchSession session(decoder);
    const int first = session.open(heard.at(0));
    const int second = session.open(heard.at(1));
    const std::vector<int> text(70, 5);
    const std::vector<int> word{7};
    session.step(std::vector<DecoderSession::Input>{{first, text}, {second, word}});
    const int fork = session.fork(first);
    return decoder.logits(
        session.run(std::vector<DecoderSession::Input>{{first, word}, {fork, text}, {second, word}}, nullptr));
  }

  static constexpr std::int64_t kMelRows = 18;
  static constexpr std::int64_t kMels = 80;

 private:
  const TemporaryFolder folder_;
};

TEST_F(TorchHalf, IsCloseToFloat32) {
  nn::with_torch([&] {
    const auto half = at::TensorOptions(at::kCPU).dtype(at::kHalf);
    try {
      at::linear(at::zeros({1, 1}, half), at::zeros({1, 1}, half));
    } catch (const c10::Error&) {
      GTEST_SKIP() << "this libtorch has no float16 on the CPU";
    }
    const at::Tensor mel = at::rand({2, kMelRows, kMels});
    const at::Tensor exact = logits_of(mel, half.dtype(at::kFloat));
    const at::Tensor rounded = logits_of(mel, half);
    EXPECT_LE(rounded.sub(exact).norm().item<float>(), 1e-2F * exact.norm().item<float>());
    EXPECT_GT(rounded.sub(exact).norm().item<float>(), 0);
  });
}

}  // namespace
}  // namespace voxlate::whisper
