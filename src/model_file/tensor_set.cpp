#include "model_file/tensor_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "model_file/format_error.h"
#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

std::vector<std::int64_t> without_ones(std::vector<std::int64_t> shape) {
  shape.erase(std::remove(shape.begin(), shape.end(), 1), shape.end());
  return shape;
}

}  // namespace

void adopt_shape(TensorView& tensor, const ExpectedTensor& expected, std::string_view file_name, std::uint64_t offset) {
  if (without_ones(tensor.shape) != without_ones(expected.shape)) {
    refuse(ErrorCode::kCorrupt, file_name, offset,
           fmt::format("{}: expected {}, got {}", expected.name, shape_text(expected.shape), shape_text(tensor.shape)));
  }
  tensor.shape = expected.shape;
}

const TensorView& find_tensor(const TensorSet& tensors, std::string_view name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw Error(ErrorCode::kCorrupt, "the model has no tensor " + printable(name));
  return *found;
}

}  // namespace voxlate::model_file
