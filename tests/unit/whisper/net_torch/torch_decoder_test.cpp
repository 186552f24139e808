// The network in float16, as a GPU computes it, where libtorch can do that on the CPU.

#include "whisper/net_torch/torch_decoder.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/temporary_folder.h"
#include "tests/unit/whisper/net/test_networks.h"
#include "whisper/net_torch/torch_encoder.h"
#include "whisper/net_torch/torch_guard.h"

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
    const TorchDecoder decoder(weights);
    const auto heard = decoder.remember(encoder.encode(mel.to(form)));
    const auto window = [&](std::size_t index) { return static_cast<const TorchAudio*>(heard.at(index).get()); };
    TorchSaid said = decoder.start();
    const std::vector<int> text(70, 5);
    const std::vector<int> word{7};
    decoder.run(std::vector<TorchDecoder::Input>{{window(0), 0, 0, text}, {window(1), 9, 0, word}}, said, nullptr);
    said.copy(/*from=*/0, /*to=*/3, /*tokens=*/70);
    return decoder.logits(decoder.run(
        std::vector<TorchDecoder::Input>{{window(0), 0, 70, word}, {window(0), 3, 70, text}, {window(1), 9, 1, word}},
        said, nullptr));
  }

  static constexpr std::int64_t kMelRows = 18;
  static constexpr std::int64_t kMels = 80;

 private:
  const TemporaryFolder folder_;
};

TEST_F(TorchHalf, IsCloseToFloat32) {
  with_torch([&] {
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
