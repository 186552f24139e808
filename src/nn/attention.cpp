#include "nn/attention.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <type_traits>
#include <vector>

namespace voxlate::nn {
namespace {

constexpr int kBlockRows = 24;  // queries that share one reading of the keys; a multiple of every kernel's tile
constexpr int kShortSteps = 2047;
constexpr int kByteSteps = 127;

/// Some columns of some rows of f32, without a share in their memory.
struct Rows {
  float* data;
  std::ptrdiff_t stride;
  int count;

  float* row(int index) const { return data + index * stride; }
};

}  // namespace

/// The keys and values of one head as operands of the kernels.
class HeadReader {
 public:
  HeadReader(const KeyValues& memory, int head) : memory_(memory), head_(static_cast<std::size_t>(head)) {}

  /// Memory that `score` and `mix` need, in floats.
  static std::size_t working_size(const KeyValues& memory, int rows, int keys) {
    const auto longest = static_cast<std::size_t>(std::max(keys, memory.shape_.head_width)) + 1;
    return static_cast<std::size_t>(rows) * (longest / 2 + 2);
  }

  /// scores[i][t] = q[i] . key[t], t < keys.
  void score(const Kernels& kernels, const Rows& q, int keys, const Rows& scores, float* working) const {
    std::visit([&](const auto& held) { score(kernels, q, keys, scores, working, held); }, memory_.held_);
  }

  /// out[i] = sum over t < keys of weights[i][t] * value[t] / sums[i]; sums[i] is the sum of the weights, of which
  /// the largest is 1.
  void mix(const Kernels& kernels, const Rows& weights, const float* sums, int keys, const Rows& out,
           float* working) const {
    std::visit([&](const auto& held) { mix(kernels, weights, sums, keys, out, working, held); }, memory_.held_);
  }

 private:
  template <typename Element>
  const Element* of_head(const Buffer<Element>& all) const {
    return all.data() + head_ * (all.size() / static_cast<std::size_t>(memory_.shape_.heads));
  }

  void score(const Kernels& kernels, const Rows& q, int keys, const Rows& scores, float* /*working*/,
             const KeyValues::Exact& held) const {
    const int width = memory_.shape_.head_width;
    Multiplication job{.a = q.row(0),
                       .a_stride = q.stride,
                       .b = of_head(held.keys),
                       .b_stride = memory_.panel_,
                       .inner = width,
                       .to = {.c = scores.row(0), .c_stride = scores.stride, .rows = q.count}};
    for (int first = 0; first < keys; first += memory_.panel_) {
      job.to.columns = std::min(memory_.panel_, keys - first);
      kernels.multiply(job);
      job.b += std::ptrdiff_t{width} * memory_.panel_;
      job.to.c += memory_.panel_;
    }
  }

  void mix(const Kernels& kernels, const Rows& weights, const float* sums, int keys, const Rows& out,
           float* /*working*/, const KeyValues::Exact& held) const {
    const int width = memory_.shape_.head_width;
    Multiplication job{.a = weights.row(0),
                       .a_stride = weights.stride,
                       .b = of_head(held.values),
                       .b_stride = width,
                       .inner = keys,
                       .to = {.c = out.row(0), .c_stride = out.stride, .rows = weights.count}};
    for (int first = 0; first < width; first += kernels.panel) {
      job.to.columns = std::min(kernels.panel, width - first);
      kernels.multiply(job);
      job.b += kernels.panel;
      job.to.c += kernels.panel;
    }
    for (int row = 0; row < weights.count; ++row) {
      for (int c = 0; c < width; ++c) out.row(row)[c] /= sums[row];
    }
  }

  template <typename Integer>
  void score(const Kernels& kernels, const Rows& q, int keys, const Rows& scores, float* working,
             const KeyValues::Rounded<Integer>& held) const {
    const int width = memory_.shape_.head_width;
    const int length = memory_.paired_width();
    auto* const steps = reinterpret_cast<std::int16_t*>(working + q.count);
    for (int row = 0; row < q.count; ++row) {
      std::int16_t* const own = steps + std::ptrdiff_t{row} * length;
      own[length - 1] = 0;
      working[row] = quantise(kernels, q.row(row), kShortSteps, own, width);
    }
    multiply_panels(kernels, steps, length, working, of_head(held.keys), of_head(held.key_scales), keys, scores);
  }

  template <typename Integer>
  void mix(const Kernels& kernels, const Rows& weights, const float* sums, int keys, const Rows& out, float* working,
           const KeyValues::Rounded<Integer>& held) const {
    const int length = memory_.paired_capacity();
    auto* const steps = reinterpret_cast<std::int16_t*>(working + weights.count);
    for (int row = 0; row < weights.count; ++row) {
      std::int16_t* const own = steps + std::ptrdiff_t{row} * length;
      std::fill(own + keys, own + length, std::int16_t{0});
      const float factor = std::min(kMostSteps / sums[row], kLargestStep);
      kernels.round_to_steps(weights.row(row), factor, own, keys);
      working[row] = 1 / (factor * sums[row]);
    }
    multiply_panels(kernels, steps, length, working, of_head(held.values), of_head(held.value_scales),
                    memory_.shape_.head_width, out);
  }

  template <typename Integer>
  static void multiply_panels(const Kernels& kernels, const std::int16_t* a, int length, const float* a_scales,
                              const Integer* b, const float* b_scales, int columns, const Rows& out) {
    IntegerMultiplication<Integer> job{.a = a,
                                       .a_stride = length,
                                       .a_scales = a_scales,
                                       .b = b,
                                       .b_scales = b_scales,
                                       .inner = length,
                                       .to = {.c = out.row(0), .c_stride = out.stride, .rows = out.count}};
    for (int first = 0; first < columns; first += kernels.panel) {
      job.to.columns = std::min(kernels.panel, columns - first);
      if constexpr (sizeof(Integer) == 1)
        kernels.multiply_bytes(job);
      else
        kernels.multiply_shorts(job);
      job.b += std::ptrdiff_t{length} * kernels.panel;
      job.b_scales += kernels.panel;
      job.to.c += kernels.panel;
    }
  }

  // The steps of a row add up to no more than this and rounding: times 2047 that fits into 32 bits.
  static constexpr float kMostSteps = 1e6F;
  static constexpr float kLargestStep = 32767;

  const KeyValues& memory_;
  const std::size_t head_;
};

namespace {

/// `columns` [count, length], `length` even, become a panel of pairs: [length / 2, panel, 2]. Columns that are missing
/// are zeros: they are multiplied too, and what else might lie there has sums that do not fit.
template <typename Integer>
void interleave(const std::int16_t* columns, int length, int count, int panel, Integer* out) {
  for (int k = 0; k < length; k += 2) {
    const std::int16_t* pair = columns + k;
    Integer* to = out + std::ptrdiff_t{k} * panel;
    for (int column = 0; column < count; ++column) {
      to[0] = static_cast<Integer>(pair[0]);
      to[1] = static_cast<Integer>(pair[1]);
      to += 2;
      pair += length;
    }
    std::fill(to, out + std::ptrdiff_t{k + 2} * panel, Integer{0});
  }
}

}  // namespace

KeyValues::KeyValues(const Kernels& kernels, Shape shape, KeyValuePrecision precision)
    : shape_(shape),
      panel_(kernels.panel),
      panels_(pieces(shape.capacity, kernels.panel)),
      value_panels_(pieces(shape.head_width, kernels.panel)) {
  const auto size = [&](int a, int b, int c) {
    return static_cast<std::size_t>(shape_.heads) * static_cast<std::size_t>(a) * static_cast<std::size_t>(b) *
           static_cast<std::size_t>(c);
  };
  const auto make_rounded = [&]<typename Integer>(Integer) {
    held_ = Rounded<Integer>{.keys = Buffer<Integer>(size(panels_, paired_width(), panel_)),
                             .key_scales = Buffer<float>(size(panels_, panel_, 1)),
                             .values = Buffer<Integer>(size(value_panels_, paired_capacity(), panel_)),
                             .value_scales = Buffer<float>(size(value_panels_, panel_, 1))};
  };
  switch (precision) {
    case KeyValuePrecision::kFloat32:
      held_ = Exact{.keys = Buffer<float>(size(panels_, shape.head_width, panel_)),
                    .values = Buffer<float>(size(shape.capacity, shape.head_width, 1))};
      break;
    case KeyValuePrecision::kInt16: make_rounded(std::int16_t{}); break;
    case KeyValuePrecision::kInt8: make_rounded(std::int8_t{}); break;
  }
}

std::size_t KeyValues::size_bytes() const {
  const auto size_of = [](const auto& held) {
    std::size_t bytes = held.keys.size_bytes() + held.values.size_bytes();
    if constexpr (requires { held.key_scales; }) bytes += held.key_scales.size_bytes() + held.value_scales.size_bytes();
    return bytes;
  };
  return std::visit(size_of, held_);
}

void KeyValues::write(const Kernels& kernels, int head, int first, const Matrix& keys, const Matrix& values) {
  assert(first >= 0 && first + keys.rows() <= shape_.capacity && keys.rows() == values.rows());
  const Matrix own_keys = keys.some_columns(head * shape_.head_width, shape_.head_width);
  const Matrix own_values = values.some_columns(head * shape_.head_width, shape_.head_width);
  const auto write_to = [&](auto& held) {
    if constexpr (std::is_same_v<decltype(held), Exact&>)
      write(head, first, own_keys, own_values, held);
    else
      write(kernels, head, own_keys, own_values, held);
  };
  std::visit(write_to, held_);
}

void KeyValues::write(int head, int first, const Matrix& keys, const Matrix& values, Exact& to) const {
  const int width = shape_.head_width;
  float* const panels = to.keys.data() + std::ptrdiff_t{head} * panels_ * width * panel_;
  float* const rows = to.values.data() + std::ptrdiff_t{head} * shape_.capacity * width;
  for (int i = 0; i < keys.rows(); ++i) {
    const int position = first + i;
    const float* const key = keys.row(i);
    float* const lane = panels + std::ptrdiff_t{position / panel_} * width * panel_ + position % panel_;
    for (int c = 0; c < width; ++c) lane[std::ptrdiff_t{c} * panel_] = key[c];
    std::memcpy(rows + std::ptrdiff_t{position} * width, values.row(i),
                static_cast<std::size_t>(width) * sizeof(float));
  }
}

template <typename Integer>
void KeyValues::write(const Kernels& kernels, int head, const Matrix& keys, const Matrix& values,
                      Rounded<Integer>& to) const {
  constexpr int kSteps = sizeof(Integer) == 1 ? kByteSteps : kShortSteps;
  assert(keys.rows() == shape_.capacity);
  const auto own = [&](auto& all) {
    return all.data() + all.size() / static_cast<std::size_t>(shape_.heads) * static_cast<std::size_t>(head);
  };
  const int longest = std::max(paired_width(), paired_capacity());
  float* const working = scratch(static_cast<std::size_t>(panel_) * static_cast<std::size_t>(longest) * 2);
  const Rows channels{working, longest, panel_};
  auto* const steps = reinterpret_cast<std::int16_t*>(working + std::ptrdiff_t{panel_} * longest);
  const auto put_panel = [&](Integer* panels, float* scales, int first, const Rows& columns, int length) {
    const int paired = length + length % 2;
    for (int lane = 0; lane < columns.count; ++lane) {
      std::int16_t* const column = steps + std::ptrdiff_t{lane} * paired;
      column[paired - 1] = 0;
      scales[first + lane] = quantise(kernels, columns.row(lane), kSteps, column, length);
    }
    interleave(steps, paired, columns.count, panel_, panels + std::ptrdiff_t{first} * paired);
  };
  for (int first = 0; first < shape_.capacity; first += panel_) {
    const Rows columns{keys.row(first), keys.stride(), std::min(panel_, shape_.capacity - first)};
    put_panel(own(to.keys), own(to.key_scales), first, columns, shape_.head_width);
  }
  for (int first = 0; first < shape_.head_width; first += panel_) {
    const int count = std::min(panel_, shape_.head_width - first);
    for (int position = 0; position < shape_.capacity; ++position) {
      for (int lane = 0; lane < count; ++lane) channels.row(lane)[position] = values.row(position)[first + lane];
    }
    put_panel(own(to.values), own(to.value_scales), first, {channels.data, channels.stride, count}, shape_.capacity);
  }
}

void KeyValues::copy(const KeyValues& other, int count) {
  assert(other.shape_.heads == shape_.heads && other.shape_.head_width == shape_.head_width);
  assert(count <= shape_.capacity && count <= other.shape_.capacity);
  const Exact& from = std::get<Exact>(other.held_);
  Exact& to = std::get<Exact>(held_);
  const auto width = static_cast<std::size_t>(shape_.head_width);
  const std::size_t copied_keys =
      static_cast<std::size_t>(pieces(count, panel_)) * width * static_cast<std::size_t>(panel_);
  const std::size_t copied_values = static_cast<std::size_t>(count) * width;
  const auto of_head = [&](const auto& all, int head) {
    return all.data() + all.size() / static_cast<std::size_t>(shape_.heads) * static_cast<std::size_t>(head);
  };
  for (int head = 0; head < shape_.heads; ++head) {
    std::memcpy(of_head(to.keys, head), of_head(from.keys, head), copied_keys * sizeof(float));
    std::memcpy(of_head(to.values, head), of_head(from.values, head), copied_values * sizeof(float));
  }
}

void write_keys_values(Compute& compute, const Matrix& keys, const Matrix& values,
                       std::span<const KeyValueWrite> writes) {
  if (writes.empty()) return;
  const int heads = writes.front().to->shape().heads;
  compute.pool().run(static_cast<int>(writes.size()) * heads, [&](int task, int /*thread*/) {
    const KeyValueWrite& write = writes[static_cast<std::size_t>(task / heads)];
    write.to->write(compute.kernels(), task % heads, write.first_position, keys.some_rows(write.first_row, write.rows),
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
  const HeadReader reader(*span.memory, head);
  const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(most);
  const std::size_t working_size = HeadReader::working_size(*span.memory, rows, most);
  float* const working = scratch(size + working_size + kBlockRows);
  const Rows weights{working + working_size, most, rows};
  float* const sums = weights.row(rows);
  const Rows queries{q.row(span.first_row + first) + column, q.stride(), rows};
  reader.score(kernels, queries, most, weights, working);
  for (int row = 0; row < rows; ++row) {
    sums[row] = kernels.exponentials(weights.row(row), seen(row));
    std::fill(weights.row(row) + seen(row), weights.row(row) + most, 0.0F);
  }
  reader.mix(kernels, weights, sums, most, {out.row(span.first_row + first) + column, out.stride(), rows}, working);
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
  const int width = span.memory->shape().head_width;
  float* const working = scratch(HeadReader::working_size(*span.memory, span.rows, span.keys));
  HeadReader(*span.memory, head)
      .score(kernels, {q.row(span.first_row) + std::ptrdiff_t{head} * width, q.stride(), span.rows}, span.keys,
             {scores.row(0), scores.stride(), span.rows}, working);
}

}  // namespace voxlate::nn
