// A complete Whisper (tiny.en with one tensor learned anew, see its README) on real speech, where the shared test data
// are.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "model_file/whisper_file.h"
#include "nn/compute.h"
#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/speech/memory_audio.h"
#include "tests/unit/whisper/net/reference_data.h"
#include "tests/unit/whisper/net/test_networks.h"
#include "vad/energy_voice_detector.h"
#include "whisper/net/encoder.h"
#include "whisper/net/log_mel.h"
#include "whisper/net/weights.h"
#include "whisper/whisper_transcriber.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

class RealModel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(path_)) GTEST_SKIP() << "../shared/models is absent";
    samples_ = read_wav(shared_folder() / "reference/jfk.wav");
  }

  std::shared_ptr<const WhisperModel> load(const Computing& computing) {
    return std::make_shared<const WhisperModel>("tiny.en", computing.load(path_, compute_), WindowBatcher::Options{});
  }
  std::shared_ptr<const WhisperModel> load(ComputeType type) { return load({backends().front(), type}); }

  Transcript transcribe(const std::shared_ptr<const WhisperModel>& model, std::vector<float> samples,
                        const WhisperTranscriber::Options& options = {}) {
    WhisperTranscriber transcriber(
        options, [] { return TranscriberInfo{}; }, [&](const std::string&, std::stop_token) { return model; }, {},
        [] { return std::make_unique<vad::EnergyVoiceDetector>(); });
    speech::MemoryAudio audio(std::move(samples));
    speech::MemoryLog log;
    speech::Reports reports;
    return transcriber.transcribe(audio, {}, log, reports, {});
  }

  static std::vector<Word> words_of(const Transcript& transcript) {
    std::vector<Word> words;
    for (const Segment& segment : transcript.segments)
      words.insert(words.end(), segment.words.begin(), segment.words.end());
    return words;
  }

  static std::string plain(const std::vector<Word>& words) {
    std::string text;
    for (const Word& word : words) {
      for (const char c : word.text) {
        if (std::isalpha(static_cast<unsigned char>(c)) != 0)
          text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
      text += ' ';
    }
    return text;
  }

  static constexpr const char* kSaid =
      "and so my fellow americans ask not what your country can do for you ask what you can do for your country ";

  const std::filesystem::path path_ = shared_folder() / "models/whisper_tiny_en_relearned/ggml-tiny.en-relearned.bin";
  nn::Compute compute_{2};
  std::vector<float> samples_;
};

TEST_F(RealModel, EncoderGivesWhatOpenAisGives) {
  const auto file = model_file::WhisperFile::open(path_);
  const Weights weights(*file, compute_.kernels(), ComputeType::kFloat32);
  const LogMel log_mel(compute_.kernels(), file->dims().n_mels, file->mel_filters());
  const Encoder encoder(weights);
  const int context = file->dims().n_audio_ctx;
  const nn::Matrix mel(Encoder::mel_rows(context), file->dims().n_mels);
  log_mel.compute(compute_, {.samples = samples_, .before = {}}, mel.some_rows(1, 2 * context));
  const nn::Matrix encoded = encoder.encode(compute_, mel, {&context, 1});
  const std::vector<float> states(encoded.row(0), encoded.row(0) + std::ptrdiff_t{encoded.rows()} * encoded.columns());
  const double difference = relative_difference(states, read_npy(shared_folder() / "reference/tiny.en-real/enc.npy"));
  RecordProperty("relative_l2", std::to_string(difference));
  EXPECT_LE(difference, 1e-4);
}

TEST_F(RealModel, SaysEveryWordHoweverItIsComputed) {
  for (const Computing& computing : ways_of_computing()) {
    EXPECT_EQ(plain(words_of(transcribe(load(computing), samples_))), kSaid) << name_of(computing);
  }
}

TEST_F(RealModel, WordsBeginWhereAnotherImplementationHearsThem) {
  const std::filesystem::path path = shared_folder() / "data/speech/en/jfk_alignments.whisper-tiny.json";
  const auto reference = nlohmann::json::parse(std::ifstream(path));
  const std::vector<Word> words = words_of(transcribe(load(ComputeType::kFloat32), samples_));
  ASSERT_EQ(plain(words), kSaid);
  std::vector<milliseconds> expected;  // one token a word; the full stop is one more
  for (const auto& step : reference.at("expected_alignments")) {
    if (step.at(0) == expected.size()) expected.emplace_back(step.at(1).get<int>() * 20);
  }
  ASSERT_GT(expected.size(), words.size());
  std::vector<milliseconds> differences;
  for (std::size_t i = 0; i < words.size(); ++i) differences.push_back(std::chrono::abs(words[i].begin - expected[i]));
  std::sort(differences.begin(), differences.end());
  EXPECT_LE(differences[differences.size() / 2], milliseconds(60));
  // Four words follow a pause, which it gives to the word: ours begin where it ends.
  EXPECT_LE(differences[differences.size() - 5], milliseconds(120));
}

TEST_F(RealModel, WordsBehindAPauseBeginWhereItEnds) {
  // The ends of the pauses, by ffmpeg -af silencedetect=noise=-32dB:d=0.08; a breath is heard before two of them.
  const std::vector<std::pair<std::size_t, milliseconds>> expected{
      {0, milliseconds(325)}, {5, milliseconds(3224)}, {7, milliseconds(5040)}, {14, milliseconds(7974)}};
  const std::vector<Word> words = words_of(transcribe(load(ComputeType::kFloat32), samples_));
  ASSERT_EQ(plain(words), kSaid);
  for (const auto& [index, end] : expected) {
    EXPECT_GE(words[index].begin, end - milliseconds(20)) << words[index].text;
    EXPECT_LE(words[index].begin, end + milliseconds(450)) << words[index].text;
  }
}

TEST_F(RealModel, SilenceAndNoiseGiveNoWords) {
  const auto model = load(ComputeType::kFloat32);
  WhisperTranscriber::Options sequential;  // without a detector in front that would take it away
  sequential.long_audio = LongAudio::kSequential;
  EXPECT_TRUE(transcribe(model, std::vector<float>(20 * kSampleRate), sequential).segments.empty());
  std::vector<float> noise(20 * kSampleRate);
  unsigned state = 1;
  for (float& sample : noise) {
    state = state * 1664525U + 1013904223U;
    sample = static_cast<float>(static_cast<int>(state >> 16U) - 32768) / 32768.0F * 0.1F;
  }
  EXPECT_TRUE(transcribe(model, noise, sequential).segments.empty());
}

TEST_F(RealModel, LongAudioLosesAndDoublesNothing) {
  std::vector<float> samples;
  std::string said;
  constexpr int kTimes = 6;  // over a minute: several windows, and seams inside sentences
  for (int time = 0; time < kTimes; ++time) {
    samples.insert(samples.end(), samples_.begin(), samples_.end());
    said += kSaid;
  }
  const std::vector<Word> words = words_of(transcribe(load(ComputeType::kFloat32), samples));
  EXPECT_NEAR(static_cast<double>(words.size()), 22 * kTimes, 2) << plain(words);
  for (std::size_t i = 1; i < words.size(); ++i) EXPECT_GE(words[i].begin, words[i - 1].end);
}

/// The file with every tensor as f32, what its own quantised weights stand for.
void write_dequantised(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto file = model_file::WhisperFile::open(from);
  model_file::WrittenWhisper written{.dims = file->dims(),
                                     .file_type = 0,
                                     .filters = {file->mel_filters().begin(), file->mel_filters().end()},
                                     .vocabulary = {file->vocabulary().begin(), file->vocabulary().end()},
                                     .tensors = {}};
  for (const model_file::TensorView& tensor : file->tensors()) {
    std::vector<float> values(static_cast<std::size_t>(model_file::element_count(tensor)));
    model_file::to_f32(tensor, values);
    written.tensors.push_back(
        {.name = tensor.name,
         .type = 0,
         .shape = tensor.shape,
         .data = std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))});
  }
  std::ofstream(to, std::ios::binary) << model_file::write_ggml(written);
}

TEST_F(RealModel, InIntegersIsCloseToFloat32) {
  const auto exact = Network::load(path_, compute_, ComputeType::kFloat32);
  const auto integers = Network::load(path_, compute_, ComputeType::kInt8);
  const Tokenizer tokenizer(exact->vocabulary(), exact->shape().n_vocab);
  std::vector<int> tokens{tokenizer.sot(), tokenizer.no_timestamps()};
  for (const int token : tokenizer.encode(" And so my fellow Americans, ask not what your country can do for you, ask "
                                          "what you can do for your country."))
    tokens.push_back(token);
  std::vector<std::vector<float>> logits;
  for (const auto& network : {exact, integers}) {
    const WindowAudio window{.samples = samples_, .before = {}};
    const auto session = network->new_session();
    const int sequence = session->open(network->encode({&window, 1}).front());
    std::vector<float>& all = logits.emplace_back();
    for (const int& token : tokens) {
      const DecoderSession::Input input{.sequence = sequence, .tokens = {&token, 1}};
      const std::span<const float> row = session->step({&input, 1});
      all.insert(all.end(), row.begin(), row.end());
    }
  }
  const double difference = relative_difference(logits[1], logits[0]);
  RecordProperty("relative_l2", std::to_string(difference));
  EXPECT_LE(difference, 2e-2);
  const auto vocabulary = static_cast<std::ptrdiff_t>(exact->shape().n_vocab);
  for (std::ptrdiff_t i = 1; i < static_cast<std::ptrdiff_t>(tokens.size()); ++i) {
    const auto best = [&](const std::vector<float>& all) {
      return std::max_element(all.begin() + i * vocabulary, all.begin() + (i + 1) * vocabulary) -
             (all.begin() + i * vocabulary);
    };
    EXPECT_EQ(best(logits[1]), best(logits[0])) << "behind token " << i;
  }
}

class QuantisedModel : public RealModel, public ::testing::WithParamInterface<const char*> {};

TEST_P(QuantisedModel, ComputesWhatItsDequantisedWeightsGive) {
  const TemporaryFolder folder;
  const std::string quantised = (folder / "quantised.bin").string();
  const std::string command = "PATH=/usr/bin:$PATH python3 '" + (shared_folder() / "tools/quantize_ggml.py").string() +
                              "' '" + path_.string() + "' '" + quantised + "' " + GetParam() + " >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "python3 with numpy is needed";
  EXPECT_NE(Network::load(quantised, compute_, ComputeType::kAuto)->description().find("int8"), std::string::npos);
  write_dequantised(quantised, folder / "dequantised.bin");
  std::vector<std::vector<float>> logits;
  for (const std::filesystem::path& path : {std::filesystem::path(quantised), folder / "dequantised.bin"}) {
    const auto network = Network::load(path, compute_, ComputeType::kFloat32);
    const WindowAudio window{.samples = samples_, .before = {}};
    const auto session = network->new_session();
    const std::vector<int> tokens{50257, 50362, 843, 523};
    const DecoderSession::Input input{.sequence = session->open(network->encode({&window, 1}).front()),
                                      .tokens = tokens};
    const std::span<const float> row = session->step({&input, 1});
    logits.emplace_back(row.begin(), row.end());
  }
  EXPECT_LE(relative_difference(logits[0], logits[1]), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Types, QuantisedModel, ::testing::Values("q8_0", "q5_1", "q5_0", "q4_1", "q4_0"),
                         [](const auto& suite) { return std::string(suite.param); });

}  // namespace
}  // namespace voxlate::whisper
