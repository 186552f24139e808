#include "model_file/whisper_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "tests/unit/model_file/model_writer.h"
#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(WhisperFile, ReadsAGgmlFile) {
  WrittenWhisper written = make_whisper(small_dims());
  written.filters.assign(80 * 201, 0.25F);
  const std::string bytes = write_ggml(written);
  const auto file = WhisperFile::parse(as_bytes(bytes), "small.bin");

  EXPECT_EQ(file->dims(), small_dims());
  EXPECT_THAT(file->vocabulary(), ElementsAre("!", "\"", " a", "", "\xe5\x9c", "word", "\xff", " b"));
  EXPECT_EQ(file->mel_filters().size(), 80U * 201U);
  EXPECT_EQ(file->mel_filters().back(), 0.25F);
  EXPECT_EQ(file->tensors().size(), written.tensors.size());
  EXPECT_EQ(file->weight_type(), "f16");
  EXPECT_THAT(file->tensor("encoder.conv1.weight").shape, ElementsAre(8, 80, 3));
  EXPECT_EQ(file->tensor("encoder.conv1.weight").type, ElementType::kF16);
  // The made-up weights of the first tensor begin with -8/8, -1/8, 6/8, -4/8.
  EXPECT_THAT(read_all(file->tensor("encoder.positional_embedding")).front(), -1.0F);
  EXPECT_THAT(read_all(file->tensor("encoder.positional_embedding")).at(2), 0.75F);
}

TEST(WhisperFile, GivesTheBiasesOfConvolutionsOneDimension) {
  const std::string bytes = write_ggml(make_whisper(small_dims()));
  const auto file = WhisperFile::parse(as_bytes(bytes), "small.bin");
  EXPECT_THAT(file->tensor("encoder.conv1.bias").shape, ElementsAre(8));
  EXPECT_THAT(file->tensor("encoder.conv2.bias").shape, ElementsAre(8));
}

TEST(WhisperFile, HasNoFiltersWhenTheFileHasNone) {
  const std::string bytes = write_ggml(make_whisper(small_dims()));
  EXPECT_TRUE(WhisperFile::parse(as_bytes(bytes), "small.bin")->mel_filters().empty());
}

TEST(WhisperFile, NamesATensorThatNoModelHas) {
  const std::string bytes = write_ggml(make_whisper(small_dims()));
  const auto file = WhisperFile::parse(as_bytes(bytes), "small.bin");
  try {
    file->tensor("encoder.blocks.1.mlp.0.weight");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("encoder.blocks.1.mlp.0.weight"));
  }
}

TEST(WhisperFile, TakesTensorsInAnyOrder) {
  WrittenWhisper written = make_whisper(small_dims());
  std::reverse(written.tensors.begin(), written.tensors.end());
  const std::string bytes = write_ggml(written);
  EXPECT_EQ(WhisperFile::parse(as_bytes(bytes), "small.bin")->tensors().size(), written.tensors.size());
}

TEST(WhisperFile, TakesAVocabularyThatNamesEveryToken) {
  WrittenWhisper written = make_whisper(small_dims());
  written.vocabulary.resize(1616, "<|x|>");
  const std::string bytes = write_ggml(written);
  EXPECT_EQ(WhisperFile::parse(as_bytes(bytes), "small.bin")->vocabulary().size(), 1616U);
}

TEST(WhisperFile, ReadsQuantisedWeights) {
  WrittenWhisper written = make_whisper(small_dims());
  written.file_type = 2007;
  // A state of 8 leaves one matrix with rows of 32: 8 blocks of q8_0, d = 0.5 and all codes 3.
  for (WrittenTensor& tensor : written.tensors) {
    if (tensor.name != "encoder.blocks.0.mlp.2.weight") continue;
    tensor.type = 8;
    tensor.data.clear();
    for (int row = 0; row < 8; ++row) tensor.data += std::string("\x00\x38", 2) + std::string(32, '\x03');
  }
  const std::string bytes = write_ggml(written);
  const auto file = WhisperFile::parse(as_bytes(bytes), "small.bin");
  EXPECT_EQ(file->tensor("encoder.blocks.0.mlp.2.weight").type, ElementType::kQ8_0);
  EXPECT_EQ(read_all(file->tensor("encoder.blocks.0.mlp.2.weight")), std::vector<float>(256, 1.5F));
}

TEST(WhisperFile, StaysUsableAfterTheFileIsGone) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "small.bin", write_ggml(make_whisper(small_dims())));
  const auto file = WhisperFile::open(folder / "small.bin");
  std::filesystem::remove(folder / "small.bin");
  EXPECT_EQ(read_all(file->tensor("decoder.ln.weight")).size(), 8U);
}

/// The smallest that a safetensors file can be: English vocabulary, one block each side, one head of 64.
std::vector<WrittenTensor> english_tensors() {
  WhisperDims dims = small_dims();
  dims.n_vocab = 51864;
  dims.n_audio_state = 64;
  dims.n_text_state = 64;
  std::vector<WrittenTensor> tensors = make_whisper(dims).tensors;
  for (WrittenTensor& tensor : tensors) {
    if (tensor.name.ends_with("conv1.bias") || tensor.name.ends_with("conv2.bias")) tensor.shape.pop_back();
  }
  return tensors;
}

TEST(WhisperFile, ReadsASafetensorsFileWithItsVocabularyBesideIt) {
  const TemporaryFolder folder;
  std::vector<WrittenTensor> tensors = english_tensors();
  tensors.push_back({.name = "alignment_heads", .type = 0, .shape = {1}, .data = std::string(4, '\0')});
  write_file_atomically(folder / "small.safetensors", write_safetensors(tensors));
  write_file_atomically(folder / "gpt2.tiktoken", "IQ== 0\nIGE= 1\n");
  const auto file = WhisperFile::open(folder / "small.safetensors");

  WhisperDims dims = small_dims();
  dims.n_vocab = 51864;
  dims.n_audio_state = 64;
  dims.n_text_state = 64;
  EXPECT_EQ(file->dims(), dims);
  EXPECT_THAT(file->vocabulary(), ElementsAre("!", " a"));
  EXPECT_TRUE(file->mel_filters().empty());
  EXPECT_EQ(file->tensors().size(), tensors.size() - 1);
  EXPECT_EQ(file->weight_type(), "f16");
  EXPECT_EQ(read_all(file->tensor("encoder.positional_embedding")).at(2), 0.75F);
}

TEST(WhisperFile, NamesTheVocabularyThatASafetensorsFileMisses) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "small.safetensors", write_safetensors(english_tensors()));
  try {
    WhisperFile::open(folder / "small.safetensors");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("small.safetensors: expected its vocabulary gpt2.tiktoken beside it"));
  }
}

TEST(WhisperFile, SaysWhichTensorOfASafetensorsFileIsMissingOrWrong) {
  std::vector<WrittenTensor> tensors = english_tensors();
  std::swap(tensors[5].shape[0], tensors[9].shape[0]);
  WrittenTensor& last = tensors.back();
  last.shape = {2, 32};
  const auto message = [](const std::vector<WrittenTensor>& written) -> std::string {
    const std::string bytes = write_safetensors(written);
    try {
      WhisperFile::parse(as_bytes(bytes), "m");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message(tensors), HasSubstr("m: decoder.ln.bias: expected [64], got [2, 32] at byte "));
  tensors.pop_back();
  EXPECT_THAT(message(tensors), HasSubstr("m: decoder.ln.bias: expected this tensor, got none"));
}

TEST(WhisperFile, RefusesTheTensorNamesOfTransformers) {
  const std::string bytes =
      write_safetensors(R"({"model.encoder.conv1.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "0000");
  try {
    WhisperFile::parse(as_bytes(bytes), "m");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("Hugging Face"));
  }
}

TEST(WhisperDims, HoldForEverySize) {
  struct Size {
    int state;
    int heads;
    int layers;
  };
  for (const Size size :
       {Size{384, 6, 4}, Size{512, 8, 6}, Size{768, 12, 12}, Size{1024, 16, 24}, Size{1280, 20, 32}}) {
    for (const int n_vocab : {51864, 51865, 51866}) {
      const WhisperDims dims{.n_vocab = n_vocab,
                             .n_audio_ctx = 1500,
                             .n_audio_state = size.state,
                             .n_audio_head = size.heads,
                             .n_audio_layer = size.layers,
                             .n_text_ctx = 448,
                             .n_text_state = size.state,
                             .n_text_head = size.heads,
                             .n_text_layer = size.layers == 32 ? 4 : size.layers,
                             .n_mels = n_vocab == 51866 ? 128 : 80};
      EXPECT_NO_THROW(check_whisper_dims(dims, "m"));
      const auto layers =
          static_cast<std::size_t>(dims.n_audio_layer) * 15 + static_cast<std::size_t>(dims.n_text_layer) * 24;
      EXPECT_EQ(whisper_tensors(dims).size(), layers + 11);
    }
  }
}

}  // namespace
}  // namespace voxlate::model_file
