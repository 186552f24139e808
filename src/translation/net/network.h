#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nn/best_tokens.h"
#include "nn/decoder_session.h"
#include "voxlate/device.h"

namespace voxlate::nn {
class Compute;
}

namespace voxlate::translation {

class NetworkReader;

/// A translation network with its weights. Immutable, so thread-safe: the calls of several threads take turns at the
/// compute pool.
class Network {
 public:
  struct Shape {
    int source_vocabulary = 0;
    int target_vocabulary = 0;
    int source_context = 0;  ///< tokens of a sentence, at most
    int target_context = 0;  ///< tokens of a translation, the first one included
  };

  /// Takes the weights of a file; `kAuto` is `kInt8` where they are integers, else `kFloat32`. `compute` outlives the
  /// network. Throws what the reader throws, and `kCorrupt` where its parts do not fit together.
  static std::shared_ptr<const Network> build(const NetworkReader& reader, nn::Compute& compute, ComputeType type);

  virtual ~Network() = default;

  virtual const Shape& shape() const = 0;
  virtual std::size_t size_bytes() const = 0;

  /// Main memory that a sentence and so many sequences over it take, all as long as these.
  virtual std::size_t sentence_bytes(int source_tokens, int target_tokens, int sequences) const = 0;

  /// "int8 weights, float32, avx2": for logs and the status.
  virtual std::string description() const = 0;

  /// Sentences of at least one token, within the context. Each is independent of the others.
  virtual std::vector<std::shared_ptr<const nn::EncodedSource>> encode(
      std::span<const std::span<const int>> sentences) const = 0;

  virtual std::unique_ptr<nn::DecoderSession> new_session() const = 0;

  /// As `nn::best_tokens`.
  virtual std::vector<std::vector<nn::Candidate>> best_tokens(std::span<const float> logits, std::size_t rows,
                                                              std::size_t count) const = 0;

  /// Which position of the source the heads for that look at most, in the mean, when each of these tokens is read.
  virtual std::vector<int> attended(std::shared_ptr<const nn::EncodedSource> source,
                                    std::span<const int> tokens) const = 0;
};

/// Makes a network of a file's parts, where and as it is to compute: `Network::build`, or one for another device.
using NetworkBuilder = std::function<std::shared_ptr<const Network>(const NetworkReader& reader)>;

}  // namespace voxlate::translation
