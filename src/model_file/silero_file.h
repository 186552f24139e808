#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "model_file/mapped_file.h"
#include "model_file/tensor_set.h"

namespace voxlate::model_file {

/// The weights of a Silero voice activity detector for 16 kHz, versions 5 and 6: windows of 512 samples behind 64 of
/// context. Reads whisper.cpp's ggml file and the safetensors file of the Silero project; both have the same tensors,
/// here always under the names of the ggml file and in these shapes:
///
///   ggml                                          safetensors               shape
///   _model.stft.forward_basis_buffer              stft_conv.weight          [258, 1, 256]
///   _model.encoder.{0,1,2,3}.reparam_conv.weight  conv{1,2,3,4}.weight      [128, 129, 3] [64, 128, 3] [64, 64, 3]
///   [128, 64, 3] _model.encoder.{0,1,2,3}.reparam_conv.bias    conv{1,2,3,4}.bias        [128] [64] [64] [128]
///   _model.decoder.rnn.weight_ih, weight_hh       lstm_cell.weight_ih, …    [512, 128]
///   _model.decoder.rnn.bias_ih, bias_hh           lstm_cell.bias_ih, …      [512]
///   _model.decoder.decoder.2.weight               final_conv.weight         [1, 128, 1]
///   _model.decoder.decoder.2.bias                 final_conv.bias           [1]
///
/// What holds after `open`, and what it throws, is as with WhisperFile. Immutable, so shared by threads.
class SileroFile {
 public:
  static std::shared_ptr<const SileroFile> open(const std::filesystem::path& path);

  /// The same over bytes that outlive the object; `file_name` is for messages.
  static std::shared_ptr<const SileroFile> parse(std::span<const std::byte> bytes, std::string_view file_name);

  /// The tensor of that ggml name. Throws `kCorrupt` for any other name.
  const TensorView& tensor(std::string_view name) const { return find_tensor(tensors_, name); }
  const TensorSet& tensors() const { return tensors_; }

 private:
  SileroFile(std::optional<MappedFile> file, TensorSet tensors);

  std::optional<MappedFile> file_;
  TensorSet tensors_;
};

}  // namespace voxlate::model_file
