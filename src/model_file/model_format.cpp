#include "model_file/model_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "model_file/format_error.h"

namespace voxlate::model_file {
namespace {

struct ForeignFormat {
  std::size_t offset;
  std::string_view magic;
  std::string_view name;
};

constexpr std::array kForeignFormats = {
    ForeignFormat{0, "GGUF", "a GGUF file"},
    ForeignFormat{0, "tjgg", "a ggjt file"},
    ForeignFormat{0, "fmgg", "a ggmf file"},
    ForeignFormat{0, "PK\x03\x04", "a zip file, such as PyTorch writes"},
    ForeignFormat{0, "\x80\x02", "a Python pickle, such as PyTorch writes"},
    ForeignFormat{6, "WhisperSpec", "a CTranslate2 model"},
};

// Where the JSON header of a safetensors file begins, behind its length.
constexpr std::size_t kJsonOffset = 8;

}  // namespace

ModelFormat recognise_format(std::span<const std::byte> bytes, std::string_view file_name) {
  constexpr std::size_t kLookBytes = 32;
  const std::string_view begin(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLookBytes));
  constexpr std::string_view kExpected = "expected a ggml or safetensors model, got ";
  if (begin.starts_with(kGgmlMagic)) return ModelFormat::kGgml;
  for (const ForeignFormat& format : kForeignFormats) {
    if (begin.size() > format.offset && begin.substr(format.offset).starts_with(format.magic))
      refuse(ErrorCode::kUnsupported, file_name, format.offset, std::string(kExpected) + std::string(format.name));
  }
  if (begin.size() > kJsonOffset && begin[kJsonOffset] == '{') return ModelFormat::kSafetensors;
  std::string shown = begin.empty() ? "an empty file" : "bytes";
  for (const char byte : begin.substr(0, kJsonOffset))
    shown += fmt::format(" {:02x}", static_cast<unsigned char>(byte));
  refuse(ErrorCode::kCorrupt, file_name, 0, std::string(kExpected) + shown);
}

}  // namespace voxlate::model_file
