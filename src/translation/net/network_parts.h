#pragma once

#include <optional>
#include <vector>

#include "nn/decoder_session.h"
#include "nn/layer_norm.h"
#include "nn/linear_part.h"
#include "nn/matrix.h"
#include "nn/transformer.h"

namespace voxlate::translation {

class NetworkReader;

/// The parts of a network out of its file, known to fit together: what networks are made of, wherever they compute.
/// Weights are read when they are asked for.
struct NetworkParts {
  struct SelfAttention {
    nn::LayerNorm norm;
    std::vector<nn::LinearPart> query_key_value;  ///< the queries scaled for the attention
    nn::LinearPart out;
  };

  struct CrossAttention {
    nn::LayerNorm norm;
    nn::LinearPart query;  ///< scaled
    std::vector<nn::LinearPart> key_value;
    nn::LinearPart out;
  };

  struct FeedForward {
    nn::LayerNorm norm;
    nn::LinearPart in;
    nn::LinearPart out;
  };

  struct EncoderLayer {
    SelfAttention self;
    FeedForward feed_forward;
  };

  struct DecoderLayer {
    SelfAttention self;
    CrossAttention cross;
    FeedForward feed_forward;
  };

  /// As `nn::TokenEmbedding`, but for the table.
  struct Embedding {
    float scale = 1;
    nn::Matrix positions;  ///< [context, state]
    std::optional<nn::LayerNorm> norm;
    bool starts_from_zero = false;
  };

  template <typename Layer>
  struct Stack {
    nn::TransformerKind kind;
    Embedding embedding;
    std::vector<Layer> layers;
    std::optional<nn::LayerNorm> norm;  ///< behind the last layer
  };

  Stack<EncoderLayer> encoder;
  Stack<DecoderLayer> decoder;

  nn::LinearPart projection;                       ///< [target's vocabulary, state]
  std::optional<nn::LinearPart> target_embedding;  ///< none: it is the projection
  std::optional<nn::LinearPart> source_embedding;  ///< none: it is the target's

  std::vector<nn::AttentionHead> alignment_heads;  ///< of the decoder
};

/// Throws what the reader throws, and `kCorrupt` where the parts do not fit together. The parts refer to the reader's
/// file, as its own do.
NetworkParts read_network_parts(const NetworkReader& reader);

}  // namespace voxlate::translation
