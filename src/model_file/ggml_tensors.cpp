// The tensor table of ggml files, all integers i32:
//
//   table  := record*
//   record := n_dims name_bytes type extent{n_dims} name data
//   extent := > 0, innermost dimension first
//   type   := 0 (f32), 1 (f16), 2 (q4_0), 3 (q4_1), 6 (q5_0), 7 (q5_1), 8 (q8_0), 30 (bf16)

#include "model_file/ggml_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "model_file/format_error.h"

namespace voxlate::model_file {
namespace {

constexpr std::int32_t kMaxDimensions = 4;
constexpr std::int32_t kMaxNameBytes = 256;

std::optional<ElementType> element_type_of(std::int32_t number) {
  switch (number) {
    case 0: return ElementType::kF32;
    case 1: return ElementType::kF16;
    case 2: return ElementType::kQ4_0;
    case 3: return ElementType::kQ4_1;
    case 6: return ElementType::kQ5_0;
    case 7: return ElementType::kQ5_1;
    case 8: return ElementType::kQ8_0;
    case 30: return ElementType::kBF16;
    default: return std::nullopt;
  }
}

TensorView read_record(ByteReader& reader) {
  const std::uint64_t begin = reader.offset();
  const std::int32_t dimensions = reader.i32_within("dimensions of a tensor", 0, kMaxDimensions);
  const std::int32_t name_bytes = reader.i32_within("name length of a tensor", 1, kMaxNameBytes);
  const std::int32_t type_number = reader.i32("type of a tensor");
  TensorView tensor;
  tensor.shape.resize(static_cast<std::size_t>(dimensions));
  for (std::int64_t& extent : tensor.shape)
    extent = reader.i32_within("extent of a tensor", 1, std::numeric_limits<std::int32_t>::max());
  std::reverse(tensor.shape.begin(), tensor.shape.end());
  tensor.name = reader.text(static_cast<std::uint64_t>(name_bytes), "name of a tensor");

  const auto type = element_type_of(type_number);
  if (!type) {
    refuse(
        ErrorCode::kUnsupported, reader.file_name(), begin,
        fmt::format("{}: tensor type {}, expected f32 (0), f16 (1), q4_0 (2), q4_1 (3), q5_0 (6), q5_1 (7), q8_0 (8) "
                    "or bf16 (30)",
                    printable(tensor.name), type_number));
  }
  tensor.type = *type;
  const auto size_bytes = byte_count(tensor.type, tensor.shape);
  if (!size_bytes) {
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin,
           fmt::format("{}: expected at most 2^40 weights, quantised ones in rows of a multiple of 32, got {} {}",
                       printable(tensor.name), to_string(tensor.type), shape_text(tensor.shape)));
  }
  tensor.bytes = reader.take(*size_bytes, printable(tensor.name));
  return tensor;
}

}  // namespace

TensorSet read_ggml_tensors(ByteReader& reader, std::span<const ExpectedTensor> expected) {
  std::map<std::string_view, const ExpectedTensor*> wanted;
  for (const ExpectedTensor& tensor : expected) wanted.emplace(tensor.name, &tensor);

  TensorSet found;
  while (found.size() < wanted.size() && !reader.at_end()) {
    const std::uint64_t begin = reader.offset();
    TensorView tensor = read_record(reader);
    const std::string name = printable(tensor.name);
    const auto match = wanted.find(tensor.name);
    if (match == wanted.end()) {
      refuse(ErrorCode::kCorrupt, reader.file_name(), begin, name + ": not a tensor of such a model");
    }
    adopt_shape(tensor, *match->second, reader.file_name(), begin);
    if (!found.insert(std::move(tensor)).second) {
      refuse(ErrorCode::kCorrupt, reader.file_name(), begin, name + ": expected once, got a second time");
    }
  }
  for (const ExpectedTensor& tensor : expected) {
    if (!found.contains(std::string_view(tensor.name))) {
      refuse(ErrorCode::kCorrupt, reader.file_name(), reader.offset(),
             tensor.name + ": expected this tensor, got the end of the file");
    }
  }
  if (!reader.at_end()) {
    refuse(ErrorCode::kCorrupt, reader.file_name(), reader.offset(),
           fmt::format("expected the end of the file after the last tensor, got {} more bytes", reader.remaining()));
  }
  return found;
}

}  // namespace voxlate::model_file
