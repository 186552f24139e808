// A Silero model as whisper.cpp keeps it, all integers i32, all little-endian:
//
//   file    := "lmgg" length type version window context layers layer{layers} lstm final table
//   type    := "silero-16k"
//   version := major minor patch
//   layer   := input_channels output_channels kernel
//   lstm    := input_size hidden_size
//   final   := input_channels output_channels
//   table   := see ggml_tensors.cpp

#include "model_file/silero_file.h"

#include <array>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "model_file/byte_reader.h"
#include "model_file/format_error.h"
#include "model_file/ggml_tensors.h"
#include "model_file/model_format.h"
#include "model_file/safetensors_file.h"

namespace voxlate::model_file {
namespace {

struct SileroTensor {
  std::string ggml_name;
  std::string safetensors_name;
  std::vector<std::int64_t> shape;
};

struct Convolution {
  int inputs;
  int outputs;
};

constexpr int kTaps = 3;
constexpr std::array<Convolution, 4> kEncoder = {{{129, 128}, {128, 64}, {64, 64}, {64, 128}}};
constexpr int kHidden = 128;
constexpr int kGates = 4;

std::vector<SileroTensor> silero_tensors() {
  std::vector<SileroTensor> list;
  list.push_back({"_model.stft.forward_basis_buffer", "stft_conv.weight", {258, 1, 256}});
  for (std::size_t i = 0; i < kEncoder.size(); ++i) {
    const std::string ggml = "_model.encoder." + std::to_string(i) + ".reparam_conv";
    const std::string safetensors = "conv" + std::to_string(i + 1);
    list.push_back({ggml + ".weight", safetensors + ".weight", {kEncoder[i].outputs, kEncoder[i].inputs, kTaps}});
    list.push_back({ggml + ".bias", safetensors + ".bias", {kEncoder[i].outputs}});
  }
  for (const std::string side : {"ih", "hh"}) {
    list.push_back({"_model.decoder.rnn.weight_" + side, "lstm_cell.weight_" + side, {kGates * kHidden, kHidden}});
    list.push_back({"_model.decoder.rnn.bias_" + side, "lstm_cell.bias_" + side, {kGates * kHidden}});
  }
  list.push_back({"_model.decoder.decoder.2.weight", "final_conv.weight", {1, kHidden, 1}});
  list.push_back({"_model.decoder.decoder.2.bias", "final_conv.bias", {1}});
  return list;
}

void check_header(ByteReader& reader) {
  constexpr std::string_view kType = "silero-16k";
  constexpr int kMaxTypeBytes = 64;
  constexpr int kMaxVersion = 1000;
  reader.take(kGgmlMagic.size(), "magic");
  const std::int32_t type_bytes = reader.i32_within("length of the model type", 1, kMaxTypeBytes);
  const std::uint64_t type_offset = reader.offset();
  const std::string_view type = reader.text(static_cast<std::uint64_t>(type_bytes), "model type");
  if (type != kType) {
    refuse(ErrorCode::kUnsupported, reader.file_name(), type_offset,
           "model type: expected " + std::string(kType) + ", got " + printable(type));
  }
  for (int i = 0; i < 3; ++i) reader.i32_within("version", 0, kMaxVersion);
  reader.i32_within("window", 512, 512);
  reader.i32_within("context", 64, 64);
  reader.i32_within("number of encoder layers", kEncoder.size(), kEncoder.size());
  for (const Convolution& layer : kEncoder) {
    reader.i32_within("input channels of an encoder layer", layer.inputs, layer.inputs);
    reader.i32_within("output channels of an encoder layer", layer.outputs, layer.outputs);
    reader.i32_within("kernel of an encoder layer", kTaps, kTaps);
  }
  reader.i32_within("input size of the LSTM", kHidden, kHidden);
  reader.i32_within("hidden size of the LSTM", kHidden, kHidden);
  reader.i32_within("input channels of the last layer", kHidden, kHidden);
  reader.i32_within("output channels of the last layer", 1, 1);
}

TensorSet read_ggml(std::span<const std::byte> bytes, std::string_view file_name) {
  ByteReader reader(bytes, file_name);
  check_header(reader);
  std::vector<ExpectedTensor> expected;
  for (SileroTensor& tensor : silero_tensors())
    expected.push_back({std::move(tensor.ggml_name), std::move(tensor.shape)});
  return read_ggml_tensors(reader, expected);
}

TensorSet read_safetensors(std::span<const std::byte> bytes, std::string_view file_name) {
  const SafetensorsFile file = SafetensorsFile::parse(bytes, std::string(file_name));
  TensorSet tensors;
  for (const SileroTensor& expected : silero_tensors()) {
    TensorView tensor = file.tensor(expected.safetensors_name);
    adopt_shape(tensor, {expected.safetensors_name, expected.shape}, file_name, file.offset_of(tensor));
    tensor.name = expected.ggml_name;
    tensors.insert(std::move(tensor));
  }
  return tensors;
}

TensorSet read_tensors(std::span<const std::byte> bytes, std::string_view file_name) {
  switch (recognise_format(bytes, file_name)) {
    case ModelFormat::kGgml: return read_ggml(bytes, file_name);
    case ModelFormat::kSafetensors: return read_safetensors(bytes, file_name);
  }
  throw Error(ErrorCode::kInternal, "unknown model format");
}

}  // namespace

SileroFile::SileroFile(std::optional<MappedFile> file, TensorSet tensors)
    : file_(std::move(file)), tensors_(std::move(tensors)) {}

std::shared_ptr<const SileroFile> SileroFile::open(const std::filesystem::path& path) {
  MappedFile file(path);
  TensorSet tensors = read_tensors(file.bytes(), repair_utf8(path.filename().string()));
  return std::make_shared<const SileroFile>(SileroFile(std::move(file), std::move(tensors)));
}

std::shared_ptr<const SileroFile> SileroFile::parse(std::span<const std::byte> bytes, std::string_view file_name) {
  return std::make_shared<const SileroFile>(SileroFile(std::nullopt, read_tensors(bytes, file_name)));
}

}  // namespace voxlate::model_file
