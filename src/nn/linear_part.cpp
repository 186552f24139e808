#include "nn/linear_part.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

namespace voxlate::nn {

Linear join(const Kernels& kernels, std::span<const LinearPart> parts, ComputeType type) {
  Linear::Shape shape{.outputs = 0, .inputs = parts.front().shape.inputs};
  bool has_bias = false;
  for (const LinearPart& part : parts) {
    assert(part.shape.inputs == shape.inputs);
    shape.outputs += part.shape.outputs;
    has_bias = has_bias || !part.bias.empty();
  }
  std::vector<float> bias;
  if (has_bias) {
    for (const LinearPart& part : parts) {
      const std::size_t before = bias.size();
      for (const float value : part.bias) bias.push_back(value * part.scale);
      bias.resize(before + static_cast<std::size_t>(part.shape.outputs), 0.0F);
    }
  }
  const auto inputs = static_cast<std::size_t>(shape.inputs);
  const RowSource rows = [&](int begin, int end, std::span<float> out) {
    int first = 0;  // of the part among all rows
    for (const LinearPart& part : parts) {
      const int last = first + part.shape.outputs;
      const int from = std::max(begin, first);
      const int to = std::min(end, last);
      if (from < to) {
        const std::span<float> into =
            out.subspan(static_cast<std::size_t>(from - begin) * inputs, static_cast<std::size_t>(to - from) * inputs);
        part.rows(from - first, to - first, into);
        if (part.scale != 1) std::for_each(into.begin(), into.end(), [&](float& value) { value *= part.scale; });
      }
      first = last;
    }
  };
  return {kernels, shape, rows, std::move(bias), type};
}

}  // namespace voxlate::nn
