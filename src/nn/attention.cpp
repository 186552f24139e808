#include "nn/attention.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace voxlate::nn {
namespace {

constexpr int kBlockRows = 24;  // queries that share one reading of the keys; a multiple of every kernel's tile

}  // namespace

/// The keys and values of one head as operands of `Kernels::multiply`.
class HeadReader {
 public:
  HeadReader(const KeyValues& memory, int head) : memory_(memory) {
    const KeyValues::Shape& shape = memory.shape_;
    keys_ = memory.keys_.data() + std::ptrdiff_t{head} * memory.panels_ * shape.head_width * memory.panel_;
    values_ = memory.values_.data() + std::ptrdiff_t{head} * shape.capacity * shape.head_width;
  }

  /// scores[i][t] = q[i] . key[t], t < keys.
  void score(const Kernels& kernels, const float* q, std::ptrdiff_t q_stride, int rows, int keys, float* scores,
             std::ptrdiff_t scores_stride) const {
    const int width = memory_.shape_.head_width;
    Multiplication job{.a = q,
                       .a_stride = q_stride,
                       .b = keys_,
                       .b_stride = memory_.panel_,
                       .c = scores,
                       .c_stride = scores_stride,
                       .rows = rows,
                       .inner = width};
    for (int first = 0; first < keys; first += memory_.panel_) {
      job.columns = std::min(memory_.panel_, keys - first);
      kernels.multiply(job);
      job.b += std::ptrdiff_t{width} * memory_.panel_;
      job.c += memory_.panel_;
    }
  }

  /// out[i] = sum over t < keys of weights[i][t] * value[t].
  void mix(const Kernels& kernels, const float* weights, std::ptrdiff_t weights_stride, int rows, int keys, float* out,
           std::ptrdiff_t out_stride) const {
    const int width = memory_.shape_.head_width;
    Multiplication job{.a = weights,
                       .a_stride = weights_stride,
                       .b = values_,
                       .b_stride = width,
                       .c = out,
                       .c_stride = out_stride,
                       .rows = rows,
                       .inner = keys};
    for (int first = 0; first < width; first += kernels.panel) {
      job.columns = std::min(kernels.panel, width - first);
      kernels.multiply(job);
      job.b += kernels.panel;
      job.c += kernels.panel;
    }
  }

 private:
  const KeyValues& memory_;
  const float* keys_;
  const float* values_;
};

KeyValues::KeyValues(const Kernels& kernels, Shape shape)
    : shape_(shape), panel_(kernels.panel), panels_(pieces(shape.capacity, kernels.panel)) {
  const auto row = static_cast<std::size_t>(shape.heads) * static_cast<std::size_t>(shape.head_width);
  keys_ = Buffer<float>(row * static_cast<std::size_t>(panels_) * static_cast<std::size_t>(panel_));
  values_ = Buffer<float>(row * static_cast<std::size_t>(shape.capacity));
}

void KeyValues::write(int head, int first, const Matrix& keys, const Matrix& values) {
  assert(first >= 0 && first + keys.rows() <= shape_.capacity && keys.rows() == values.rows());
  const int width = shape_.head_width;
  float* const panels = keys_.data() + std::ptrdiff_t{head} * panels_ * width * panel_;
  float* const rows = values_.data() + std::ptrdiff_t{head} * shape_.capacity * width;
  for (int i = 0; i < keys.rows(); ++i) {
    const int position = first + i;
    const float* const key = keys.row(i) + std::ptrdiff_t{head} * width;
    float* const lane = panels + std::ptrdiff_t{position / panel_} * width * panel_ + position % panel_;
    for (int c = 0; c < width; ++c) lane[std::ptrdiff_t{c} * panel_] = key[c];
    std::memcpy(rows + std::ptrdiff_t{position} * width, values.row(i) + std::ptrdiff_t{head} * width,
                static_cast<std::size_t>(width) * sizeof(float));
  }
}

void KeyValues::copy(const KeyValues& other, int count) {
  assert(other.shape_.capacity == shape_.capacity && count <= shape_.capacity);
  const auto copied_panels = static_cast<std::size_t>(pieces(count, panel_)) *
                             static_cast<std::size_t>(shape_.head_width) * static_cast<std::size_t>(panel_);
  const auto copied_values = static_cast<std::size_t>(count) * static_cast<std::size_t>(shape_.head_width);
  for (int head = 0; head < shape_.heads; ++head) {
    const std::ptrdiff_t keys = std::ptrdiff_t{head} * panels_ * shape_.head_width * panel_;
    const std::ptrdiff_t values = std::ptrdiff_t{head} * shape_.capacity * shape_.head_width;
    std::memcpy(keys_.data() + keys, other.keys_.data() + keys, copied_panels * sizeof(float));
    std::memcpy(values_.data() + values, other.values_.data() + values, copied_values * sizeof(float));
  }
}

void write_keys_values(Compute& compute, const Matrix& keys, const Matrix& values,
                       std::span<const KeyValueWrite> writes) {
  if (writes.empty()) return;
  const int heads = writes.front().to->shape().heads;
  compute.pool().run(static_cast<int>(writes.size()) * heads, [&](int task, int /*thread*/) {
    const KeyValueWrite& write = writes[static_cast<std::size_t>(task / heads)];
    write.to->write(task % heads, write.first_position, keys.some_rows(write.first_row, write.rows),
                    values.some_rows(write.first_row, write.rows));
  });
}

namespace {

void attend_block(const Kernels& kernels, const Matrix& q, const AttentionSpan& span, int head, int block,
                  const Matrix& out) {
  const int first = block * kBlockRows;
  const int rows = std::min(kBlockRows, span.rows - first);
  const int column = head * span.memory->shape().head_width;
  const auto seen = [&](int row) { return span.causal ? span.keys - span.rows + first + row + 1 : span.keys; };
  const int most = seen(rows - 1);
  float* const weights = scratch(static_cast<std::size_t>(rows) * static_cast<std::size_t>(most));
  const HeadReader reader(*span.memory, head);
  reader.score(kernels, q.row(span.first_row + first) + column, q.stride(), rows, most, weights, most);
  for (int row = 0; row < rows; ++row) {
    float* const weight = weights + std::ptrdiff_t{row} * most;
    kernels.softmax(weight, seen(row));
    std::fill(weight + seen(row), weight + most, 0.0F);
  }
  reader.mix(kernels, weights, most, rows, most, out.row(span.first_row + first) + column, out.stride());
}

}  // namespace

void attend(Compute& compute, const Matrix& q, std::span<const AttentionSpan> spans, const Matrix& out) {
  if (spans.empty()) return;
  const int heads = spans.front().memory->shape().heads;
  int blocks = 0;
  for (const AttentionSpan& span : spans) blocks += pieces(span.rows, kBlockRows);
  compute.pool().run(blocks * heads, [&](int task, int /*thread*/) {
    int block = task / heads;
    for (const AttentionSpan& span : spans) {
      const int own = pieces(span.rows, kBlockRows);
      if (block < own) return attend_block(compute.kernels(), q, span, task % heads, block, out);
      block -= own;
    }
  });
}

void attention_scores(const Kernels& kernels, const Matrix& q, const AttentionSpan& span, int head,
                      const Matrix& scores) {
  assert(!span.causal && scores.rows() == span.rows && scores.columns() == span.keys);
  HeadReader(*span.memory, head)
      .score(kernels, q.row(span.first_row) + std::ptrdiff_t{head} * span.memory->shape().head_width, q.stride(),
             span.rows, span.keys, scores.row(0), scores.stride());
}

}  // namespace voxlate::nn
