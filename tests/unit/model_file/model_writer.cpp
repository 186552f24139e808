#include "tests/unit/model_file/model_writer.h"

#include <cmath>
#include <cstring>

namespace voxlate::model_file {
namespace {

template <typename Number>
std::string raw(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

std::string i32(std::int64_t value) { return raw(static_cast<std::int32_t>(value)); }

/// Weights from -1 to 1 in steps of 1/8, which f16 and f32 both hold; different from tensor to tensor.
std::string made_up_weights(std::int64_t count, std::int32_t type, unsigned seed) {
  std::string bytes;
  for (std::int64_t i = 0; i < count; ++i) {
    const int eighths = static_cast<int>((static_cast<std::uint64_t>(i) * 7 + seed) % 17) - 8;
    const float weight = static_cast<float>(eighths) / 8;
    if (type == 0) {
      bytes += raw(weight);
      continue;
    }
    std::uint32_t bits = 0;
    std::memcpy(&bits, &weight, sizeof bits);
    const std::uint32_t sign = (bits >> 16U) & 0x8000U;
    const std::uint32_t magnitude = eighths == 0 ? 0 : ((bits & 0x7fffffffU) >> 13U) - (112U << 10U);
    bytes += raw(static_cast<std::uint16_t>(sign | magnitude));
  }
  return bytes;
}

WrittenTensor make_tensor(std::string name, std::vector<std::int64_t> shape, bool in_f16, unsigned seed) {
  const std::int32_t type = in_f16 ? 1 : 0;
  const std::int64_t count = *element_count(shape);
  return {.name = std::move(name), .type = type, .shape = std::move(shape), .data = made_up_weights(count, type, seed)};
}

}  // namespace

WhisperDims small_dims() {
  return {.n_vocab = 1616,
          .n_audio_ctx = 8,
          .n_audio_state = 8,
          .n_audio_head = 1,
          .n_audio_layer = 1,
          .n_text_ctx = 8,
          .n_text_state = 8,
          .n_text_head = 1,
          .n_text_layer = 1,
          .n_mels = 80};
}

WrittenWhisper make_whisper(const WhisperDims& dims) {
  WrittenWhisper model{.dims = dims, .vocabulary = {"!", "\"", " a", "", "\xe5\x9c", "word", "\xff", " b"}};
  unsigned seed = 0;
  for (ExpectedTensor& expected : whisper_tensors(dims)) {
    const bool is_conv_bias = expected.name == "encoder.conv1.bias" || expected.name == "encoder.conv2.bias";
    const bool is_position = expected.name.ends_with("positional_embedding");
    const bool in_f16 = expected.shape.size() >= 2 && !is_position;
    if (is_conv_bias) expected.shape.push_back(1);
    model.tensors.push_back(make_tensor(std::move(expected.name), std::move(expected.shape), in_f16, seed++));
  }
  return model;
}

std::string write_table(std::span<const WrittenTensor> tensors) {
  std::string bytes;
  for (const WrittenTensor& tensor : tensors) {
    bytes += i32(static_cast<std::int64_t>(tensor.shape.size())) + i32(static_cast<std::int64_t>(tensor.name.size())) +
             i32(tensor.type);
    for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) bytes += i32(*extent);
    bytes += tensor.name + tensor.data;
  }
  return bytes;
}

std::string write_ggml(const WrittenWhisper& model) {
  std::string bytes = "lmgg";
  for (const WhisperDimBounds& field : whisper_dim_bounds()) bytes += i32(model.dims.*field.member);
  bytes += i32(model.file_type);
  bytes += i32(model.filters.empty() ? 0 : model.dims.n_mels) + i32(model.filters.empty() ? 0 : 201);
  for (const float weight : model.filters) bytes += raw(weight);
  bytes += i32(static_cast<std::int64_t>(model.vocabulary.size()));
  for (const std::string& token : model.vocabulary) bytes += i32(static_cast<std::int64_t>(token.size())) + token;
  return bytes + write_table(model.tensors);
}

std::string write_safetensors(std::string_view header, std::string_view data) {
  return raw(std::uint64_t{header.size()}) + std::string(header) + std::string(data);
}

std::string write_safetensors(std::span<const WrittenTensor> tensors) {
  std::string header = R"({"__metadata__":{"format":"pt"})";
  std::string data;
  for (const WrittenTensor& tensor : tensors) {
    std::string shape;
    for (const std::int64_t extent : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(extent);
    header += ",\"" + tensor.name + R"(":{"dtype":")" + (tensor.type == 0 ? "F32" : "F16") + R"(","shape":[)" + shape +
              R"(],"data_offsets":[)" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + tensor.data.size()) + "]}";
    data += tensor.data;
  }
  return write_safetensors(header + "}  ", data);
}

std::string write_silero_ggml() {
  std::string bytes = "lmgg" + i32(10) + "silero-16k";
  for (const int field : {6, 2, 0, 512, 64, 4, 129, 128, 3, 128, 64, 3, 64, 64, 3, 64, 128, 3, 128, 128, 128, 1})
    bytes += i32(field);
  const std::string encoder = "_model.encoder.";
  const std::string decoder = "_model.decoder.";
  const std::vector<WrittenTensor> tensors = {
      make_tensor(encoder + "0.reparam_conv.weight", {128, 129, 3}, /*in_f16=*/true, 0),
      make_tensor(encoder + "0.reparam_conv.bias", {128}, /*in_f16=*/false, 1),
      make_tensor(encoder + "1.reparam_conv.weight", {64, 128, 3}, /*in_f16=*/true, 2),
      make_tensor(encoder + "1.reparam_conv.bias", {64}, /*in_f16=*/false, 3),
      make_tensor(encoder + "2.reparam_conv.weight", {64, 64, 3}, /*in_f16=*/true, 4),
      make_tensor(encoder + "2.reparam_conv.bias", {64}, /*in_f16=*/false, 5),
      make_tensor(encoder + "3.reparam_conv.weight", {128, 64, 3}, /*in_f16=*/true, 6),
      make_tensor(encoder + "3.reparam_conv.bias", {128}, /*in_f16=*/false, 7),
      make_tensor(decoder + "rnn.weight_ih", {512, 128}, /*in_f16=*/false, 8),
      make_tensor(decoder + "rnn.weight_hh", {512, 128}, /*in_f16=*/false, 9),
      make_tensor(decoder + "rnn.bias_ih", {512}, /*in_f16=*/false, 10),
      make_tensor(decoder + "rnn.bias_hh", {512}, /*in_f16=*/false, 11),
      make_tensor(decoder + "decoder.2.weight", {128}, /*in_f16=*/true, 12),
      make_tensor(decoder + "decoder.2.bias", {}, /*in_f16=*/false, 13),
      make_tensor("_model.stft.forward_basis_buffer", {258, 1, 256}, /*in_f16=*/true, 14)};
  return bytes + write_table(tensors);
}

std::vector<WrittenTensor> silero_safetensors_tensors() {
  return {make_tensor("stft_conv.weight", {258, 1, 256}, /*in_f16=*/false, 14),
          make_tensor("conv1.weight", {128, 129, 3}, /*in_f16=*/false, 0),
          make_tensor("conv1.bias", {128}, /*in_f16=*/false, 1),
          make_tensor("conv2.weight", {64, 128, 3}, /*in_f16=*/false, 2),
          make_tensor("conv2.bias", {64}, /*in_f16=*/false, 3),
          make_tensor("conv3.weight", {64, 64, 3}, /*in_f16=*/false, 4),
          make_tensor("conv3.bias", {64}, /*in_f16=*/false, 5),
          make_tensor("conv4.weight", {128, 64, 3}, /*in_f16=*/false, 6),
          make_tensor("conv4.bias", {128}, /*in_f16=*/false, 7),
          make_tensor("lstm_cell.weight_ih", {512, 128}, /*in_f16=*/false, 8),
          make_tensor("lstm_cell.weight_hh", {512, 128}, /*in_f16=*/false, 9),
          make_tensor("lstm_cell.bias_ih", {512}, /*in_f16=*/false, 10),
          make_tensor("lstm_cell.bias_hh", {512}, /*in_f16=*/false, 11),
          make_tensor("final_conv.weight", {1, 128, 1}, /*in_f16=*/false, 12),
          make_tensor("final_conv.bias", {1}, /*in_f16=*/false, 13)};
}

std::vector<float> read_all(const TensorView& tensor) {
  std::vector<float> weights(static_cast<std::size_t>(element_count(tensor)));
  to_f32(tensor, weights);
  return weights;
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string with_i32(std::string bytes, std::size_t offset, std::int64_t value) {
  return bytes.replace(offset, 4, i32(value));
}

}  // namespace voxlate::model_file
