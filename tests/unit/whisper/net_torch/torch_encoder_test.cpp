// The encoder on libtorch against tensors that OpenAI's own code computed in float32 on the same weights.

#include "whisper/net_torch/torch_encoder.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "model_file/whisper_file.h"
#include "nn_torch/torch_guard.h"
#include "tests/unit/whisper/net/random_model.h"
#include "whisper/net/log_mel.h"
#include "whisper/net_torch/torch_weights.h"

namespace voxlate::whisper {
namespace {

/// The states of two windows that both hear the same.
std::vector<std::vector<float>> encode_twice(const std::filesystem::path& path, const std::vector<float>& samples,
                                             nn::Compute& compute) {
  const auto file = model_file::WhisperFile::open(path);
  const LogMel log_mel(compute.kernels(), file->dims().n_mels, file->mel_filters());
  return nn::with_torch([&] {
    TorchWeights weights(*file, at::TensorOptions(at::kCPU).dtype(at::kFloat));
    const TorchEncoder encoder(weights);
    const nn::Matrix mel(static_cast<int>(encoder.mel_rows()) - 2, log_mel.n_mels());
    log_mel.compute(compute, {.samples = samples, .before = {}}, mel);
    const at::Tensor input = at::zeros({2, encoder.mel_rows(), log_mel.n_mels()});
    const auto count = static_cast<std::ptrdiff_t>(mel.rows()) * mel.columns();
    for (int window = 0; window < 2; ++window) {
      std::copy_n(mel.row(0), count, input.select(0, window).narrow(0, 1, mel.rows()).data_ptr<float>());
    }
    const at::Tensor states = encoder.encode(input).contiguous();
    std::vector<std::vector<float>> windows;
    for (int window = 0; window < 2; ++window) {
      const float* const first = states.select(0, window).data_ptr<float>();
      windows.emplace_back(first, first + states.numel() / 2);
    }
    return windows;
  });
}

class TorchEncoderReference : public RandomModelTest, public ::testing::WithParamInterface<RandomModel> {
 protected:
  const RandomModel& model() const override { return GetParam(); }
};

TEST_P(TorchEncoderReference, StatesAreTheirs) {
  for (const std::vector<float>& states : encode_twice(path(), samples_, compute_)) {
    const double difference = relative_difference(states, reference("enc.npy"));
    RecordProperty("relative_l2", std::to_string(difference));
    EXPECT_LE(difference, 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Random, TorchEncoderReference, ::testing::ValuesIn(kRandomModels),
                         [](const auto& suite) { return name_of(suite.param); });

TEST(TorchEncoder, OfTheRealModelGivesWhatOpenAisGives) {
  const std::filesystem::path path = shared_folder() / "models/whisper_tiny_en_relearned/ggml-tiny.en-relearned.bin";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "../shared/models is absent";
  nn::Compute compute(2);
  const std::vector<float> expected = read_npy(shared_folder() / "reference/tiny.en-real/enc.npy");
  for (const std::vector<float>& states :
       encode_twice(path, read_wav(shared_folder() / "reference/jfk.wav"), compute)) {
    EXPECT_LE(relative_difference(states, expected), 1e-4);
  }
}

}  // namespace
}  // namespace voxlate::whisper
