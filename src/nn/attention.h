#pragma once

#include <cstddef>
#include <span>

#include "nn/buffer.h"
#include "nn/compute.h"
#include "nn/matrix.h"

namespace voxlate::nn {

/// Keys and values of one sequence in one layer, for all heads. Positions are written once and then read by
/// `attend`; not synchronised.
class KeyValues {
 public:
  struct Shape {
    int capacity = 0;  ///< positions
    int heads = 0;
    int head_width = 0;
  };

  KeyValues() = default;
  KeyValues(const Kernels& kernels, Shape shape);

  const Shape& shape() const { return shape_; }
  std::size_t size_bytes() const { return keys_.size_bytes() + values_.size_bytes(); }

  /// Row i of `keys` and `values`, [count, heads * head_width], becomes position `first + i` of head `head`.
  void write(int head, int first, const Matrix& keys, const Matrix& values);

  /// Takes over the first `count` positions of `other`, which has the same shape.
  void copy(const KeyValues& other, int count);

 private:
  friend class HeadReader;

  // A panel holds as many positions as a kernel computes side by side.
  Shape shape_;
  int panel_ = 1;
  int panels_ = 0;
  Buffer<float> keys_;    // [heads, panels, head_width, panel]
  Buffer<float> values_;  // [heads, capacity, head_width]
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
