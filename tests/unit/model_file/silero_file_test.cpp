#include "model_file/silero_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "tests/unit/model_file/model_writer.h"
#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Refusal refusal_of(std::string_view bytes) {
  return refusal([&] { SileroFile::parse(as_bytes(bytes), "vad.bin"); });
}

// The writer gives each pair of names the same made-up weights.
TEST(SileroFile, IsTheSameFromBothFormats) {
  const std::string ggml = write_silero_ggml();
  const std::string safetensors = write_safetensors(silero_safetensors_tensors());
  const auto one = SileroFile::parse(as_bytes(ggml), "vad.bin");
  const auto other = SileroFile::parse(as_bytes(safetensors), "vad.safetensors");
  ASSERT_EQ(one->tensors().size(), 15U);
  ASSERT_EQ(other->tensors().size(), 15U);
  for (const TensorView& tensor : one->tensors()) {
    EXPECT_EQ(tensor.shape, other->tensor(tensor.name).shape) << tensor.name;
    EXPECT_EQ(read_all(tensor), read_all(other->tensor(tensor.name))) << tensor.name;
  }
  EXPECT_THAT(one->tensor("_model.decoder.decoder.2.weight").shape, ElementsAre(1, 128, 1));
  EXPECT_THAT(one->tensor("_model.decoder.decoder.2.bias").shape, ElementsAre(1));
  EXPECT_THAT(one->tensor("_model.encoder.0.reparam_conv.weight").shape, ElementsAre(128, 129, 3));
  EXPECT_THROW(one->tensor("conv1.weight"), Error);
}

TEST(SileroFile, IsReadFromDisk) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "vad.bin", write_silero_ggml());
  EXPECT_EQ(SileroFile::open(folder / "vad.bin")->tensors().size(), 15U);
}

TEST(SileroFile, IsRefusedWhereverItIsCut) {
  const std::string whole = write_silero_ggml();
  // The header and the first record byte by byte, the rest in steps.
  for (std::size_t size = 0; size < whole.size(); size += size < 256 ? 1 : 997) {
    const Refusal refusal = refusal_of(std::string_view(whole).substr(0, size));
    ASSERT_EQ(refusal.code, ErrorCode::kCorrupt) << size;
    ASSERT_THAT(refusal.message, AllOf(StartsWith("vad.bin: "), HasSubstr(" at byte "))) << size;
  }
  EXPECT_THAT(refusal_of(whole + "x").message, HasSubstr("got 1 more bytes"));
}

TEST(SileroFile, RefusesAnyOtherArchitecture) {
  const std::string whole = write_silero_ggml();
  constexpr std::size_t kVersionOffset = 18;
  constexpr std::size_t kTableOffset = kVersionOffset + 22 * 4;
  for (std::size_t offset = kVersionOffset; offset < kTableOffset; offset += 4) {
    EXPECT_EQ(refusal_of(with_i32(whole, offset, 4000)).code, ErrorCode::kCorrupt) << offset;
    EXPECT_EQ(refusal_of(with_i32(whole, offset, -1)).code, ErrorCode::kCorrupt) << offset;
  }
  EXPECT_THAT(refusal_of(with_i32(whole, kVersionOffset + 12, 256)).message,
              HasSubstr("window: expected 512, got 256 at byte 30"));
  EXPECT_THAT(refusal_of(with_i32(whole, 4, 1 << 30)).message, HasSubstr("length of the model type: expected 1 to 64"));

  std::string other = whole;
  other.replace(8, 10, "silero-08k");
  EXPECT_EQ(refusal_of(other).code, ErrorCode::kUnsupported);
}

TEST(SileroFile, RefusesAWhisperModel) {
  EXPECT_EQ(refusal_of(write_ggml(make_whisper(small_dims()))).code, ErrorCode::kCorrupt);
}

TEST(SileroFile, NamesTheSafetensorsTensorThatIsMissingOrWrong) {
  auto tensors = silero_safetensors_tensors();
  tensors.back().shape = {1, 1};
  EXPECT_EQ(refusal_of(write_safetensors(tensors)).message, "accepted");
  tensors[1].shape = {129, 128, 3};
  EXPECT_THAT(refusal_of(write_safetensors(tensors)).message,
              HasSubstr("conv1.weight: expected [128, 129, 3], got [129, 128, 3] at byte "));
  tensors.erase(tensors.begin() + 1);
  EXPECT_THAT(refusal_of(write_safetensors(tensors)).message, HasSubstr("conv1.weight: expected this tensor"));
}

}  // namespace
}  // namespace voxlate::model_file
