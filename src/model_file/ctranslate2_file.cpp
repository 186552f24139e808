// All integers little-endian:
//
//   file     := version:u32 [spec:text revision:u32] count:u32 variable{count} [aliases]
//   variable := name:text rank:u8 extent:u32{rank} payload
//   payload  := type:u8 bytes:u32 data          from version 4 on; type 0 f32, 1 i8, 2 i16, 3 i32, 4 f16, 5 bf16
//             | item_bytes:u8 items:u32 data    before: 4 f32, 2 i16, 1 i8
//   aliases  := count:u32 (alias:text name:text){count}     from version 3 on; of the scale that belongs to name, too
//   text     := bytes:u16 data, the last byte being NUL; spec and revision from version 2 on

#include "model_file/ctranslate2_file.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "model_file/byte_reader.h"
#include "model_file/format_error.h"

namespace voxlate::model_file {
namespace {

constexpr std::uint32_t kNewestVersion = 6;
constexpr std::uint32_t kSpecVersion = 2;
constexpr std::uint32_t kAliasVersion = 3;
constexpr std::uint32_t kTypedVersion = 4;
constexpr std::uint32_t kMostVariables = 100'000;
constexpr std::uint8_t kMostDimensions = 4;

std::string read_text(ByteReader& reader, std::string_view what) {
  const std::uint64_t begin = reader.offset();
  const std::uint16_t bytes = reader.number<std::uint16_t>(what);
  const std::string_view text = reader.text(bytes, what);
  if (text.empty() || text.find('\0') != text.size() - 1)
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin, fmt::format("{}: expected a text that NUL ends", what));
  return std::string(text.substr(0, text.size() - 1));
}

ElementType read_type(ByteReader& reader, std::uint32_t version, const std::string& name) {
  constexpr std::array kTypes = {ElementType::kF32, ElementType::kI8,  ElementType::kI16,
                                 ElementType::kI32, ElementType::kF16, ElementType::kBF16};
  const std::uint64_t begin = reader.offset();
  const auto number = reader.number<std::uint8_t>("type of a variable");
  if (version >= kTypedVersion) {
    if (number < kTypes.size()) return kTypes[number];
    refuse(ErrorCode::kUnsupported, reader.file_name(), begin,
           fmt::format("{}: type of a variable: expected 0 (f32) to 5 (bf16), got {}", printable(name), number));
  }
  switch (number) {
    case 4: return ElementType::kF32;
    case 2: return ElementType::kI16;
    case 1: return ElementType::kI8;
    default:
      refuse(ErrorCode::kUnsupported, reader.file_name(), begin,
             fmt::format("{}: bytes of an element: expected 1, 2 or 4, got {}", printable(name), number));
  }
}

TensorView read_variable(ByteReader& reader, std::uint32_t version) {
  TensorView tensor;
  const std::uint64_t begin = reader.offset();
  tensor.name = read_text(reader, "name of a variable");
  const auto rank = reader.number<std::uint8_t>("dimensions of a variable");
  if (rank > kMostDimensions) {
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin,
           fmt::format("{}: expected at most {} dimensions, got {}", printable(tensor.name), kMostDimensions, rank));
  }
  for (int i = 0; i < rank; ++i) tensor.shape.push_back(reader.number<std::uint32_t>("extent of a variable"));
  tensor.type = read_type(reader, version, tensor.name);
  const std::uint64_t given = std::uint64_t{reader.number<std::uint32_t>("size of a variable")} *
                              (version >= kTypedVersion ? 1 : byte_count(tensor.type, {}).value_or(1));
  const auto expected = byte_count(tensor.type, tensor.shape);
  if (!expected || *expected != given) {
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin,
           fmt::format("{}: expected the {} bytes of {} {}, got {}", printable(tensor.name), expected.value_or(0),
                       to_string(tensor.type), shape_text(tensor.shape), given));
  }
  tensor.bytes = reader.take(given, printable(tensor.name));
  return tensor;
}

void add(TensorSet& tensors, TensorView tensor, const ByteReader& reader) {
  const std::string name = printable(tensor.name);
  if (!tensors.insert(std::move(tensor)).second)
    refuse(ErrorCode::kCorrupt, reader.file_name(), reader.offset(), name + ": expected once, got a second time");
}

TensorView renamed(TensorView tensor, std::string name) {
  tensor.name = std::move(name);
  return tensor;
}

/// How many follow; each has at least two bytes.
std::uint32_t read_count(ByteReader& reader, std::string_view what) {
  const std::uint64_t begin = reader.offset();
  const auto count = reader.number<std::uint32_t>(what);
  if (count > kMostVariables) {
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin,
           fmt::format("{}: expected at most {}, got {}", what, kMostVariables, count));
  }
  return count;
}

}  // namespace

CTranslate2File::CTranslate2File(std::optional<MappedFile> file, std::span<const std::byte> bytes,
                                 std::string_view file_name)
    : file_(std::move(file)), file_name_(file_name) {
  ByteReader reader(bytes, file_name);
  const auto version = reader.number<std::uint32_t>("version");
  if (version < 1 || version > kNewestVersion) {
    refuse(ErrorCode::kUnsupported, file_name, 0,
           fmt::format("version of the format: expected 1 to {}, got {}", kNewestVersion, version));
  }
  if (version >= kSpecVersion) {
    spec_ = read_text(reader, "name of the specification");
    revision_ = reader.number<std::uint32_t>("revision of the specification");
  }
  const std::uint32_t count = read_count(reader, "number of variables");
  for (std::uint32_t i = 0; i < count; ++i) add(tensors_, read_variable(reader, version), reader);
  if (version >= kAliasVersion) {
    const std::uint32_t aliases = read_count(reader, "number of aliases");
    std::vector<std::pair<std::string, std::string>> names;
    for (std::uint32_t i = 0; i < aliases; ++i) {
      std::string alias = read_text(reader, "alias");
      std::string name = read_text(reader, "name behind an alias");
      add(tensors_, renamed(find_tensor(tensors_, name), alias), reader);
      names.emplace_back(std::move(alias), std::move(name));
    }
    for (const auto& [alias, name] : names) {
      const TensorView* const scale = find(name + "_scale");
      if (scale != nullptr && find(alias + "_scale") == nullptr)
        add(tensors_, renamed(*scale, alias + "_scale"), reader);
    }
  }
  if (!reader.at_end()) {
    refuse(ErrorCode::kCorrupt, file_name, reader.offset(),
           fmt::format("expected the end of the file, got {} more bytes", reader.remaining()));
  }
}

std::shared_ptr<const CTranslate2File> CTranslate2File::open(const std::filesystem::path& path) {
  MappedFile file(path);
  const std::span<const std::byte> bytes = file.bytes();
  return std::shared_ptr<const CTranslate2File>(
      new CTranslate2File(std::move(file), bytes, repair_utf8(path.filename().string())));
}

std::shared_ptr<const CTranslate2File> CTranslate2File::parse(std::span<const std::byte> bytes,
                                                              std::string_view file_name) {
  return std::shared_ptr<const CTranslate2File>(new CTranslate2File(std::nullopt, bytes, file_name));
}

const TensorView* CTranslate2File::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &*found;
}

std::optional<std::int64_t> CTranslate2File::number(std::string_view name) const {
  const TensorView* const tensor = find(name);
  if (tensor == nullptr) return std::nullopt;
  if (element_count(*tensor) != 1)
    refuse(ErrorCode::kCorrupt, file_name_, 0,
           fmt::format("{}: expected one number, got {}", printable(name), shape_text(tensor->shape)));
  float value = 0;
  to_f32(*tensor, {&value, 1});
  if (!(std::abs(value) <= 1e6F) || value != std::floor(value))
    refuse(ErrorCode::kCorrupt, file_name_, 0,
           fmt::format("{}: expected a whole number up to 1000000, got {}", printable(name), value));
  return static_cast<std::int64_t>(value);
}

}  // namespace voxlate::model_file
