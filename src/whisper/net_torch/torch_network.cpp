#include "whisper/net_torch/torch_network.h"

#include <ATen/Context.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "model_file/whisper_file.h"
#include "nn/compute.h"
#include "voxlate/error.h"
#include "whisper/net/log_mel.h"
#include "whisper/net/weights.h"
#include "whisper/net_torch/torch_decoder.h"
#include "whisper/net_torch/torch_encoder.h"
#include "whisper/net_torch/torch_guard.h"

namespace voxlate::whisper {
namespace {

at::Tensor on_host(const at::Tensor& tensor) { return tensor.to(at::kCPU).contiguous(); }

std::span<float> values_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

class TorchSession final : public DecoderSession {
 public:
  explicit TorchSession(const TorchDecoder& decoder) : decoder_(decoder), said_(decoder.start()) {}

  int open(std::shared_ptr<const EncodedAudio> audio) override {
    return add({.audio = std::static_pointer_cast<const TorchAudio>(std::move(audio)), .length = 0});
  }

  int fork(int sequence) override {
    const Sequence from = sequence_of(sequence);
    const int copy = add(from);
    with_torch([&] {
      if (from.length > 0) said_.reserve(copy + 1, from.length);
      said_.copy(sequence, copy, from.length);
    });
    return copy;
  }

  /// The number is free for another sequence; without any the memory is too.
  void close(int sequence) override {
    sequences_[static_cast<std::size_t>(sequence)].reset();
    while (!sequences_.empty() && !sequences_.back()) sequences_.pop_back();
    if (sequences_.empty()) said_.clear();
  }

  int length(int sequence) const override { return sequences_.at(static_cast<std::size_t>(sequence)).value().length; }

  std::span<float> step(std::span<const Input> inputs) override {
    std::vector<TorchDecoder::Input> batch;
    std::vector<std::int64_t> last_rows;
    std::int64_t row = -1;
    for (const Input& input : inputs) {
      Sequence& sequence = sequence_of(input.sequence);
      batch.push_back(
          {.audio = sequence.audio.get(), .sequence = input.sequence, .said = sequence.length, .tokens = input.tokens});
      sequence.length += static_cast<int>(input.tokens.size());
      last_rows.push_back(row += static_cast<std::int64_t>(input.tokens.size()));
    }
    return with_torch([&] {
      const at::Tensor hidden = decoder_.run(batch, said_, nullptr);
      logits_ = on_host(decoder_.logits(hidden.index_select(0, decoder_.indices(last_rows))));
      return values_of(logits_);
    });
  }

 private:
  struct Sequence {
    std::shared_ptr<const TorchAudio> audio;
    int length = 0;
  };

  Sequence& sequence_of(int sequence) { return sequences_.at(static_cast<std::size_t>(sequence)).value(); }

  int add(Sequence sequence) {
    auto free = std::find(sequences_.begin(), sequences_.end(), std::nullopt);
    if (free == sequences_.end()) free = sequences_.emplace(free);
    *free = std::move(sequence);
    return static_cast<int>(free - sequences_.begin());
  }

  const TorchDecoder& decoder_;
  std::vector<std::optional<Sequence>> sequences_;  // by number
  TorchSaid said_;
  at::Tensor logits_;
};

class TorchNetwork final : public Network {
 public:
  TorchNetwork(const model_file::WhisperFile& file, at::TensorOptions form, nn::Compute& compute)
      : TorchNetwork(file, compute, TorchWeights(file, form)) {}

  const Shape& shape() const override { return shape_; }
  std::span<const std::string> vocabulary() const override { return vocabulary_; }
  std::size_t size_bytes() const override { return size_bytes_; }
  std::size_t window_bytes(int /*sequences*/) const override { return 0; }  // they are in the device's
  std::string description() const override { return description_; }

  std::vector<std::shared_ptr<const EncodedAudio>> encode(std::span<const WindowAudio> windows) const override {
    if (windows.empty()) return {};
    const auto count = static_cast<int>(windows.size());
    const auto rows = static_cast<int>(encoder_.mel_rows());
    const nn::Matrix mel(count * rows, log_mel_.n_mels());
    for (int window = 0; window < count; ++window) {
      log_mel_.compute(compute_, windows[static_cast<std::size_t>(window)], mel.some_rows(window * rows + 1, rows - 2));
    }
    return with_torch([&] {
      at::Tensor input = at::from_blob(mel.row(0), {count, rows, mel.columns()}, at::kFloat);
      input.select(1, 0).zero_();
      input.select(1, rows - 1).zero_();
      return decoder_.remember(encoder_.encode(input.to(form_)));
    });
  }

  std::unique_ptr<DecoderSession> new_session() const override { return std::make_unique<TorchSession>(decoder_); }

  CrossAttention cross_attention(std::shared_ptr<const EncodedAudio> audio, std::span<const int> tokens,
                                 std::span<const AttentionHead> heads, int frames) const override;

  float log_sum_exp(std::span<const float> x) const override {
    return compute_.kernels().log_sum_exp(x.data(), static_cast<int>(x.size()));
  }

 private:
  TorchNetwork(const model_file::WhisperFile& file, nn::Compute& compute, TorchWeights weights)
      : compute_(compute),
        form_(weights.form()),
        shape_(shape_of(file.dims())),
        vocabulary_(file.vocabulary().begin(), file.vocabulary().end()),
        log_mel_(compute.kernels(), file.dims().n_mels, file.mel_filters()),
        encoder_(weights),
        decoder_(weights),
        size_bytes_(weights.size_bytes()),
        description_(fmt::format("{} weights, {}, libtorch {}", file.weight_type(),
                                 form_.dtype() == at::kHalf ? "float16" : "float32", form_.device().str())) {}

  std::vector<float> probabilities(const at::Tensor& logits, std::span<const int> tokens) const;

  nn::Compute& compute_;
  const at::TensorOptions form_;
  const Shape shape_;
  const std::vector<std::string> vocabulary_;
  const LogMel log_mel_;
  const TorchEncoder encoder_;
  const TorchDecoder decoder_;
  const std::size_t size_bytes_;
  const std::string description_;
};

CrossAttention TorchNetwork::cross_attention(std::shared_ptr<const EncodedAudio> audio, std::span<const int> tokens,
                                             std::span<const AttentionHead> heads, int frames) const {
  const auto window = std::static_pointer_cast<const TorchAudio>(std::move(audio));
  frames = std::min(frames, shape_.n_audio_ctx);
  CrossAttention result{
      .tokens = static_cast<int>(tokens.size()), .frames = frames, .scores = {}, .probabilities = {0}};
  const std::size_t cells = tokens.size() * static_cast<std::size_t>(frames);
  result.scores.resize(heads.size() * cells);
  const TorchDecoder::Observer observe = [&](int layer, const at::Tensor& queries) {
    for (std::size_t i = 0; i < heads.size(); ++i) {
      if (heads[i].layer != layer) continue;
      const at::Tensor keys = window->layer(layer).select(0, 0).select(0, heads[i].head).narrow(0, 0, frames);
      const at::Tensor scores =
          on_host(decoder_.heads_of(queries).select(0, heads[i].head).matmul(keys.t()).to(at::kFloat));
      std::ranges::copy(values_of(scores), result.scores.begin() + static_cast<std::ptrdiff_t>(i * cells));
    }
  };
  with_torch([&] {
    TorchSaid said = decoder_.start();
    const TorchDecoder::Input input{.audio = window.get(), .sequence = 0, .said = 0, .tokens = tokens};
    const at::Tensor hidden = decoder_.run({&input, 1}, said, observe);
    const std::vector<float> probabilities = this->probabilities(decoder_.logits(hidden), tokens);
    result.probabilities.insert(result.probabilities.end(), probabilities.begin(), probabilities.end());
  });
  return result;
}

/// Of each token but the first, among the ordinary ones.
std::vector<float> TorchNetwork::probabilities(const at::Tensor& logits, std::span<const int> tokens) const {
  const auto ordinary = static_cast<std::int64_t>(vocabulary_.size());
  std::vector<std::int64_t> next;
  for (const int token : tokens.subspan(1)) next.push_back(std::min<std::int64_t>(token, ordinary - 1));
  if (next.empty()) return {};
  const auto count = static_cast<std::int64_t>(next.size());
  const at::Tensor chosen = on_host(at::log_softmax(logits.narrow(0, 0, count).narrow(1, 0, ordinary), 1)
                                        .gather(1, decoder_.indices(next).view({count, 1}))
                                        .exp());
  std::vector<float> result(values_of(chosen).begin(), values_of(chosen).end());
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (tokens[i + 1] >= ordinary) result[i] = 0;
  }
  return result;
}

at::Device place_of(const Device& device) {
  if (device.kind == DeviceKind::kCpu) return at::kCPU;
  const int count = cuda_device_count();
  if (device.index >= count) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("device: expected one of {} CUDA devices, got cuda:{}", count, device.index));
  }
  return {at::kCUDA, static_cast<at::DeviceIndex>(device.index)};
}

at::ScalarType element_of(ComputeType type, const at::Device& place) {
  switch (type) {
    case ComputeType::kAuto: return place.is_cuda() ? at::kHalf : at::kFloat;
    case ComputeType::kFloat32: return at::kFloat;
    case ComputeType::kFloat16:
      if (place.is_cuda()) return at::kHalf;
      break;
    case ComputeType::kInt8: break;
  }
  throw Error(ErrorCode::kUnsupported, fmt::format("compute_type: expected auto, float32{}, got {} on {}",
                                                   place.is_cuda() ? " or float16" : "", to_string(type), place.str()));
}

}  // namespace

int cuda_device_count() {
  return with_torch([] { return at::hasCUDA() ? static_cast<int>(at::getNumGPUs()) : 0; });
}

std::shared_ptr<const Network> load_torch_network(const std::filesystem::path& path, const Device& device,
                                                  ComputeType type, nn::Compute& compute) {
  const auto file = model_file::WhisperFile::open(path);
  return with_torch([&] {
    const at::Device place = place_of(device);
    const auto form = at::TensorOptions(place).dtype(element_of(type, place));
    return std::make_shared<const TorchNetwork>(*file, form, compute);
  });
}

}  // namespace voxlate::whisper
