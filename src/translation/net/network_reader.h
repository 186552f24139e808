#pragma once

#include <optional>
#include <string>

#include "nn/layer_norm.h"
#include "nn/linear_part.h"
#include "nn/matrix.h"
#include "nn/transformer.h"

namespace voxlate::translation {

enum class Side { kEncoder, kDecoder };

enum class Sublayer { kSelfAttention, kCrossAttention, kFeedForward };

/// A linear layer of a sublayer: the first four of attention, `kIn` and `kOut` of the feed-forward network.
enum class Projection { kQuery, kKey, kValue, kOut, kIn };

struct Place {
  Side side = Side::kEncoder;
  int layer = 0;
  Sublayer sublayer = Sublayer::kSelfAttention;
};

/// What one half of a network is like.
struct SideFacts {
  int layers = 0;
  nn::TransformerKind kind;
  float embedding_scale = 1;
  nn::Matrix positions;           ///< [context, state]
  bool starts_from_zero = false;  ///< as in `nn::TokenEmbedding`
  /// The heads of the decoder that were taught, or found, to look at the word that is being translated.
  int alignment_layer = -1;  ///< from the end where negative
  int alignment_heads = 0;   ///< the first ones; 0: all
};

/// The file of an encoder-decoder network, whatever its family calls its tensors. What it gives refers to the file,
/// which outlives it. All functions throw `kCorrupt` for what is missing or of the wrong shape and `kUnsupported` for
/// what our networks do not have, naming it.
class NetworkReader {
 public:
  virtual ~NetworkReader() = default;

  virtual SideFacts facts(Side side) const = 0;
  virtual nn::LinearPart part(const Place& place, Projection projection) const = 0;
  virtual nn::LayerNorm norm(const Place& place) const = 0;

  /// Of the embedded tokens, and of what the last layer gives; none where the family has none.
  virtual std::optional<nn::LayerNorm> embedding_norm(Side side) const = 0;
  virtual std::optional<nn::LayerNorm> last_norm(Side side) const = 0;

  /// [vocabulary, state], without bias.
  virtual nn::LinearPart embedding(Side side) const = 0;
  /// [vocabulary, state]: from the decoder's states to the logits.
  virtual nn::LinearPart projection() const = 0;

  /// Which of these tables are one.
  virtual bool embeddings_are_one() const = 0;
  virtual bool projection_is_embedding() const = 0;

  /// "int8", "float32" …: how the weights are stored.
  virtual std::string weight_type() const = 0;
};

/// Sines in the left half and cosines in the right half of [positions, state]: row i is of position `first + i`, and
/// its element j of frequency 10000^(-j / steps), as all families have them, with different `steps`.
nn::Matrix sinusoids(int positions, int state, int first, double steps);

}  // namespace voxlate::translation
