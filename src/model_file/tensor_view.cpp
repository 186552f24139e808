#include "model_file/tensor_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

static_assert(std::endian::native == std::endian::little, "model files are little-endian and are read as they are");

constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;
constexpr int kQuantisedBlockElements = 32;

struct Layout {
  int block_elements = 0;
  int block_bytes = 0;
};

Layout layout_of(ElementType type) {
  switch (type) {
    case ElementType::kF32: return {.block_elements = 1, .block_bytes = 4};
    case ElementType::kF16:
    case ElementType::kBF16:
    case ElementType::kI16: return {.block_elements = 1, .block_bytes = 2};
    case ElementType::kI8: return {.block_elements = 1, .block_bytes = 1};
    case ElementType::kI32: return {.block_elements = 1, .block_bytes = 4};
    case ElementType::kQ4_0: return {.block_elements = kQuantisedBlockElements, .block_bytes = 18};
    case ElementType::kQ4_1: return {.block_elements = kQuantisedBlockElements, .block_bytes = 20};
    case ElementType::kQ5_0: return {.block_elements = kQuantisedBlockElements, .block_bytes = 22};
    case ElementType::kQ5_1: return {.block_elements = kQuantisedBlockElements, .block_bytes = 24};
    case ElementType::kQ8_0: return {.block_elements = kQuantisedBlockElements, .block_bytes = 34};
  }
  throw Error(ErrorCode::kInternal, "unknown element type");
}

template <typename Number>
Number load(const std::byte* from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}

float f32_of_f16(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t exponent = (half >> 10U) & 31U;
  const std::uint32_t mantissa = half & 1023U;
  // Subnormal: mantissa * 2^-24, which f32 holds exactly. Else the bias grows by 112, and infinities stay infinite.
  const auto small = std::bit_cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24F);
  const std::uint32_t wide_exponent = exponent == 31 ? 255 : exponent + 112;
  const std::uint32_t magnitude = exponent == 0 ? small : (wide_exponent << 23U) | (mantissa << 13U);
  return std::bit_cast<float>(sign | magnitude);
}

float f32_of_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }

// One block of q4_0, q4_1, q5_0 or q5_1 (tensor_view.h). d q has at most 16 significant bits, so it is exact in f32 and
// a fused multiply-add gives the same sum.
template <int kBits, bool kHasMinimum>
void unpack_nibbles(const std::byte* block, float* out) {
  const float scale = f32_of_f16(load<std::uint16_t>(block));
  block += 2;
  float minimum = 0;
  if constexpr (kHasMinimum) {
    minimum = f32_of_f16(load<std::uint16_t>(block));
    block += 2;
  }
  std::uint32_t high = 0;
  if constexpr (kBits == 5) {
    high = load<std::uint32_t>(block);
    block += 4;
  }
  constexpr unsigned kHalf = kQuantisedBlockElements / 2;
  for (unsigned i = 0; i < 2 * kHalf; ++i) {
    const auto pair = std::to_integer<unsigned>(block[i % kHalf]);
    const unsigned code = ((i < kHalf ? pair : pair >> 4U) & 15U) | (((high >> i) & 1U) << 4U);
    if constexpr (kHasMinimum)
      out[i] = static_cast<float>(code) * scale + minimum;
    else
      out[i] = static_cast<float>(static_cast<int>(code) - (1 << (kBits - 1))) * scale;
  }
}

void unpack_q8_0(const std::byte* block, float* out) {
  const float scale = f32_of_f16(load<std::uint16_t>(block));
  for (int i = 0; i < kQuantisedBlockElements; ++i)
    out[i] = static_cast<float>(load<std::int8_t>(block + 2 + i)) * scale;
}

template <typename Integer>
void unpack_integer(const std::byte* from, float* out) {
  *out = static_cast<float>(load<Integer>(from));
}

template <typename Unpack>
void unpack_blocks(std::span<const std::byte> bytes, Layout layout, std::span<float> out, Unpack unpack) {
  const std::byte* from = bytes.data();
  for (std::size_t i = 0; i < out.size(); i += static_cast<std::size_t>(layout.block_elements)) {
    unpack(from, out.data() + i);
    from += layout.block_bytes;
  }
}

void unpack(ElementType type, std::span<const std::byte> bytes, std::span<float> out) {
  const Layout layout = layout_of(type);
  const auto f16 = [](const std::byte* from, float* to) { *to = f32_of_f16(load<std::uint16_t>(from)); };
  const auto bf16 = [](const std::byte* from, float* to) { *to = f32_of_bf16(load<std::uint16_t>(from)); };
  switch (type) {
    case ElementType::kF32:
      if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
      return;
    case ElementType::kF16: return unpack_blocks(bytes, layout, out, f16);
    case ElementType::kBF16: return unpack_blocks(bytes, layout, out, bf16);
    case ElementType::kI8: return unpack_blocks(bytes, layout, out, unpack_integer<std::int8_t>);
    case ElementType::kI16: return unpack_blocks(bytes, layout, out, unpack_integer<std::int16_t>);
    case ElementType::kI32: return unpack_blocks(bytes, layout, out, unpack_integer<std::int32_t>);
    case ElementType::kQ4_0: return unpack_blocks(bytes, layout, out, unpack_nibbles<4, false>);
    case ElementType::kQ4_1: return unpack_blocks(bytes, layout, out, unpack_nibbles<4, true>);
    case ElementType::kQ5_0: return unpack_blocks(bytes, layout, out, unpack_nibbles<5, false>);
    case ElementType::kQ5_1: return unpack_blocks(bytes, layout, out, unpack_nibbles<5, true>);
    case ElementType::kQ8_0: return unpack_blocks(bytes, layout, out, unpack_q8_0);
  }
}

}  // namespace

std::string_view to_string(ElementType type) {
  switch (type) {
    case ElementType::kF32: return "f32";
    case ElementType::kF16: return "f16";
    case ElementType::kBF16: return "bf16";
    case ElementType::kI8: return "i8";
    case ElementType::kI16: return "i16";
    case ElementType::kI32: return "i32";
    case ElementType::kQ4_0: return "q4_0";
    case ElementType::kQ4_1: return "q4_1";
    case ElementType::kQ5_0: return "q5_0";
    case ElementType::kQ5_1: return "q5_1";
    case ElementType::kQ8_0: return "q8_0";
  }
  throw Error(ErrorCode::kInternal, "unknown element type");
}

std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || extent > kMaxElements) return std::nullopt;
    if (extent != 0 && count > kMaxElements / extent) return std::nullopt;
    count *= extent;
  }
  return count;
}

std::int64_t element_count(const TensorView& tensor) {
  const auto count = element_count(tensor.shape);
  if (!count) throw Error(ErrorCode::kInternal, tensor.name + ": its shape was not checked");
  return *count;
}

std::optional<std::uint64_t> byte_count(ElementType type, std::span<const std::int64_t> shape) {
  const auto count = element_count(shape);
  if (!count) return std::nullopt;
  const Layout layout = layout_of(type);
  if (layout.block_elements > 1 && (shape.size() < 2 || shape.back() % layout.block_elements != 0)) return std::nullopt;
  return static_cast<std::uint64_t>(*count / layout.block_elements) * static_cast<std::uint64_t>(layout.block_bytes);
}

void to_f32(const TensorView& tensor, std::span<float> out) {
  to_f32_rows(tensor, 0, tensor.shape.empty() ? 1 : tensor.shape.front(), out);
}

void to_f32_rows(const TensorView& tensor, std::int64_t begin_row, std::int64_t end_row, std::span<float> out) {
  const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
  if (begin_row < 0 || begin_row > end_row || end_row > rows) {
    throw Error(ErrorCode::kInternal,
                fmt::format("{}: expected rows within [0, {}), got [{}, {})", tensor.name, rows, begin_row, end_row));
  }
  const std::int64_t row_elements = rows == 0 ? 0 : element_count(tensor) / rows;
  const auto wanted = static_cast<std::size_t>((end_row - begin_row) * row_elements);
  if (out.size() != wanted) {
    throw Error(ErrorCode::kInternal,
                fmt::format("{}: expected room for {} weights, got {}", tensor.name, wanted, out.size()));
  }
  const std::size_t row_bytes = rows == 0 ? 0 : tensor.bytes.size() / static_cast<std::size_t>(rows);
  unpack(tensor.type,
         tensor.bytes.subspan(static_cast<std::size_t>(begin_row) * row_bytes,
                              static_cast<std::size_t>(end_row - begin_row) * row_bytes),
         out);
}

}  // namespace voxlate::model_file
