#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/tensor_view.h"

namespace voxlate::model_file {

struct TensorName {
  using is_transparent = void;
  bool operator()(const TensorView& a, const TensorView& b) const { return a.name < b.name; }
  bool operator()(const TensorView& a, std::string_view b) const { return a.name < b; }
  bool operator()(std::string_view a, const TensorView& b) const { return a < b.name; }
};

/// The tensors of a file, each name once, in the order of their names.
using TensorSet = std::set<TensorView, TensorName>;

/// A tensor that a kind of model must have.
struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Gives `tensor` the shape that is expected. Files add and drop extents of 1 (a convolution's bias is [n, 1] in ggml
/// files); any other difference throws `kCorrupt` with both shapes and `offset`.
void adopt_shape(TensorView& tensor, const ExpectedTensor& expected, std::string_view file_name, std::uint64_t offset);

/// The tensor of that name. Throws `kCorrupt` naming it when there is none.
const TensorView& find_tensor(const TensorSet& tensors, std::string_view name);

}  // namespace voxlate::model_file
