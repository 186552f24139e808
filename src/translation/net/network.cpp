#include "translation/net/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <utility>

#include "nn/compute.h"
#include "nn/linear_part.h"
#include "nn/token_decoder.h"
#include "nn/transformer.h"
#include "translation/net/network_reader.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

std::string name_of(const Place& place) {
  constexpr std::array kSides = {"encoder", "decoder"};
  constexpr std::array kSublayers = {"self-attention", "cross-attention", "feed-forward network"};
  return fmt::format("{} layer {}, {}", kSides.at(static_cast<std::size_t>(place.side)), place.layer,
                     kSublayers.at(static_cast<std::size_t>(place.sublayer)));
}

void require(bool holds, const std::string& what, int expected, int got) {
  if (!holds) throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected {}, got {}", what, expected, got));
}

/// Makes the parts of one network, all of which have to be of one width.
class NetworkBuilder {
 public:
  NetworkBuilder(const NetworkReader& reader, const nn::Kernels& kernels, ComputeType type)
      : reader_(reader), kernels_(kernels), type_(type) {}

  std::shared_ptr<const nn::Linear> table(nn::LinearPart part) const {
    return std::make_shared<const nn::Linear>(nn::join(kernels_, {&part, 1}, type_));
  }

  nn::TokenEmbedding embedding(Side side, std::shared_ptr<const nn::Linear> table) const {
    const SideFacts facts = reader_.facts(side);
    const int state = table->inputs();
    require(facts.positions.columns() == state, "width of the positions", state, facts.positions.columns());
    require(facts.positions.rows() > 1, "positions, at least", 2, facts.positions.rows());
    std::optional<nn::LayerNorm> norm = reader_.embedding_norm(side);
    if (norm) check(*norm, state, "normalisation of the embedding");
    return {.table = std::move(table),
            .scale = facts.embedding_scale,
            .positions = facts.positions,
            .norm = std::move(norm),
            .starts_from_zero = facts.starts_from_zero};
  }

  nn::TransformerEncoder encoder(int state) const {
    const SideFacts facts = checked_facts(Side::kEncoder, state);
    std::vector<nn::EncoderLayer> layers;
    for (int layer = 0; layer < facts.layers; ++layer) {
      const Place attention{Side::kEncoder, layer, Sublayer::kSelfAttention};
      const Place network{Side::kEncoder, layer, Sublayer::kFeedForward};
      layers.push_back(
          {.self = self_attention(attention, state, facts.kind.heads), .feed_forward = feed_forward(network, state)});
    }
    return {facts.kind, std::move(layers), last_norm(Side::kEncoder, state)};
  }

  nn::TransformerDecoder decoder(int state) const {
    const SideFacts facts = checked_facts(Side::kDecoder, state);
    std::vector<nn::DecoderLayer> layers;
    for (int layer = 0; layer < facts.layers; ++layer) {
      const Place self{Side::kDecoder, layer, Sublayer::kSelfAttention};
      const Place cross{Side::kDecoder, layer, Sublayer::kCrossAttention};
      const Place network{Side::kDecoder, layer, Sublayer::kFeedForward};
      layers.push_back({.self = self_attention(self, state, facts.kind.heads),
                        .cross = cross_attention(cross, state, facts.kind.heads),
                        .feed_forward = feed_forward(network, state)});
    }
    return {facts.kind, std::move(layers), last_norm(Side::kDecoder, state)};
  }

  std::vector<nn::AttentionHead> alignment_heads() const {
    const SideFacts facts = reader_.facts(Side::kDecoder);
    const int layer = facts.alignment_layer < 0 ? facts.layers + facts.alignment_layer : facts.alignment_layer;
    const int count = facts.alignment_heads == 0 ? facts.kind.heads : facts.alignment_heads;
    if (layer < 0 || layer >= facts.layers || count < 1 || count > facts.kind.heads)
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("alignment: expected 1 to {} heads of layer 0 to {}, got {} of layer {}",
                              facts.kind.heads, facts.layers - 1, count, layer));
    std::vector<nn::AttentionHead> heads;
    for (int head = 0; head < count; ++head) heads.push_back({.layer = layer, .head = head});
    return heads;
  }

 private:
  SideFacts checked_facts(Side side, int state) const {
    SideFacts facts = reader_.facts(side);
    const std::string name = side == Side::kEncoder ? "encoder" : "decoder";
    require(facts.layers > 0, "layers of the " + name + ", at least", 1, facts.layers);
    if (facts.kind.heads < 1 || state % facts.kind.heads != 0 || state / facts.kind.heads > kWidestHead)
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("heads of the {}: expected a divisor of {}, each at most {} wide, got {}", name, state,
                              kWidestHead, facts.kind.heads));
    return facts;
  }

  nn::LinearPart part(const Place& place, Projection projection, int outputs, int inputs) const {
    nn::LinearPart part = reader_.part(place, projection);
    require(outputs == 0 || part.shape.outputs == outputs, name_of(place) + ": outputs", outputs, part.shape.outputs);
    require(part.shape.inputs == inputs, name_of(place) + ": inputs", inputs, part.shape.inputs);
    return part;
  }

  nn::Linear joined(std::initializer_list<nn::LinearPart> parts) const {
    return nn::join(kernels_, {parts.begin(), parts.size()}, type_);
  }

  nn::LinearPart scaled_query(const Place& place, int state, int heads) const {
    nn::LinearPart query = part(place, Projection::kQuery, state, state);
    const int head_width = state / heads;
    query.scale = 1 / std::sqrt(static_cast<float>(head_width));
    return query;
  }

  nn::LayerNorm norm(const Place& place, int state) const {
    nn::LayerNorm norm = reader_.norm(place);
    check(norm, state, name_of(place));
    return norm;
  }

  std::optional<nn::LayerNorm> last_norm(Side side, int state) const {
    std::optional<nn::LayerNorm> norm = reader_.last_norm(side);
    if (norm) check(*norm, state, "last normalisation");
    return norm;
  }

  static void check(const nn::LayerNorm& norm, int state, const std::string& what) {
    for (const auto* values : {&norm.scale, &norm.shift}) {
      const auto size = static_cast<int>(values->size());
      require(size == state, what + ": numbers of a normalisation", state, size);
    }
  }

  nn::SelfAttention self_attention(const Place& place, int state, int heads) const {
    return {.norm = norm(place, state),
            .query_key_value = joined({scaled_query(place, state, heads), part(place, Projection::kKey, state, state),
                                       part(place, Projection::kValue, state, state)}),
            .out = joined({part(place, Projection::kOut, state, state)})};
  }

  nn::CrossAttention cross_attention(const Place& place, int state, int heads) const {
    return {.norm = norm(place, state),
            .query = joined({scaled_query(place, state, heads)}),
            .key_value =
                joined({part(place, Projection::kKey, state, state), part(place, Projection::kValue, state, state)}),
            .out = joined({part(place, Projection::kOut, state, state)})};
  }

  nn::FeedForward feed_forward(const Place& place, int state) const {
    nn::Linear in = joined({part(place, Projection::kIn, 0, state)});
    nn::Linear out = joined({part(place, Projection::kOut, state, in.outputs())});
    return {.norm = norm(place, state), .in = std::move(in), .out = std::move(out)};
  }

  static constexpr int kWidestHead = 256;

  const NetworkReader& reader_;
  const nn::Kernels& kernels_;
  const ComputeType type_;
};

struct Tables {
  std::shared_ptr<const nn::Linear> source;
  std::shared_ptr<const nn::Linear> target;
  std::shared_ptr<const nn::Linear> projection;
};

/// Those that are one in the file are one in memory.
Tables read_tables(const NetworkReader& reader, const NetworkBuilder& builder) {
  Tables tables;
  tables.projection = builder.table(reader.projection());
  const int state = tables.projection->inputs();
  tables.target =
      reader.projection_is_embedding() ? tables.projection : builder.table(reader.embedding(Side::kDecoder));
  tables.source = reader.embeddings_are_one() ? tables.target : builder.table(reader.embedding(Side::kEncoder));
  require(tables.target->inputs() == state, "width of the target's embedding", state, tables.target->inputs());
  require(tables.source->inputs() == state, "width of the source's embedding", state, tables.source->inputs());
  require(tables.target->outputs() == tables.projection->outputs(), "tokens of the target's embedding",
          tables.projection->outputs(), tables.target->outputs());
  return tables;
}

class LoadedNetwork final : public Network {
 public:
  LoadedNetwork(const NetworkReader& reader, nn::Compute& compute, ComputeType type)
      : LoadedNetwork(compute, NetworkBuilder(reader, compute.kernels(), type), reader) {
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
  LoadedNetwork(nn::Compute& compute, const NetworkBuilder& builder, const NetworkReader& reader)
      : LoadedNetwork(compute, builder, read_tables(reader, builder)) {}

  LoadedNetwork(nn::Compute& compute, const NetworkBuilder& builder, Tables tables)
      : compute_(compute),
        own_source_table_(tables.source != tables.target),
        source_(builder.embedding(Side::kEncoder, std::move(tables.source))),
        encoder_(builder.encoder(source_.state())),
        decoder_(builder.embedding(Side::kDecoder, std::move(tables.target)), builder.decoder(source_.state()),
                 std::move(tables.projection)),
        alignment_heads_(builder.alignment_heads()),
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
