#include "translation/net/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "nn/compute.h"
#include "nn/linear_part.h"
#include "nn/token_decoder.h"
#include "nn/transformer.h"
#include "translation/net/network_parts.h"
#include "translation/net/network_reader.h"

namespace voxlate::translation {
namespace {

/// Packs the parts of one network.
class Packer {
 public:
  Packer(const NetworkParts& parts, const nn::Kernels& kernels, ComputeType type)
      : parts_(parts), kernels_(kernels), type_(type) {}

  std::shared_ptr<const nn::Linear> table(const nn::LinearPart& part) const {
    return std::make_shared<const nn::Linear>(joined({&part, 1}));
  }

  nn::TransformerEncoder encoder() const {
    std::vector<nn::EncoderLayer> layers;
    for (const NetworkParts::EncoderLayer& layer : parts_.encoder.layers)
      layers.push_back({.self = self_attention(layer.self), .feed_forward = feed_forward(layer.feed_forward)});
    return {parts_.encoder.kind, std::move(layers), parts_.encoder.norm};
  }

  nn::TransformerDecoder decoder() const {
    std::vector<nn::DecoderLayer> layers;
    for (const NetworkParts::DecoderLayer& layer : parts_.decoder.layers) {
      layers.push_back({.self = self_attention(layer.self),
                        .cross = cross_attention(layer.cross),
                        .feed_forward = feed_forward(layer.feed_forward)});
    }
    return {parts_.decoder.kind, std::move(layers), parts_.decoder.norm};
  }

 private:
  nn::Linear joined(std::span<const nn::LinearPart> parts) const { return nn::join(kernels_, parts, type_); }

  nn::SelfAttention self_attention(const NetworkParts::SelfAttention& part) const {
    return {.norm = part.norm, .query_key_value = joined(part.query_key_value), .out = joined({&part.out, 1})};
  }

  nn::CrossAttention cross_attention(const NetworkParts::CrossAttention& part) const {
    return {.norm = part.norm,
            .query = joined({&part.query, 1}),
            .key_value = joined(part.key_value),
            .out = joined({&part.out, 1})};
  }

  nn::FeedForward feed_forward(const NetworkParts::FeedForward& part) const {
    return {.norm = part.norm, .in = joined({&part.in, 1}), .out = joined({&part.out, 1})};
  }

  const NetworkParts& parts_;
  const nn::Kernels& kernels_;
  const ComputeType type_;
};

nn::TokenEmbedding embedding_of(const NetworkParts::Embedding& part, std::shared_ptr<const nn::Linear> table) {
  return {.table = std::move(table),
          .scale = part.scale,
          .positions = part.positions,
          .norm = part.norm,
          .starts_from_zero = part.starts_from_zero};
}

struct Tables {
  std::shared_ptr<const nn::Linear> source;
  std::shared_ptr<const nn::Linear> target;
  std::shared_ptr<const nn::Linear> projection;
};

/// Those that are one in the file are one in memory.
Tables read_tables(const NetworkParts& parts, const Packer& packer) {
  Tables tables;
  tables.projection = packer.table(parts.projection);
  tables.target = parts.target_embedding ? packer.table(*parts.target_embedding) : tables.projection;
  tables.source = parts.source_embedding ? packer.table(*parts.source_embedding) : tables.target;
  return tables;
}

class LoadedNetwork final : public Network {
 public:
  LoadedNetwork(const NetworkReader& reader, nn::Compute& compute, ComputeType type)
      : LoadedNetwork(read_network_parts(reader), compute, type) {
    description_ = fmt::format("{} weights, {}, {}", reader.weight_type(), to_string(type), compute.kernels().name);
  }

  const Shape& shape() const override { return shape_; }
  std::string description() const override { return description_; }

  std::size_t size_bytes() const override {
    return encoder_.size_bytes() + decoder_.size_bytes() + (own_source_table_ ? source_.table->size_bytes() : 0);
  }

  std::size_t sentence_bytes(int source_tokens, int target_tokens, int sequences) const override {
    return decoder_.stack().source_bytes(source_tokens) +
           static_cast<std::size_t>(sequences) * decoder_.stack().sequence_bytes(target_tokens);
  }

  std::vector<std::shared_ptr<const nn::EncodedSource>> encode(
      std::span<const std::span<const int>> sentences) const override {
    if (sentences.empty()) return {};
    std::vector<int> lengths;
    for (const std::span<const int> sentence : sentences) lengths.push_back(static_cast<int>(sentence.size()));
    const nn::Matrix x(std::accumulate(lengths.begin(), lengths.end(), 0), source_.state());
    int row = 0;
    for (const std::span<const int> sentence : sentences) {
      source_.write(compute_.kernels(), sentence, 0, x, row);
      row += static_cast<int>(sentence.size());
    }
    source_.finish(compute_, x);
    encoder_.run(compute_, x, lengths);
    const auto encoded = decoder_.remember(compute_, x, lengths);
    return {encoded.begin(), encoded.end()};
  }

  std::unique_ptr<nn::DecoderSession> new_session() const override {
    return std::make_unique<nn::TokenDecoderSession>(compute_, decoder_);
  }

  std::vector<std::vector<nn::Candidate>> best_tokens(std::span<const float> logits, std::size_t rows,
                                                      std::size_t count) const override {
    return nn::best_tokens(compute_, logits, rows, count);
  }

  std::vector<int> attended(std::shared_ptr<const nn::EncodedSource> source,
                            std::span<const int> tokens) const override;

 private:
  LoadedNetwork(const NetworkParts& parts, nn::Compute& compute, ComputeType type)
      : LoadedNetwork(parts, compute, Packer(parts, compute.kernels(), type)) {}

  LoadedNetwork(const NetworkParts& parts, nn::Compute& compute, const Packer& packer)
      : LoadedNetwork(parts, compute, packer, read_tables(parts, packer)) {}

  LoadedNetwork(const NetworkParts& parts, nn::Compute& compute, const Packer& packer, Tables tables)
      : compute_(compute),
        own_source_table_(tables.source != tables.target),
        source_(embedding_of(parts.encoder.embedding, std::move(tables.source))),
        encoder_(packer.encoder()),
        decoder_(embedding_of(parts.decoder.embedding, std::move(tables.target)), packer.decoder(),
                 std::move(tables.projection)),
        alignment_heads_(parts.alignment_heads),
        shape_{.source_vocabulary = source_.vocabulary(),
               .target_vocabulary = decoder_.vocabulary(),
               .source_context = source_.context(),
               .target_context = decoder_.context()} {}

  nn::Compute& compute_;
  const bool own_source_table_;
  const nn::TokenEmbedding source_;
  const nn::TransformerEncoder encoder_;
  const nn::TokenDecoder decoder_;
  const std::vector<nn::AttentionHead> alignment_heads_;
  const Shape shape_;
  std::string description_;
};

std::vector<int> LoadedNetwork::attended(std::shared_ptr<const nn::EncodedSource> source,
                                         std::span<const int> tokens) const {
  auto memory = std::static_pointer_cast<const nn::SourceKeyValues>(std::move(source));
  const int keys = memory->length();
  const std::vector<nn::AttentionHead>& heads = alignment_heads_;
  const nn::Matrix scores = decoder_.observe(compute_, std::move(memory), tokens, heads, keys).scores;
  const auto count = static_cast<int>(tokens.size());
  std::vector<int> places;
  std::vector<float> shares(static_cast<std::size_t>(keys));
  for (int token = 0; token < count; ++token) {
    std::fill(shares.begin(), shares.end(), 0.0F);
    for (int head = 0; head < static_cast<int>(heads.size()); ++head) {
      float* const row = scores.row(head * count + token);
      const float total = compute_.kernels().exponentials(row, keys);
      for (std::size_t key = 0; key < shares.size(); ++key) shares[key] += row[key] / total;
    }
    places.push_back(static_cast<int>(std::max_element(shares.begin(), shares.end()) - shares.begin()));
  }
  return places;
}

}  // namespace

std::shared_ptr<const Network> Network::build(const NetworkReader& reader, nn::Compute& compute, ComputeType type) {
  if (type == ComputeType::kAuto)
    type = reader.weight_type().starts_with("int") ? ComputeType::kInt8 : ComputeType::kFloat32;
  return std::make_shared<const LoadedNetwork>(reader, compute, type);
}

}  // namespace voxlate::translation
