#include "model_file/whisper_file.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/utf8.h"
#include "model_file/format_error.h"
#include "model_file/model_format.h"
#include "model_file/tiktoken.h"

namespace voxlate::model_file {
namespace {

WhisperParts read_parts(std::span<const std::byte> bytes, std::string_view file_name) {
  switch (recognise_format(bytes, file_name)) {
    case ModelFormat::kGgml: return read_whisper_ggml(bytes, file_name);
    case ModelFormat::kSafetensors: return read_whisper_safetensors(bytes, file_name);
  }
  throw Error(ErrorCode::kInternal, "unknown model format");
}

/// The vocabulary that belongs to a safetensors model of that many tokens, from the folder it is in.
std::vector<std::string> read_vocabulary(const std::filesystem::path& folder, int n_vocab, std::string_view file_name) {
  constexpr int kEnglish = 51864;
  constexpr std::uint64_t kMaxBytes = std::uint64_t{4} << 20U;
  if (n_vocab < kEnglish) {
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: n_vocab: expected {} or more in a safetensors file, got {}",
                                                     file_name, kEnglish, n_vocab));
  }
  const std::string name = n_vocab == kEnglish ? "gpt2.tiktoken" : "multilingual.tiktoken";
  std::error_code error;
  if (!std::filesystem::exists(folder / name, error)) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("{}: expected its vocabulary {} beside it, found none", file_name, name));
  }
  auto vocabulary = parse_tiktoken(read_file(folder / name, kMaxBytes), name);
  if (vocabulary.size() + kMinSpecialTokens > static_cast<std::size_t>(n_vocab)) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected at most {} tokens, got {}", name,
                                                 n_vocab - kMinSpecialTokens, vocabulary.size()));
  }
  return vocabulary;
}

}  // namespace

WhisperFile::WhisperFile(std::optional<MappedFile> file, WhisperParts parts)
    : file_(std::move(file)), parts_(std::move(parts)) {}

std::shared_ptr<const WhisperFile> WhisperFile::open(const std::filesystem::path& path) {
  const std::string file_name = repair_utf8(path.filename().string());
  MappedFile file(path);
  WhisperParts parts = read_parts(file.bytes(), file_name);
  if (parts.vocabulary.empty()) parts.vocabulary = read_vocabulary(path.parent_path(), parts.dims.n_vocab, file_name);
  return std::make_shared<const WhisperFile>(WhisperFile(std::move(file), std::move(parts)));
}

std::shared_ptr<const WhisperFile> WhisperFile::parse(std::span<const std::byte> bytes, std::string_view file_name) {
  return std::make_shared<const WhisperFile>(WhisperFile(std::nullopt, read_parts(bytes, file_name)));
}

std::string_view WhisperFile::weight_type() const { return to_string(tensor("encoder.blocks.0.mlp.0.weight").type); }

}  // namespace voxlate::model_file
