#include "model_file/ctranslate2_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/model_file/ctranslate2_writer.h"
#include "tests/unit/model_file/model_writer.h"

namespace voxlate::model_file {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::vector<WrittenVariable>& variables() {
  static const std::vector<WrittenVariable> kVariables = {
      {"a/weight", WrittenType::kI8, {2, 2}, {1, -2, 3, -128}},
      {"a/weight_scale", WrittenType::kF32, {2}, bytes_of(0.5F) + bytes_of(4.0F)},
      {"b/weight",
       WrittenType::kI16,
       {3},
       bytes_of<std::int16_t>(-300) + bytes_of<std::int16_t>(7) + bytes_of<std::int16_t>(0)},
      written_number("heads", 8, WrittenType::kI16)};
  return kVariables;
}

std::string write_file(std::uint32_t version, std::vector<WrittenVariable> variables) {
  return write_ctranslate2({.version = version, .variables = std::move(variables), .aliases = {{"same", "a/weight"}}});
}

Refusal refusal_of(const std::string& bytes) {
  return refusal([&] { CTranslate2File::parse(as_bytes(bytes), "model.bin"); });
}

class CTranslate2FileVersions : public testing::TestWithParam<std::uint32_t> {};

TEST_P(CTranslate2FileVersions, AreRead) {
  const std::string bytes = write_file(GetParam(), variables());
  const auto file = CTranslate2File::parse(as_bytes(bytes), "model.bin");
  EXPECT_EQ(file->spec(), GetParam() >= 2 ? "TransformerSpec" : "");
  EXPECT_EQ(file->revision(), GetParam() >= 2 ? 7U : 1U);
  EXPECT_EQ(file->tensors().size(), GetParam() >= 3 ? 6U : 4U) << "with its scale";
  EXPECT_EQ(file->tensor("a/weight").type, ElementType::kI8);
  EXPECT_EQ(file->tensor("a/weight").shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(read_all(file->tensor("a/weight")), (std::vector<float>{1, -2, 3, -128}));
  EXPECT_EQ(read_all(file->tensor("a/weight_scale")), (std::vector<float>{0.5F, 4}));
  EXPECT_EQ(read_all(file->tensor("b/weight")), (std::vector<float>{-300, 7, 0}));
  EXPECT_EQ(file->number("heads"), 8);
  EXPECT_EQ(file->number("nothing"), std::nullopt);
  if (GetParam() >= 3) {
    EXPECT_EQ(file->tensor("same").bytes.data(), file->tensor("a/weight").bytes.data());
    EXPECT_EQ(file->tensor("same_scale").bytes.data(), file->tensor("a/weight_scale").bytes.data());
  }
}

TEST_P(CTranslate2FileVersions, AreRefusedWhereverTheyAreCut) {
  const std::string whole = write_file(GetParam(), variables());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Refusal refusal = refusal_of(whole.substr(0, size));
    EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << size << ": " << refusal.message;
    EXPECT_THAT(refusal.message, AllOf(StartsWith("model.bin: "), HasSubstr(" at byte ")));
  }
  EXPECT_THAT(refusal_of(whole + "x").message, HasSubstr("1 more bytes"));
}

INSTANTIATE_TEST_SUITE_P(Each, CTranslate2FileVersions, testing::Values(1, 2, 3, 4, 5, 6));

TEST(CTranslate2File, HoldsF16BF16AndI32) {
  const std::string bytes = write_file(6, {{"a/weight", WrittenType::kF16, {1}, bytes_of<std::uint16_t>(0x3C00)},
                                           {"b", WrittenType::kBF16, {1}, bytes_of<std::uint16_t>(0x4000)},
                                           {"c", WrittenType::kI32, {1}, bytes_of<std::int32_t>(-70'000)}});
  const auto file = CTranslate2File::parse(as_bytes(bytes), "model.bin");
  EXPECT_EQ(read_all(file->tensor("a/weight")), std::vector<float>{1});
  EXPECT_EQ(read_all(file->tensor("b")), std::vector<float>{2});
  EXPECT_EQ(file->number("c"), -70'000);
}

TEST(CTranslate2File, SaysWhatIsWrong) {
  const auto with = [](WrittenVariable variable) { return refusal_of(write_file(6, {std::move(variable)})); };
  EXPECT_EQ(refusal_of(write_file(7, {})).code, ErrorCode::kUnsupported);
  EXPECT_THAT(refusal_of(write_file(7, {})).message, HasSubstr("expected 1 to 6, got 7"));
  EXPECT_EQ(with({"x", WrittenType{6}, {1}, "1234"}).code, ErrorCode::kUnsupported);
  EXPECT_THAT(with({"x", WrittenType{6}, {1}, "1234"}).message, HasSubstr("expected 0 (f32) to 5 (bf16), got 6"));
  EXPECT_THAT(with({"x", WrittenType::kF32, {3}, "12345678"}).message,
              HasSubstr("expected the 12 bytes of f32 [3], got 8"));
  EXPECT_EQ(with({"x", WrittenType::kF32, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, ""}).code,
            ErrorCode::kCorrupt);
  EXPECT_THAT(with({"x", WrittenType::kI8, {1, 1, 1, 1, 1}, "1"}).message, HasSubstr("at most 4 dimensions, got 5"));
  EXPECT_THAT(refusal_of(write_file(6, {variables()[0], variables()[0]})).message, HasSubstr("a second time"));
  EXPECT_THAT(refusal_of(write_file(6, {variables()[1]})).message, HasSubstr("a/weight")) << "an alias of nothing";
  EXPECT_THAT(refusal_of(bytes_of<std::uint32_t>(1) + bytes_of<std::uint32_t>(0xFFFFFFFF)).message,
              HasSubstr("at most 100000"));

  const std::string bytes = write_file(6, variables());
  const auto file = CTranslate2File::parse(as_bytes(bytes), "model.bin");
  EXPECT_THAT(refusal([&] { file->number("a/weight"); }).message, HasSubstr("expected one number, got [2, 2]"));
  EXPECT_THAT(refusal([&] { file->tensor("c"); }).message, HasSubstr("c"));
}

TEST(CTranslate2File, ReadsTheOnesThatPeopleHave) {
  const std::filesystem::path folder =
      std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared/models/ct2_aren_transliteration";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "../shared/models is not beside this repository";
  const auto exact = CTranslate2File::open(folder / "aren-transliteration/model.bin");
  const auto rounded = CTranslate2File::open(folder / "aren-transliteration-i8/model.bin");
  EXPECT_EQ(exact->spec(), "TransformerBase");
  EXPECT_EQ(exact->tensor("decoder/embeddings/weight").shape, (std::vector<std::int64_t>{43, 32}));
  const std::vector<float> weights = read_all(exact->tensor("decoder/embeddings/weight"));
  const std::vector<float> steps = read_all(rounded->tensor("decoder/embeddings/weight"));
  const std::vector<float> scales = read_all(rounded->tensor("decoder/embeddings/weight_scale"));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float scale = scales[i / 32];
    EXPECT_NEAR(steps[i] / scale, weights[i], 1.001F / scale) << i << ": old converters cut off instead of rounding";
  }
}

}  // namespace
}  // namespace voxlate::model_file
