// Networks in 16 bits, as a GPU computes them, where libtorch can do that on the CPU.

#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "nn_torch/torch_guard.h"
#include "nn_torch/torch_session.h"
#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/translation/net/small_model.h"
#include "translation/net/ctranslate2_reader.h"
#include "translation/net_torch/torch_encoder.h"
#include "translation/net_torch/torch_parts.h"

namespace voxlate::translation {
namespace {

/// Logits of three sequences over two sentences of different length after two steps, the second one of texts of
/// different length.
at::Tensor logits_of(const ModelKind& kind, at::TensorOptions form) {
  const std::string bytes = model_file::write_ctranslate2(make_small_model(kind).file);
  const auto file = model_file::CTranslate2File::parse(model_file::as_bytes(bytes), "model.bin");
  const NetworkParts parts = read_network_parts(CTranslate2Reader(*file));
  TorchParts taken(form);
  const TorchParts::Tables tables = taken.tables(parts);
  const TorchEncoder encoder = taken.encoder(parts, tables);
  const nn::TorchDecoder decoder = taken.decoder(parts, tables);
  const std::vector<int> long_one = some_tokens(40, kind.source_vocabulary, 1);
  const std::vector<int> short_one = some_tokens(3, kind.source_vocabulary, 2);
  const std::vector<std::span<const int>> sentences{long_one, short_one};
  const auto read = decoder.remember(encoder.encode(sentences), std::vector<std::int64_t>{40, 3});
  nn::TorchSession session(decoder);
  const int first = session.open(read.at(0));
  const int second = session.open(read.at(1));
  const std::vector<int> text(20, 5);
  const std::vector<int> word{7};
  session.step(std::vector<nn::DecoderSession::Input>{{first, text}, {second, word}});
  const int fork = session.fork(first);
  return decoder.logits(
      session.run(std::vector<nn::DecoderSession::Input>{{first, word}, {fork, text}, {second, word}}, nullptr));
}

struct Rounding {
  at::ScalarType type;
  double tolerance;
};

/// Of 11 and of 8 bits.
class TorchRounding : public testing::TestWithParam<Rounding> {};

TEST_P(TorchRounding, IsCloseToFloat32) {
  nn::with_torch([] {
    const auto rounded = at::TensorOptions(at::kCPU).dtype(GetParam().type);
    try {
      at::linear(at::zeros({1, 1}, rounded), at::zeros({1, 1}, rounded));
    } catch (const c10::Error&) {
      GTEST_SKIP() << "this libtorch has no such numbers on the CPU";
    }
    for (unsigned index = 0; index < 16; ++index) {
      const ModelKind kind = some_kind(index);
      const at::Tensor exact = logits_of(kind, rounded.dtype(at::kFloat));
      const at::Tensor got = logits_of(kind, rounded);
      EXPECT_LE(got.sub(exact).norm().item<float>(), GetParam().tolerance * exact.norm().item<float>())
          << testing::PrintToString(kind);
      EXPECT_GT(got.sub(exact).norm().item<float>(), 0);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Types, TorchRounding,
                         testing::Values(Rounding{at::kHalf, 1e-2}, Rounding{at::kBFloat16, 8e-2}),
                         [](const auto& suite) { return std::string(c10::toString(suite.param.type)); });

}  // namespace
}  // namespace voxlate::translation
