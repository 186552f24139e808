#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::model_file {

/// How the weights of a tensor are stored; all little-endian. Integers are what they are, whatever scale belongs to
/// them. The quantised ones are blocks of 32 weights of the
/// innermost dimension, d and m being f16, nibble i the low half of byte i for i < 16, else the high half of byte i -
/// 16:
///
///   q8_0   d, 32 x int8                       w = d q
///   q4_0   d, 16 bytes of nibbles             w = d (q - 8)
///   q4_1   d, m, 16 bytes of nibbles          w = d q + m
///   q5_0   d, u32 high, 16 bytes of nibbles   w = d (q - 16), bit i of high being bit 4 of weight i
///   q5_1   d, m, u32 high, 16 bytes           w = d q + m
enum class ElementType { kF32, kF16, kBF16, kI8, kI16, kI32, kQ4_0, kQ4_1, kQ5_0, kQ5_1, kQ8_0 };

/// "f32", "f16", "i8", "q4_0" …
std::string_view to_string(ElementType type);

/// A tensor inside somebody else's bytes, of any alignment; valid as long as they are. The readers of this folder
/// guarantee that `bytes` is exactly as long as `type` and `shape` ask for.
struct TensorView {
  std::string name;
  ElementType type = ElementType::kF32;
  std::vector<std::int64_t> shape;  ///< row-major, outermost dimension first, as in PyTorch; none for a single number
  std::span<const std::byte> bytes;
};

/// The product of the extents; nothing when one is negative or above 2^40, or the product is.
std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape);
std::int64_t element_count(const TensorView& tensor);

/// How long the bytes of such a tensor are; nothing when its elements are too many (above), or its type is quantised
/// and it is not made of whole blocks: two dimensions or more, the innermost a multiple of 32.
std::optional<std::uint64_t> byte_count(ElementType type, std::span<const std::int64_t> shape);

/// Writes all weights, exactly as ggml's reference code computes them. `out` must have room for just all of them.
void to_f32(const TensorView& tensor, std::span<float> out);

/// The same for `[begin_row, end_row)`, a row being everything of one index of the outermost dimension.
/// Throws `kInternal` when the rows are not in the tensor or `out` is not of their size.
void to_f32_rows(const TensorView& tensor, std::int64_t begin_row, std::int64_t end_row, std::span<float> out);

}  // namespace voxlate::model_file
