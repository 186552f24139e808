#include "translation/net/network_parts.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>

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

/// Takes the parts of one network, all of which have to be of one width.
class PartsReader {
 public:
  PartsReader(const NetworkReader& reader, int state) : reader_(reader), state_(state) {}

  NetworkParts::Stack<NetworkParts::EncoderLayer> encoder() const {
    auto stack = empty_stack<NetworkParts::EncoderLayer>(Side::kEncoder);
    for (int layer = 0; layer < reader_.facts(Side::kEncoder).layers; ++layer) {
      stack.layers.push_back({.self = self_attention({Side::kEncoder, layer}, stack.kind.heads),
                              .feed_forward = feed_forward({Side::kEncoder, layer, Sublayer::kFeedForward})});
    }
    return stack;
  }

  NetworkParts::Stack<NetworkParts::DecoderLayer> decoder() const {
    auto stack = empty_stack<NetworkParts::DecoderLayer>(Side::kDecoder);
    for (int layer = 0; layer < reader_.facts(Side::kDecoder).layers; ++layer) {
      stack.layers.push_back(
          {.self = self_attention({Side::kDecoder, layer}, stack.kind.heads),
           .cross = cross_attention({Side::kDecoder, layer, Sublayer::kCrossAttention}, stack.kind.heads),
           .feed_forward = feed_forward({Side::kDecoder, layer, Sublayer::kFeedForward})});
    }
    return stack;
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
  template <typename Layer>
  NetworkParts::Stack<Layer> empty_stack(Side side) const {
    SideFacts facts = reader_.facts(side);
    const std::string name = side == Side::kEncoder ? "encoder" : "decoder";
    require(facts.positions.columns() == state_, "width of the positions", state_, facts.positions.columns());
    require(facts.positions.rows() > 1, "positions, at least", 2, facts.positions.rows());
    require(facts.layers > 0, "layers of the " + name + ", at least", 1, facts.layers);
    if (facts.kind.heads < 1 || state_ % facts.kind.heads != 0 || state_ / facts.kind.heads > kWidestHead)
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("heads of the {}: expected a divisor of {}, each at most {} wide, got {}", name, state_,
                              kWidestHead, facts.kind.heads));
    return {.kind = facts.kind,
            .embedding = {.scale = facts.embedding_scale,
                          .positions = facts.positions,
                          .norm = checked(reader_.embedding_norm(side), "normalisation of the embedding"),
                          .starts_from_zero = facts.starts_from_zero},
            .layers = {},
            .norm = checked(reader_.last_norm(side), "last normalisation")};
  }

  nn::LinearPart part(const Place& place, Projection projection, int outputs, int inputs) const {
    nn::LinearPart part = reader_.part(place, projection);
    require(outputs == 0 || part.shape.outputs == outputs, name_of(place) + ": outputs", outputs, part.shape.outputs);
    require(part.shape.inputs == inputs, name_of(place) + ": inputs", inputs, part.shape.inputs);
    return part;
  }

  nn::LinearPart square(const Place& place, Projection projection) const {
    return part(place, projection, state_, state_);
  }

  nn::LinearPart scaled_query(const Place& place, int heads) const {
    nn::LinearPart query = square(place, Projection::kQuery);
    const int head_width = state_ / heads;
    query.scale = 1 / std::sqrt(static_cast<float>(head_width));
    return query;
  }

  nn::LayerNorm norm(const Place& place) const { return *checked(reader_.norm(place), name_of(place)); }

  std::optional<nn::LayerNorm> checked(std::optional<nn::LayerNorm> norm, const std::string& what) const {
    if (!norm) return norm;
    for (const auto* values : {&norm->scale, &norm->shift}) {
      const auto size = static_cast<int>(values->size());
      require(size == state_, what + ": numbers of a normalisation", state_, size);
    }
    return norm;
  }

  NetworkParts::SelfAttention self_attention(const Place& place, int heads) const {
    return {.norm = norm(place),
            .query_key_value = {scaled_query(place, heads), square(place, Projection::kKey),
                                square(place, Projection::kValue)},
            .out = square(place, Projection::kOut)};
  }

  NetworkParts::CrossAttention cross_attention(const Place& place, int heads) const {
    return {.norm = norm(place),
            .query = scaled_query(place, heads),
            .key_value = {square(place, Projection::kKey), square(place, Projection::kValue)},
            .out = square(place, Projection::kOut)};
  }

  NetworkParts::FeedForward feed_forward(const Place& place) const {
    nn::LinearPart in = part(place, Projection::kIn, 0, state_);
    nn::LinearPart out = part(place, Projection::kOut, state_, in.shape.outputs);
    return {.norm = norm(place), .in = std::move(in), .out = std::move(out)};
  }

  static constexpr int kWidestHead = 256;

  const NetworkReader& reader_;
  const int state_;
};

}  // namespace

NetworkParts read_network_parts(const NetworkReader& reader) {
  nn::LinearPart projection = reader.projection();
  const int state = projection.shape.inputs;
  std::optional<nn::LinearPart> target;
  if (!reader.projection_is_embedding()) {
    target = reader.embedding(Side::kDecoder);
    require(target->shape.inputs == state, "width of the target's embedding", state, target->shape.inputs);
    require(target->shape.outputs == projection.shape.outputs, "tokens of the target's embedding",
            projection.shape.outputs, target->shape.outputs);
  }
  std::optional<nn::LinearPart> source;
  if (!reader.embeddings_are_one()) {
    source = reader.embedding(Side::kEncoder);
    require(source->shape.inputs == state, "width of the source's embedding", state, source->shape.inputs);
  }
  const PartsReader parts(reader, state);
  return {.encoder = parts.encoder(),
          .decoder = parts.decoder(),
          .projection = std::move(projection),
          .target_embedding = std::move(target),
          .source_embedding = std::move(source),
          .alignment_heads = parts.alignment_heads()};
}

}  // namespace voxlate::translation
