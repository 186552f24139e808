#pragma once

#include <span>

#include "model_file/byte_reader.h"
#include "model_file/tensor_set.h"

namespace voxlate::model_file {

/// Reads the tensor table that ends a ggml file: every expected tensor once, in any order, in its shape, then the end
/// of the file. Tensors keep their element types. Throws `kCorrupt`, and `kUnsupported` for an element type that is not
/// read, naming the tensor and the offset of its record. Looks at no weight.
TensorSet read_ggml_tensors(ByteReader& reader, std::span<const ExpectedTensor> expected);

}  // namespace voxlate::model_file
