#include "model_file/tensor_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <ostream>
#include <random>

#include "tests/unit/model_file/model_writer.h"
#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

template <typename Number>
void append(std::string& bytes, Number number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes.append(raw, sizeof number);
}

/// What an f16 means, by its definition.
double value_of_f16(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return mantissa == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

TEST(TensorView, ReadsEveryF16) {
  std::string bytes = "x";  // so that nothing is aligned
  for (std::uint32_t bits = 0; bits < 65536; ++bits) append(bytes, static_cast<std::uint16_t>(bits));
  const auto weights =
      read_all({.name = "t", .type = ElementType::kF16, .shape = {65536}, .bytes = as_bytes(bytes).subspan(1)});
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const double expected = value_of_f16(static_cast<std::uint16_t>(bits));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(weights[bits])) << bits;
    } else {
      ASSERT_EQ(static_cast<double>(weights[bits]), expected) << bits;
      ASSERT_EQ(std::signbit(weights[bits]), std::signbit(expected)) << bits;
    }
  }
}

TEST(TensorView, ReadsF32AndBf16) {
  std::string bytes = "x";
  for (const float weight : {1.5F, -0.0F, 3e38F, 1e-42F}) append(bytes, weight);
  EXPECT_EQ(read_all({.name = "t", .type = ElementType::kF32, .shape = {2, 2}, .bytes = as_bytes(bytes).subspan(1)}),
            (std::vector<float>{1.5F, -0.0F, 3e38F, 1e-42F}));

  std::string halves;
  for (const std::uint16_t bits : {0x3fc0, 0xc000, 0x0000, 0x7f80}) append(halves, bits);
  EXPECT_EQ(read_all({.name = "t", .type = ElementType::kBF16, .shape = {4}, .bytes = as_bytes(halves)}),
            (std::vector<float>{1.5F, -2.0F, 0.0F, INFINITY}));
}

TEST(TensorView, ReadsASingleNumber) {
  std::string bytes;
  append(bytes, 2.25F);
  EXPECT_EQ(read_all({.name = "t", .bytes = as_bytes(bytes)}), std::vector<float>{2.25F});
}

struct Quantised {
  ElementType type;
  int bits;
  int subtracted;
  bool has_minimum;
};

void PrintTo(const Quantised& format, std::ostream* out) { *out << to_string(format.type); }

class QuantisedTensor : public testing::TestWithParam<Quantised> {};

// Codes chosen at random are laid into blocks bit by bit, and their weights are computed from the codes in double.
TEST_P(QuantisedTensor, ReadsWhatItsFormulaSays) {
  const Quantised format = GetParam();
  constexpr int kBlocks = 300;
  std::mt19937 random(7);
  std::uniform_int_distribution<int> any_f16(0, 0x7bff);
  std::string bytes;
  std::vector<float> expected;
  for (int block = 0; block < kBlocks; ++block) {
    const auto scale = static_cast<std::uint16_t>(any_f16(random) | (block % 2 == 0 ? 0x8000 : 0));
    const auto minimum = static_cast<std::uint16_t>(any_f16(random) | (block % 3 == 0 ? 0x8000 : 0));
    append(bytes, scale);
    if (format.has_minimum) append(bytes, minimum);
    int codes[32];
    for (int& code : codes) code = std::uniform_int_distribution<int>(0, (1 << format.bits) - 1)(random);
    if (format.bits == 5) {
      std::uint32_t high = 0;
      for (int i = 0; i < 32; ++i) high += static_cast<std::uint32_t>(codes[i] / 16) << i;
      append(bytes, high);
    }
    for (int i = 0; i < 16 && format.bits < 8; ++i)
      append(bytes, static_cast<std::uint8_t>(codes[i] % 16 + codes[i + 16] % 16 * 16));
    for (int i = 0; i < 32 && format.bits == 8; ++i) append(bytes, static_cast<std::int8_t>(codes[i] - 128));
    for (const int code : codes) {
      const double product = value_of_f16(scale) * (code - format.subtracted);
      expected.push_back(static_cast<float>(product + (format.has_minimum ? value_of_f16(minimum) : 0)));
    }
  }
  const TensorView tensor{.name = "t", .type = format.type, .shape = {kBlocks / 3, 96}, .bytes = as_bytes(bytes)};
  ASSERT_EQ(byte_count(format.type, tensor.shape), bytes.size());
  EXPECT_EQ(read_all(tensor), expected);
}

INSTANTIATE_TEST_SUITE_P(Types, QuantisedTensor,
                         testing::Values(Quantised{ElementType::kQ4_0, 4, 8, false},
                                         Quantised{ElementType::kQ4_1, 4, 0, true},
                                         Quantised{ElementType::kQ5_0, 5, 16, false},
                                         Quantised{ElementType::kQ5_1, 5, 0, true},
                                         Quantised{ElementType::kQ8_0, 8, 128, false}),
                         [](const auto& test) { return std::string(to_string(test.param.type)); });

TEST(TensorView, ReadsSomeRows) {
  std::string bytes;
  for (int i = 0; i < 24; ++i) append(bytes, static_cast<float>(i));
  const TensorView tensor{.name = "t", .shape = {4, 3, 2}, .bytes = as_bytes(bytes)};
  std::vector<float> rows(12);
  to_f32_rows(tensor, 1, 3, rows);
  EXPECT_EQ(rows, (std::vector<float>{6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}));
  to_f32_rows(tensor, 4, 4, {});
}

TEST(TensorView, RefusesRowsAndRoomThatDoNotFit) {
  const std::string bytes(96, '\0');
  const TensorView tensor{.name = "t", .shape = {4, 3, 2}, .bytes = as_bytes(bytes)};
  std::vector<float> rows(12);
  EXPECT_THROW(to_f32_rows(tensor, 3, 5, rows), Error);
  EXPECT_THROW(to_f32_rows(tensor, -1, 1, rows), Error);
  EXPECT_THROW(to_f32_rows(tensor, 3, 1, rows), Error);
  EXPECT_THROW(to_f32_rows(tensor, 0, 1, rows), Error);
  EXPECT_THROW(to_f32(tensor, rows), Error);
}

TEST(TensorView, ReadsATensorWithoutWeights) {
  EXPECT_TRUE(read_all({.name = "t", .shape = {0, 3}}).empty());
  EXPECT_TRUE(read_all({.name = "t", .shape = {3, 0}}).empty());
}

TEST(ByteCount, CountsWholeBlocks) {
  EXPECT_EQ(byte_count(ElementType::kF32, std::vector<std::int64_t>{3, 5}), 60U);
  EXPECT_EQ(byte_count(ElementType::kF16, std::vector<std::int64_t>{}), 2U);
  EXPECT_EQ(byte_count(ElementType::kQ4_0, std::vector<std::int64_t>{2, 64}), 72U);
  EXPECT_EQ(byte_count(ElementType::kQ8_0, std::vector<std::int64_t>{2, 33}), std::nullopt);
  EXPECT_EQ(byte_count(ElementType::kQ8_0, std::vector<std::int64_t>{64}), std::nullopt);
}

TEST(ByteCount, RefusesProductsThatOverflow) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 31;
  EXPECT_EQ(element_count(std::vector{kHuge, kHuge}), std::nullopt);
  EXPECT_EQ(element_count(std::vector{kHuge, kHuge, kHuge, kHuge}), std::nullopt);
  EXPECT_EQ(element_count(std::vector{std::int64_t{-1}, std::int64_t{-1}}), std::nullopt);
  EXPECT_EQ(byte_count(ElementType::kF32, std::vector{kHuge, kHuge}), std::nullopt);
}

}  // namespace
}  // namespace voxlate::model_file
