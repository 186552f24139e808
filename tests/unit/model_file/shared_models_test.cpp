// Real files, where ../shared lies beside this repository.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/temporary_folder.h"
#include "model_file/safetensors_file.h"
#include "model_file/silero_file.h"
#include "model_file/whisper_file.h"
#include "tests/unit/model_file/model_writer.h"
#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

using testing::HasSubstr;

class SharedModels : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(models_)) GTEST_SKIP() << "../shared/models is not beside this repository";
  }

  const std::filesystem::path shared_ = std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared";
  const std::filesystem::path models_ = shared_ / "models";
};

/// |a - b| / |b|, over all weights.
double relative_distance(const std::vector<float>& a, const std::vector<float>& b) {
  double distance = 0;
  double length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double expected = static_cast<double>(b[i]);
    const double off = static_cast<double>(a[i]) - expected;
    distance += off * off;
    length += expected * expected;
  }
  return std::sqrt(distance / length);
}

constexpr WhisperDims kTinyEnglish{.n_vocab = 51864,
                                   .n_audio_ctx = 1500,
                                   .n_audio_state = 384,
                                   .n_audio_head = 6,
                                   .n_audio_layer = 4,
                                   .n_text_ctx = 448,
                                   .n_text_state = 384,
                                   .n_text_head = 6,
                                   .n_text_layer = 4,
                                   .n_mels = 80};

TEST_F(SharedModels, TheRelearnedTinyEnglishModelOpens) {
  const auto file = WhisperFile::open(models_ / "whisper_tiny_en_relearned/ggml-tiny.en-relearned.bin");
  EXPECT_EQ(file->dims(), kTinyEnglish);
  EXPECT_EQ(file->vocabulary().size(), 50257U);
  EXPECT_EQ(file->vocabulary()[0], "!");
  EXPECT_EQ(file->vocabulary()[50255], " gazed");
  EXPECT_EQ(file->vocabulary()[50256], "<|endoftext|>");
  EXPECT_EQ(file->mel_filters().size(), 80U * 201U);
  EXPECT_EQ(file->tensors().size(), 167U);
  EXPECT_EQ(file->weight_type(), "f16");
  for (const TensorView& tensor : file->tensors()) {
    for (const float weight : read_all(tensor)) ASSERT_TRUE(std::isfinite(weight)) << tensor.name;
  }
}

// The ggml file was made from the safetensors file, which misses one tensor.
TEST_F(SharedModels, TheRelearnedModelHasTheWeightsOfTheRealOne) {
  const auto ggml = WhisperFile::open(models_ / "whisper_tiny_en_relearned/ggml-tiny.en-relearned.bin");
  const auto real =
      SafetensorsFile::open(models_ / "whisper_tiny_en_partial/tiny.en.no_token_embedding.f16.safetensors");
  EXPECT_EQ(real.records().size(), 166U);
  for (const TensorView& tensor : ggml->tensors()) {
    if (tensor.name == "decoder.token_embedding.weight") continue;
    const TensorView other = real.tensor(tensor.name);
    ASSERT_EQ(tensor.shape, other.shape) << tensor.name;
    ASSERT_EQ(read_all(tensor), read_all(other)) << tensor.name;
  }
}

TEST_F(SharedModels, AModelThatMissesATensorIsRefusedByItsName) {
  for (const auto& [path, message] : std::initializer_list<std::pair<std::string, std::string>>{
           {"whisper_ggml_zero/for-tests-ggml-tiny.bin",
            "for-tests-ggml-tiny.bin: encoder.positional_embedding: expected this tensor, got the end of the file at "
            "byte 575451"},
           {"whisper_tiny_en_partial/tiny.en.no_token_embedding.f16.safetensors",
            "decoder.token_embedding.weight: expected this tensor, got none"}}) {
    try {
      WhisperFile::open(models_ / path);
      ADD_FAILURE() << "accepted " << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

TEST_F(SharedModels, BothSileroFilesOpenAndPairTheirTensors) {
  const auto ggml = SileroFile::open(models_ / "silero_vad/ggml-silero-v6.2.0.bin");
  const auto safetensors = SileroFile::open(models_ / "silero_vad/silero_vad_16k.safetensors");
  for (const TensorView& tensor : ggml->tensors()) {
    const TensorView& other = safetensors->tensor(tensor.name);
    ASSERT_EQ(tensor.shape, other.shape);
    // Two trainings of one model, so the weights are near (unrelated ones would be at 1.4); the window is the same,
    // but for the rounding to f16.
    const double tolerance = tensor.name == "_model.stft.forward_basis_buffer" ? 1e-3 : 0.5;
    EXPECT_LT(relative_distance(read_all(tensor), read_all(other)), tolerance) << tensor.name;
  }
}

TEST_F(SharedModels, EveryQuantisedTypeIsCloseToTheOriginal) {
  const std::string python = "/usr/bin/python3";
  if (std::system((python + " -c 'import numpy' 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << "python3-numpy is not installed";
  const TemporaryFolder folder;
  const auto run = [&](std::string_view script, std::string_view arguments) {
    std::ostringstream command;
    command << "cd " << folder.path() << " && " << python << ' ' << shared_ / "tools" / script << ' ' << arguments
            << " > /dev/null";
    ASSERT_EQ(std::system(command.str().c_str()), 0) << command.str();
  };
  run("make_random_ggml.py", "tiny .");
  const auto original = WhisperFile::open(folder / "ggml-tiny-f16.bin");
  EXPECT_EQ(original->dims().n_vocab, 51865);

  struct Type {
    std::string name;
    double tolerance;  ///< about half a step of a normal distribution's widest block
  };
  for (const Type& type :
       {Type{"q4_0", 0.10}, Type{"q4_1", 0.09}, Type{"q5_0", 0.05}, Type{"q5_1", 0.045}, Type{"q8_0", 0.007}}) {
    run("quantize_ggml.py", "ggml-tiny-f16.bin q.bin " + type.name);
    const auto quantised = WhisperFile::open(folder / "q.bin");
    EXPECT_EQ(quantised->weight_type(), type.name);
    for (const TensorView& tensor : quantised->tensors()) {
      const double distance = relative_distance(read_all(tensor), read_all(original->tensor(tensor.name)));
      if (to_string(tensor.type) == type.name)
        EXPECT_LT(distance, type.tolerance) << tensor.name;
      else
        EXPECT_EQ(distance, 0) << tensor.name;
    }
  }
}

}  // namespace
}  // namespace voxlate::model_file
