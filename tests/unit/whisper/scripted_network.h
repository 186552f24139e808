#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "whisper/net/network.h"
#include "whisper/tokenizer.h"

namespace voxlate::whisper {

/// A network whose logits are what a function of all tokens of a sequence says. Its cross-attention is what another one
/// says about a text; without, the words of a text are heard one after the other, each for the same time.
class ScriptedNetwork final : public Network {
 public:
  /// Writes the logits of what follows `tokens`; all are -10 before.
  using Script = std::function<void(std::span<const int> tokens, std::span<float> logits)>;

  /// When each token of a text is heard, in seconds.
  using Hearing = std::function<std::vector<std::pair<double, double>>(std::span<const int> text)>;

  ScriptedNetwork(const Tokenizer& tokenizer, Script script, int n_text_ctx = 448,
                  std::vector<std::string> vocabulary = {}, Hearing hearing = {});
  ~ScriptedNetwork() override;

  const Shape& shape() const override { return shape_; }
  std::span<const std::string> vocabulary() const override { return vocabulary_; }
  std::size_t size_bytes() const override { return 0; }
  std::size_t window_bytes(int /*sequences*/) const override { return 0; }
  std::string description() const override { return "scripted"; }
  std::vector<std::shared_ptr<const EncodedAudio>> encode(std::span<const WindowAudio> windows) const override;
  std::unique_ptr<DecoderSession> new_session() const override;
  CrossAttention cross_attention(std::shared_ptr<const EncodedAudio> audio, std::span<const int> tokens,
                                 std::span<const AttentionHead> heads, int frames) const override;
  float log_sum_exp(std::span<const float> x) const override;

  /// Sequences that were opened or forked and not closed, over all sessions.
  int open_sequences() const { return *open_; }

  /// Tokens that were run so far.
  int tokens_run() const { return *tokens_run_; }

 private:
  const Shape shape_;
  const int no_timestamps_;
  const Script script_;
  const Hearing hearing_;
  const std::vector<std::string> vocabulary_;
  const std::shared_ptr<int> open_ = std::make_shared<int>(0);
  const std::shared_ptr<int> tokens_run_ = std::make_shared<int>(0);
};

}  // namespace voxlate::whisper
