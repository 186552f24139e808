// The network against tensors that OpenAI's own code computed in float32 on the same weights.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "model_file/whisper_file.h"
#include "nn/compute.h"
#include "tests/unit/whisper/net/reference_data.h"
#include "whisper/net/decoder.h"
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

struct Reference {
  std::string size;
  std::string file;
};

class NetworkReference : public ::testing::TestWithParam<Reference> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(shared_folder() / "reference")) GTEST_SKIP() << "../shared/reference is absent";
    if (!make_random_model(GetParam().size, folder_.path())) GTEST_SKIP() << "python3 with numpy is needed";
    samples_ = read_wav(shared_folder() / "reference/jfk.wav");
  }

  std::filesystem::path reference(std::string_view name) const {
    return shared_folder() / "reference" / ("random-" + GetParam().size) / name;
  }

  const TemporaryFolder folder_;
  nn::Compute compute_{2};
  std::vector<float> samples_;
};

TEST_P(NetworkReference, MelEncoderLogitsAndGreedyTokensAreTheirs) {
  const auto file = model_file::WhisperFile::open(folder_ / GetParam().file);
  const Weights weights(*file, compute_.kernels(), ComputeType::kFloat32);
  const LogMel log_mel(compute_.kernels(), file->dims().n_mels, file->mel_filters());
  const Encoder encoder(weights);
  const nn::Matrix mel(encoder.mel_frames() + 2, file->dims().n_mels);
  log_mel.compute(compute_, {.samples = samples_}, mel.some_rows(1, encoder.mel_frames()));
  EXPECT_LE(largest_difference(transposed(mel.some_rows(1, encoder.mel_frames())), read_npy(reference("mel.npy"))),
            1e-4);

  const nn::Matrix encoded = encoder.encode(compute_, mel, 1);
  const std::vector<float> states(encoded.row(0), encoded.row(0) + std::ptrdiff_t{encoded.rows()} * encoded.columns());
  EXPECT_LE(relative_difference(states, read_npy(reference("enc.npy"))), 1e-4);

  const auto network = Network::load(folder_ / GetParam().file, compute_, ComputeType::kFloat32);
  const WindowAudio window{.samples = samples_};
  const auto audio = network->encode({&window, 1}).front();
  const auto session = network->new_session();
  const int sequence = session->open(audio);
  const std::vector<int> tokens = integers(read_npy(reference("tokens.npy")));
  const std::vector<float> expected = read_npy(reference("logits.npy"));
  const auto vocabulary = static_cast<std::size_t>(network->shape().n_vocab);
  std::vector<float> got;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const DecoderSession::Input input{.sequence = sequence, .tokens = {&tokens[i], 1}};
    const std::span<const float> logits = session->step({&input, 1});
    got.insert(got.end(), logits.begin(), logits.end());
    EXPECT_EQ(largest_index(logits), largest_index({expected.data() + i * vocabulary, vocabulary})) << i;
  }
  const double difference = relative_difference(got, expected);
  RecordProperty("relative_l2_of_logits", std::to_string(difference));
  EXPECT_LE(difference, 1e-4);

  const int other = session->open(audio);
  std::vector<int> said(tokens.begin(), tokens.begin() + 4);
  std::vector<int> next = said;
  for (int step = 0; step < 20; ++step) {
    const DecoderSession::Input input{.sequence = other, .tokens = next};
    next = {largest_index(session->step({&input, 1}))};
    said.push_back(next.front());
  }
  EXPECT_EQ(said, integers(read_npy(reference("greedy20.npy"))));
}

INSTANTIATE_TEST_SUITE_P(Random, NetworkReference,
                         ::testing::Values(Reference{"tiny", "ggml-tiny-f32.bin"},
                                           Reference{"tiny", "ggml-tiny-f16.bin"},
                                           Reference{"base", "ggml-base-f16.bin"}),
                         [](const auto& suite) {
                           return suite.param.size +
                                  (suite.param.file.find("f32") == std::string::npos ? "F16" : "F32");
                         });

}  // namespace
}  // namespace voxlate::whisper
