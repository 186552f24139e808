#include "translation/net_torch/torch_network.h"

#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "nn/compute.h"
#include "nn_torch/torch_form.h"
#include "nn_torch/torch_guard.h"
#include "nn_torch/torch_session.h"
#include "translation/net/network_parts.h"
#include "translation/net/network_reader.h"
#include "translation/net_torch/torch_encoder.h"
#include "translation/net_torch/torch_parts.h"

namespace voxlate::translation {
namespace {

using nn::with_torch;

class TorchNetwork final : public Network {
 public:
  TorchNetwork(const NetworkReader& reader, at::TensorOptions form, nn::Compute& compute)
      : TorchNetwork(read_network_parts(reader), TorchParts(form), compute) {
    description_ = fmt::format("{} weights, {}", reader.weight_type(), nn::name_of(form));
  }

  const Shape& shape() const override { return shape_; }
  std::size_t size_bytes() const override { return size_bytes_; }
  std::string description() const override { return description_; }

  std::size_t sentence_bytes(int /*source_tokens*/, int /*target_tokens*/, int /*sequences*/) const override {
    return 0;  // it is in the device's
  }

  std::vector<std::shared_ptr<const nn::EncodedSource>> encode(
      std::span<const std::span<const int>> sentences) const override;

  std::unique_ptr<nn::DecoderSession> new_session() const override {
    return std::make_unique<nn::TorchSession>(decoder_);
  }

  std::vector<std::vector<nn::Candidate>> best_tokens(std::span<const float> logits, std::size_t rows,
                                                      std::size_t count) const override {
    return nn::best_tokens(compute_, logits, rows, count);
  }

  std::vector<int> attended(std::shared_ptr<const nn::EncodedSource> source,
                            std::span<const int> tokens) const override;

 private:
  TorchNetwork(const NetworkParts& parts, TorchParts taken, nn::Compute& compute)
      : TorchNetwork(parts, taken, taken.tables(parts), compute) {}

  TorchNetwork(const NetworkParts& parts, TorchParts& taken, const TorchParts::Tables& tables, nn::Compute& compute)
      : compute_(compute),
        encoder_(taken.encoder(parts, tables)),
        decoder_(taken.decoder(parts, tables)),
        alignment_heads_(parts.alignment_heads),
        shape_{.source_vocabulary = encoder_.vocabulary(),
               .target_vocabulary = parts.projection.shape.outputs,
               .source_context = encoder_.context(),
               .target_context = parts.decoder.embedding.positions.rows()},
        size_bytes_(taken.size_bytes()) {}

  nn::Compute& compute_;
  const TorchEncoder encoder_;
  const nn::TorchDecoder decoder_;
  const std::vector<nn::AttentionHead> alignment_heads_;
  const Shape shape_;
  const std::size_t size_bytes_;
  std::string description_;
};

/// How many of the sentences, from the first on, are encoded in one go: at least one, then as many as keep the scores
/// of a head within this.
std::size_t count_at_once(std::span<const std::span<const int>> sentences) {
  constexpr std::size_t kMostScores = std::size_t{1} << 22;
  std::size_t longest = 0;
  for (std::size_t count = 0; count < sentences.size(); ++count) {
    longest = std::max(longest, sentences[count].size());
    if (count > 0 && (count + 1) * longest * longest > kMostScores) return count;
  }
  return sentences.size();
}

std::vector<std::shared_ptr<const nn::EncodedSource>> TorchNetwork::encode(
    std::span<const std::span<const int>> sentences) const {
  std::vector<std::shared_ptr<const nn::EncodedSource>> all;
  while (!sentences.empty()) {
    const std::span<const std::span<const int>> some = sentences.first(count_at_once(sentences));
    std::vector<std::int64_t> lengths;
    for (const std::span<const int> sentence : some) lengths.push_back(static_cast<std::int64_t>(sentence.size()));
    for (auto& encoded : with_torch([&] { return decoder_.remember(encoder_.encode(some), lengths); }))
      all.push_back(std::move(encoded));
    sentences = sentences.subspan(some.size());
  }
  return all;
}

std::vector<int> TorchNetwork::attended(std::shared_ptr<const nn::EncodedSource> source,
                                        std::span<const int> tokens) const {
  const auto memory = std::static_pointer_cast<const nn::TorchSource>(std::move(source));
  nn::TorchSession session(decoder_);
  const nn::DecoderSession::Input input{.sequence = session.open(memory), .tokens = tokens};
  return with_torch([&] {
    at::Tensor shares =
        at::zeros({static_cast<std::int64_t>(tokens.size()), memory->length()}, decoder_.form().dtype(at::kFloat));
    session.run({&input, 1}, [&](int layer, const at::Tensor& queries) {
      for (const nn::AttentionHead& head : alignment_heads_) {
        if (head.layer == layer) shares.add_(decoder_.scores(*memory, head, queries, memory->length()).softmax(1));
      }
    });
    const at::Tensor places = shares.argmax(1).to(at::kCPU);
    const auto* const first = places.data_ptr<std::int64_t>();
    return std::vector<int>(first, first + places.numel());
  });
}

}  // namespace

std::shared_ptr<const Network> build_torch_network(const NetworkReader& reader, const Device& device, ComputeType type,
                                                   nn::Compute& compute) {
  return with_torch([&] { return std::make_shared<const TorchNetwork>(reader, nn::form_of(device, type), compute); });
}

}  // namespace voxlate::translation
