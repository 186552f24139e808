#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "nn/buffer.h"
#include "nn/compute.h"
#include "nn/matrix.h"

namespace voxlate::nn {

/// How keys and values are held: exactly, or as whole multiples of a scale, 2047 or 127 steps of one for each key and
/// for each channel of the values. Rounded ones are written in one go.
enum class KeyValuePrecision { kFloat32, kInt16, kInt8 };

/// Keys and values of one sequence in one layer, for all heads. Positions are written once and then read by
/// `attend`; not synchronised.
class KeyValues {
 public:
  struct Shape {
    int capacity = 0;  ///< positions
    int heads = 0;
    int head_width = 0;  ///< at most 256
  };

  KeyValues() = default;
  KeyValues(const Kernels& kernels, Shape shape, KeyValuePrecision precision = KeyValuePrecision::kFloat32);

  const Shape& shape() const { return shape_; }
  std::size_t size_bytes() const;

  /// Row i of `keys` and `values`, [count, heads * head_width], becomes position `first + i` of head `head`. Rounded
  /// ones: all positions at once.
  void write(const Kernels& kernels, int head, int first, const Matrix& keys, const Matrix& values);

  /// Takes over the first `count` positions of `other`, which has as many heads of the same width. Not of rounded ones.
  void copy(const KeyValues& other, int count);

 private:
  friend class HeadReader;

  // A panel holds as many positions, or channels of the values, as a kernel computes side by side.
  struct Exact {
    Buffer<float> keys;    // [heads, panels, head_width, panel]
    Buffer<float> values;  // [heads, capacity, head_width]
  };
  template <typename Integer>
  struct Rounded {
    Buffer<Integer> keys;  // [heads, panels, paired_width, panel]: pairs of channels as `IntegerMultiplication` has b
    Buffer<float> key_scales;    // [heads, panels, panel]
    Buffer<Integer> values;      // [heads, value_panels, paired_capacity, panel]: pairs of positions
    Buffer<float> value_scales;  // [heads, value_panels, panel]
  };

  int paired_width() const { return shape_.head_width + shape_.head_width % 2; }
  int paired_capacity() const { return shape_.capacity + shape_.capacity % 2; }

  void write(int head, int first, const Matrix& keys, const Matrix& values, Exact& to) const;
  template <typename Integer>
  void write(const Kernels& kernels, int head, const Matrix& keys, const Matrix& values, Rounded<Integer>& to) const;

  Shape shape_;
  int panel_ = 1;
  int panels_ = 0;        // of positions
  int value_panels_ = 0;  // of channels
  std::variant<Exact, Rounded<std::int16_t>, Rounded<std::int8_t>> held_;
};

/// Where new rows of keys and values go.
struct KeyValueWrite {
  KeyValues* to = nullptr;
  int first_position = 0;
  int first_row = 0;
  int rows = 0;
};

/// Writes rows of `keys` and `values` [rows, heads * head_width]; the writes are to different places.
void write_keys_values(Compute& compute, const Matrix& keys, const Matrix& values,
                       std::span<const KeyValueWrite> writes);

/// Rows of queries that look at the same keys.
struct AttentionSpan {
  int first_row = 0;
  int rows = 0;
  const KeyValues* memory = nullptr;
  int keys = 0;         ///< positions that the last row sees
  bool causal = false;  ///< each row sees one position less than the row after it
};

/// out = softmax(q k^T) v for each head; `q` and `out`: [rows, heads * head_width], `q` scaled by the caller. A row
/// of the result does not depend on the other rows.
void attend(Compute& compute, const Matrix& q, std::span<const AttentionSpan> spans, const Matrix& out);

/// The rows of q k^T of one head, before the soft-max: `scores` [span.rows, span.keys]; not causal.
void attention_scores(const Kernels& kernels, const Matrix& q, const AttentionSpan& span, int head,
                      const Matrix& scores);

}  // namespace voxlate::nn
