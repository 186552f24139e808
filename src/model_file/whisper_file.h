#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model_file/mapped_file.h"
#include "model_file/tensor_set.h"
#include "model_file/whisper_dims.h"
#include "model_file/whisper_parts.h"

namespace voxlate::model_file {

/// A Whisper model in a file: whisper.cpp's ggml format, or safetensors with OpenAI's tensor names and the vocabulary
/// (`gpt2.tiktoken` or `multilingual.tiktoken`) beside it. Which one is told by the content.
///
/// What holds after `open`: the dims pass check_whisper_dims, every tensor of such a network is there in its exact
/// shape and inside the file; a ggml file holds nothing else (safetensors may: it is not looked at). Weights are not
/// looked at: they may be anything, NaN too. Opening reads only headers, so it takes milliseconds, and less than 64 MiB
/// of memory whatever they say. Immutable, so shared by threads; its tensors live as long as it does.
class WhisperFile {
 public:
  /// Throws `kCorrupt`, and `kUnsupported` for a format or type that is known but not read, both with the file's name,
  /// the byte offset, and what was expected and got; `kNotFound` (also for the vocabulary of a safetensors file);
  /// `kInvalidInput` for a folder or a device.
  static std::shared_ptr<const WhisperFile> open(const std::filesystem::path& path);

  /// The same over bytes that outlive the object; a safetensors file then has an empty vocabulary.
  static std::shared_ptr<const WhisperFile> parse(std::span<const std::byte> bytes, std::string_view file_name);

  const WhisperDims& dims() const { return parts_.dims; }

  /// The bytes of the tokens, id = index; not always whole UTF-8 characters, some files have an empty one. The special
  /// tokens behind the ordinary ones are not in it, except those that a ggml file itself lists: English ones mostly
  /// have "<|endoftext|>" at 50256. At least one, at most n_vocab.
  std::span<const std::string> vocabulary() const { return parts_.vocabulary; }

  /// The filter bank [n_mels, 201] of a ggml file, finite; empty when the file has none.
  std::span<const float> mel_filters() const { return parts_.mel_filters; }

  /// The tensor of OpenAI's name ("encoder.conv1.weight"); conv biases are [n]. Throws `kCorrupt` for any other name.
  const TensorView& tensor(std::string_view name) const { return find_tensor(parts_.tensors, name); }

  /// All of them, in the order of their names.
  const TensorSet& tensors() const { return parts_.tensors; }

  /// What most weights are stored as: "f16", "q5_1" …
  std::string_view weight_type() const;

 private:
  WhisperFile(std::optional<MappedFile> file, WhisperParts parts);

  std::optional<MappedFile> file_;
  WhisperParts parts_;
};

}  // namespace voxlate::model_file
