// The network against tensors that OpenAI's own code computed in float32 on the same weights.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "model_file/whisper_file.h"
#include "tests/unit/whisper/net/random_model.h"
#include "tests/unit/whisper/net/test_networks.h"
#include "whisper/net/encoder.h"
#include "whisper/net/log_mel.h"
#include "whisper/net/network.h"
#include "whisper/net/weights.h"

namespace voxlate::whisper {
namespace {

/// [frames, n_mels] -> [n_mels, frames], as the references are.
std::vector<float> transposed(const nn::Matrix& mel) {
  std::vector<float> values;
  for (int band = 0; band < mel.columns(); ++band) {
    for (int frame = 0; frame < mel.rows(); ++frame) values.push_back(mel.row(frame)[band]);
  }
  return values;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = a.size() == b.size() ? 0 : 1e9;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  return largest;
}

std::vector<int> integers(const std::vector<float>& values) { return {values.begin(), values.end()}; }

int largest_index(std::span<const float> row) {
  return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
}

class NetworkReference : public RandomModelTest, public ::testing::WithParamInterface<RandomModel> {
 protected:
  const RandomModel& model() const override { return GetParam(); }

  void expect_their_mel_and_states() {
    const auto file = model_file::WhisperFile::open(path());
    const Weights weights(*file, compute_.kernels(), ComputeType::kFloat32);
    const LogMel log_mel(compute_.kernels(), file->dims().n_mels, file->mel_filters());
    const Encoder encoder(weights);
    const int context = file->dims().n_audio_ctx;
    const nn::Matrix mel(Encoder::mel_rows(context), file->dims().n_mels);
    const nn::Matrix frames = mel.some_rows(1, 2 * context);
    log_mel.compute(compute_, {.samples = samples_, .before = {}}, frames);
    EXPECT_LE(largest_difference(transposed(frames), reference("mel.npy")), 1e-4);

    const nn::Matrix encoded = encoder.encode(compute_, mel, {&context, 1});
    const std::vector<float> states(encoded.row(0),
                                    encoded.row(0) + std::ptrdiff_t{encoded.rows()} * encoded.columns());
    EXPECT_LE(relative_difference(states, reference("enc.npy")), 1e-4);
  }

  void expect_their_logits_and_greedy_tokens(const Backend& backend) {
    const auto network = backend.load(path(), compute_, ComputeType::kFloat32);
    const WindowAudio window{.samples = samples_, .before = {}, .whole = true};
    const auto audio = network->encode({&window, 1}).front();
    const auto session = network->new_session();
    const int sequence = session->open(audio);
    const std::vector<int> tokens = integers(reference("tokens.npy"));
    const std::vector<float> expected = reference("logits.npy");
    const auto vocabulary = static_cast<std::size_t>(network->shape().n_vocab);
    std::vector<float> got;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const DecoderSession::Input input{.sequence = sequence, .tokens = {&tokens[i], 1}};
      const std::span<const float> logits = session->step({&input, 1});
      got.insert(got.end(), logits.begin(), logits.end());
      EXPECT_EQ(largest_index(logits), largest_index({expected.data() + i * vocabulary, vocabulary})) << i;
    }
    const double difference = relative_difference(got, expected);
    RecordProperty("relative_l2_of_logits_" + backend.name, std::to_string(difference));
    EXPECT_LE(difference, 1e-4);

    const int other = session->open(audio);
    std::vector<int> said(tokens.begin(), tokens.begin() + 4);
    std::vector<int> next = said;
    for (int step = 0; step < 20; ++step) {
      const DecoderSession::Input input{.sequence = other, .tokens = next};
      next = {largest_index(session->step({&input, 1}))};
      said.push_back(next.front());
    }
    EXPECT_EQ(said, integers(reference("greedy20.npy")));
  }
};

TEST_P(NetworkReference, MelEncoderLogitsAndGreedyTokensAreTheirs) {
  expect_their_mel_and_states();
  for (const Backend& backend : backends()) {
    SCOPED_TRACE(backend.name);
    expect_their_logits_and_greedy_tokens(backend);
  }
}

INSTANTIATE_TEST_SUITE_P(Random, NetworkReference, ::testing::ValuesIn(kRandomModels),
                         [](const auto& suite) { return name_of(suite.param); });

}  // namespace
}  // namespace voxlate::whisper
