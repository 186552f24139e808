#include "whisper/net_torch/torch_network.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model_file/whisper_file.h"
#include "nn/compute.h"
#include "nn_torch/torch_form.h"
#include "nn_torch/torch_guard.h"
#include "nn_torch/torch_session.h"
#include "whisper/net/log_mel.h"
#include "whisper/net/weights.h"
#include "whisper/net_torch/torch_encoder.h"
#include "whisper/net_torch/torch_weights.h"

namespace voxlate::whisper {
namespace {

using nn::on_host;
using nn::values_of;
using nn::with_torch;

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
      const at::Tensor encoded = encoder_.encode(input.to(form_));
      const std::vector<std::int64_t> lengths(windows.size(), encoded.size(1));
      return decoder_.remember(encoded.flatten(0, 1), lengths);
    });
  }

  std::unique_ptr<DecoderSession> new_session() const override { return std::make_unique<nn::TorchSession>(decoder_); }

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
        decoder_(weights.decoder()),
        size_bytes_(weights.size_bytes()),
        description_(fmt::format("{} weights, {}", file.weight_type(), nn::name_of(form_))) {}

  std::vector<float> probabilities(const at::Tensor& logits, std::span<const int> tokens) const;

  nn::Compute& compute_;
  const at::TensorOptions form_;
  const Shape shape_;
  const std::vector<std::string> vocabulary_;
  const LogMel log_mel_;
  const TorchEncoder encoder_;
  const nn::TorchDecoder decoder_;
  const std::size_t size_bytes_;
  const std::string description_;
};

CrossAttention TorchNetwork::cross_attention(std::shared_ptr<const EncodedAudio> audio, std::span<const int> tokens,
                                             std::span<const AttentionHead> heads, int frames) const {
  const auto window = std::static_pointer_cast<const nn::TorchSource>(std::move(audio));
  frames = std::min(frames, shape_.n_audio_ctx);
  CrossAttention result{
      .tokens = static_cast<int>(tokens.size()), .frames = frames, .scores = {}, .probabilities = {0}};
  const std::size_t cells = tokens.size() * static_cast<std::size_t>(frames);
  result.scores.resize(heads.size() * cells);
  const nn::TorchDecoder::Observer observe = [&](int layer, const at::Tensor& queries) {
    for (std::size_t i = 0; i < heads.size(); ++i) {
      if (heads[i].layer != layer) continue;
      const at::Tensor scores = on_host(decoder_.scores(*window, heads[i], queries, frames));
      std::ranges::copy(values_of(scores), result.scores.begin() + static_cast<std::ptrdiff_t>(i * cells));
    }
  };
  nn::TorchSession session(decoder_);
  const DecoderSession::Input input{.sequence = session.open(window), .tokens = tokens};
  with_torch([&] {
    const at::Tensor hidden = session.run({&input, 1}, observe);
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
                                        .gather(1, nn::indices(next, form_).view({count, 1}))
                                        .exp());
  std::vector<float> result(values_of(chosen).begin(), values_of(chosen).end());
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (tokens[i + 1] >= ordinary) result[i] = 0;
  }
  return result;
}

}  // namespace

std::shared_ptr<const Network> load_torch_network(const std::filesystem::path& path, const Device& device,
                                                  ComputeType type, nn::Compute& compute) {
  const auto file = model_file::WhisperFile::open(path);
  return with_torch([&] { return std::make_shared<const TorchNetwork>(*file, nn::form_of(device, type), compute); });
}

}  // namespace voxlate::whisper
