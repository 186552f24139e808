#include "tests/unit/whisper/scripted_network.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "whisper/net/decoder.h"

namespace voxlate::whisper {
namespace {

class ScriptedSession final : public DecoderSession {
 public:
  ScriptedSession(int n_vocab, ScriptedNetwork::Script script, std::shared_ptr<int> open, std::shared_ptr<int> run)
      : n_vocab_(static_cast<std::size_t>(n_vocab)),
        script_(std::move(script)),
        open_(std::move(open)),
        tokens_run_(std::move(run)) {}

  int open(std::shared_ptr<const EncodedAudio> /*audio*/) override { return add({}); }
  int fork(int sequence) override { return add(said_.at(sequence)); }
  void close(int sequence) override { *open_ -= static_cast<int>(said_.erase(sequence)); }
  int length(int sequence) const override { return static_cast<int>(said_.at(sequence).size()); }

  std::span<float> step(std::span<const Input> inputs) override {
    logits_.assign(inputs.size() * n_vocab_, -10.0F);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::vector<int>& said = said_.at(inputs[i].sequence);
      said.insert(said.end(), inputs[i].tokens.begin(), inputs[i].tokens.end());
      *tokens_run_ += static_cast<int>(inputs[i].tokens.size());
      script_(said, std::span(logits_).subspan(i * n_vocab_, n_vocab_));
    }
    return logits_;
  }

 private:
  int add(std::vector<int> said) {
    ++*open_;
    said_.emplace(next_, std::move(said));
    return next_++;
  }

  const std::size_t n_vocab_;
  const ScriptedNetwork::Script script_;
  const std::shared_ptr<int> open_;
  const std::shared_ptr<int> tokens_run_;
  std::map<int, std::vector<int>> said_;
  int next_ = 0;
  std::vector<float> logits_;
};

}  // namespace

ScriptedNetwork::ScriptedNetwork(const Tokenizer& tokenizer, Script script, int n_text_ctx,
                                 std::vector<std::string> vocabulary)
    : shape_{.n_vocab = tokenizer.n_vocab(),
             .n_audio_ctx = 1500,
             .n_text_ctx = n_text_ctx,
             .n_text_layer = 1,
             .n_text_head = 1,
             .n_mels = 80},
      script_(std::move(script)),
      vocabulary_(std::move(vocabulary)) {}

ScriptedNetwork::~ScriptedNetwork() = default;

std::vector<std::shared_ptr<const EncodedAudio>> ScriptedNetwork::encode(std::span<const WindowAudio> windows) const {
  const auto nothing = std::make_shared<const EncodedAudio>(std::vector<nn::KeyValues>());
  return std::vector<std::shared_ptr<const EncodedAudio>>(windows.size(), nothing);
}

std::unique_ptr<DecoderSession> ScriptedNetwork::new_session() const {
  return std::make_unique<ScriptedSession>(shape_.n_vocab, script_, open_, tokens_run_);
}

CrossAttention ScriptedNetwork::cross_attention(std::shared_ptr<const EncodedAudio> /*audio*/,
                                                std::span<const int> tokens, std::span<const AttentionHead> heads,
                                                int frames) const {
  const std::size_t cells = heads.size() * tokens.size() * static_cast<std::size_t>(frames);
  CrossAttention attention{.tokens = static_cast<int>(tokens.size()),
                           .frames = frames,
                           .scores = std::vector<float>(cells),
                           .probabilities = std::vector<float>(tokens.size(), 0.5F)};
  // Tokens are heard one after the other, each for the same time.
  const auto columns = static_cast<std::size_t>(frames);
  for (std::size_t row = 0; row < heads.size() * tokens.size(); ++row) {
    const std::size_t token = row % tokens.size();
    const auto begin = attention.scores.begin() + static_cast<std::ptrdiff_t>(row * columns);
    std::fill(begin + static_cast<std::ptrdiff_t>(token * columns / tokens.size()),
              begin + static_cast<std::ptrdiff_t>((token + 1) * columns / tokens.size()), 10.0F);
  }
  return attention;
}

float ScriptedNetwork::log_sum_exp(std::span<const float> x) const {
  const float largest = *std::max_element(x.begin(), x.end());
  if (largest == -std::numeric_limits<float>::infinity()) return largest;
  double sum = 0;
  for (const float value : x) sum += std::exp(double{value} - largest);
  return largest + static_cast<float>(std::log(sum));
}

}  // namespace voxlate::whisper
