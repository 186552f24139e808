// file   := header_bytes header data
// header_bytes := u64, little-endian; header: see safetensors_header.cpp; data: the tensors, back to back.

#include "model_file/safetensors_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/utf8.h"
#include "model_file/format_error.h"

namespace voxlate::model_file {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{4} << 20U;
constexpr std::uint64_t kMaxHeaderBytesOfTheFormat = 100'000'000;

struct Dtype {
  std::string_view name;
  std::uint64_t bytes;
  std::optional<ElementType> type;  ///< nothing for one that is not read
};

constexpr std::array kDtypes = {
    Dtype{"F32", 4, ElementType::kF32}, Dtype{"F16", 2, ElementType::kF16}, Dtype{"BF16", 2, ElementType::kBF16},
    Dtype{"F64", 8, std::nullopt},      Dtype{"I64", 8, std::nullopt},      Dtype{"U64", 8, std::nullopt},
    Dtype{"I32", 4, std::nullopt},      Dtype{"U32", 4, std::nullopt},      Dtype{"I16", 2, std::nullopt},
    Dtype{"U16", 2, std::nullopt},      Dtype{"I8", 1, std::nullopt},       Dtype{"U8", 1, std::nullopt},
    Dtype{"BOOL", 1, std::nullopt},
};

const Dtype* find_dtype(std::string_view name) {
  const auto* const found =
      std::find_if(kDtypes.begin(), kDtypes.end(), [name](const Dtype& dtype) { return dtype.name == name; });
  return found == kDtypes.end() ? nullptr : found;
}

std::string_view read_header(std::span<const std::byte> bytes, std::string_view file_name) {
  std::uint64_t header_bytes = 0;
  if (bytes.size() < kLengthBytes)
    refuse(ErrorCode::kCorrupt, file_name, 0, fmt::format("expected a header length, got {} bytes", bytes.size()));
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  if (header_bytes > bytes.size() - kLengthBytes || header_bytes > kMaxHeaderBytesOfTheFormat) {
    refuse(ErrorCode::kCorrupt, file_name, 0,
           fmt::format("header length: expected at most {}, got {}",
                       std::min<std::uint64_t>(bytes.size() - kLengthBytes, kMaxHeaderBytesOfTheFormat), header_bytes));
  }
  if (header_bytes > kMaxHeaderBytes) {
    refuse(ErrorCode::kUnsupported, file_name, 0,
           fmt::format("header length: expected at most {}, got {}", kMaxHeaderBytes, header_bytes));
  }
  return {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<std::size_t>(header_bytes)};
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::span<const std::byte> bytes, std::string file_name)
    : file_name_(std::move(file_name)) {
  const std::string_view header = read_header(bytes, file_name_);
  records_ = parse_safetensors_header(header, file_name_);
  data_offset_ = kLengthBytes + header.size();
  data_ = bytes.subspan(static_cast<std::size_t>(data_offset_));

  std::sort(records_.begin(), records_.end(), [](const SafetensorsRecord& a, const SafetensorsRecord& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t end = 0;
  for (const SafetensorsRecord& record : records_) {
    const std::string name = printable(record.name);
    if (record.begin != end || record.end < record.begin || record.end > data_.size()) {
      refuse(ErrorCode::kCorrupt, file_name_, data_offset_ + end,
             fmt::format("{}: expected data_offsets from {} and within {}, got [{}, {}]", name, end, data_.size(),
                         record.begin, record.end));
    }
    end = record.end;
    const Dtype* const dtype = find_dtype(record.dtype);
    if (dtype == nullptr) continue;
    const auto elements = element_count(record.shape);
    if (!elements || static_cast<std::uint64_t>(*elements) * dtype->bytes != record.end - record.begin) {
      refuse(ErrorCode::kCorrupt, file_name_, data_offset_ + record.begin,
             fmt::format("{}: expected the bytes of {} {}, got {}", name, dtype->name, shape_text(record.shape),
                         record.end - record.begin));
    }
  }
  if (end != data_.size()) {
    refuse(ErrorCode::kCorrupt, file_name_, data_offset_ + end,
           fmt::format("expected the end of the file after the last tensor, got {} more bytes", data_.size() - end));
  }

  std::sort(records_.begin(), records_.end(),
            [](const SafetensorsRecord& a, const SafetensorsRecord& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(records_.begin(), records_.end(),
                         [](const SafetensorsRecord& a, const SafetensorsRecord& b) { return a.name == b.name; });
  if (twice != records_.end()) {
    refuse(ErrorCode::kCorrupt, file_name_, data_offset_ + twice->begin,
           printable(twice->name) + ": expected once, got a second time");
  }
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  MappedFile mapped(path);
  SafetensorsFile file(mapped.bytes(), repair_utf8(path.filename().string()));
  file.file_ = std::move(mapped);
  return file;
}

SafetensorsFile SafetensorsFile::parse(std::span<const std::byte> bytes, std::string file_name) {
  return {bytes, std::move(file_name)};
}

TensorView SafetensorsFile::tensor(std::string_view name) const {
  const SafetensorsRecord* const record = find(name);
  if (record == nullptr)
    refuse(ErrorCode::kCorrupt, file_name_, data_offset_, printable(name) + ": expected this tensor, got none");
  const Dtype* const dtype = find_dtype(record->dtype);
  if (dtype == nullptr || !dtype->type) {
    refuse(ErrorCode::kUnsupported, file_name_, data_offset_ + record->begin,
           fmt::format("{}: expected F32, F16 or BF16, got {}", printable(name), printable(record->dtype)));
  }
  return {.name = record->name,
          .type = *dtype->type,
          .shape = record->shape,
          .bytes = data_.subspan(static_cast<std::size_t>(record->begin),
                                 static_cast<std::size_t>(record->end - record->begin))};
}

std::uint64_t SafetensorsFile::offset_of(const TensorView& tensor) const {
  return data_offset_ + static_cast<std::uint64_t>(tensor.bytes.data() - data_.data());
}

const SafetensorsRecord* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(records_.begin(), records_.end(), name,
                       [](const SafetensorsRecord& record, std::string_view wanted) { return record.name < wanted; });
  return found == records_.end() || found->name != name ? nullptr : &*found;
}

}  // namespace voxlate::model_file
