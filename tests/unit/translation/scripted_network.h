#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nn/compute.h"
#include "translation/net/network.h"

namespace voxlate::translation {

/// A network whose logits are what a function of the source and of all tokens of a sequence says.
class ScriptedNetwork final : public Network {
 public:
  /// Writes the logits of what follows `tokens`, the prompt among them; all are -10 before.
  using Script = std::function<void(std::span<const int> source, std::span<const int> tokens, std::span<float> logits)>;

  /// The source's position that is looked at when each token is read.
  using Look = std::function<std::vector<int>(std::span<const int> source, std::span<const int> tokens)>;

  explicit ScriptedNetwork(int vocabulary, Script script, Look look = {});
  ~ScriptedNetwork() override;

  const Shape& shape() const override { return shape_; }
  std::size_t size_bytes() const override { return 0; }
  std::size_t sentence_bytes(int /*source*/, int /*target*/, int /*sequences*/) const override { return 0; }
  std::string description() const override { return "scripted"; }
  std::vector<std::shared_ptr<const nn::EncodedSource>> encode(
      std::span<const std::span<const int>> sentences) const override;
  std::unique_ptr<nn::DecoderSession> new_session() const override;
  std::vector<std::vector<nn::Candidate>> best_tokens(std::span<const float> logits, std::size_t rows,
                                                      std::size_t count) const override;
  std::vector<int> attended(std::shared_ptr<const nn::EncodedSource> source,
                            std::span<const int> tokens) const override;

  /// Called with what is encoded, and with how many sequences take a step, before.
  std::function<void(std::span<const std::span<const int>> sentences)> on_encode;
  std::function<void(std::size_t sequences)> on_step;

  /// Sequences that were opened or forked and not closed, over all sessions.
  int open_sequences() const { return *open_; }

 private:
  const Shape shape_;
  const Script script_;
  const Look look_;
  const std::shared_ptr<int> open_ = std::make_shared<int>(0);
  mutable nn::Compute compute_{1};
};

}  // namespace voxlate::translation
