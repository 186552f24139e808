#include "tests/unit/whisper/scripted_network.h"

#include <algorithm>
#include <cmath>
#include <limits>

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
                                 std::vector<std::string> vocabulary, Hearing hearing)
    : shape_{.n_vocab = tokenizer.n_vocab(),
             .n_audio_ctx = 1500,
             .n_text_ctx = n_text_ctx,
             .n_text_layer = 1,
             .n_text_head = 1,
             .n_mels = 80},
      no_timestamps_(tokenizer.no_timestamps()),
      script_(std::move(script)),
      hearing_(std::move(hearing)),
      vocabulary_(std::move(vocabulary)) {}

ScriptedNetwork::~ScriptedNetwork() = default;

std::vector<std::shared_ptr<const EncodedAudio>> ScriptedNetwork::encode(std::span<const WindowAudio> windows) const {
  const auto nothing = std::make_shared<const EncodedAudio>();
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
  const auto before_text =
      static_cast<std::size_t>(std::find(tokens.begin(), tokens.end(), no_timestamps_) - tokens.begin());
  const std::span<const int> text = tokens.subspan(before_text + 1, tokens.size() - before_text - 2);
  std::vector<std::pair<double, double>> heard;
  if (hearing_) {
    heard = hearing_(text);
  } else {
    const double length = static_cast<double>(frames - 1) / kFramesPerSecond / static_cast<double>(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
      heard.emplace_back(static_cast<double>(i) * length, static_cast<double>(i + 1) * length);
  }
  heard.emplace_back(std::min(heard.back().second, static_cast<double>(frames - 1) / kFramesPerSecond), 30);  // the end
  // The row of a token tells where the next one is heard.
  for (std::size_t row = 0; row < heads.size() * heard.size(); ++row) {
    const auto [begin, end] = heard[row % heard.size()];
    float* scores = attention.scores.data() + (row / heard.size() * tokens.size() + before_text + row % heard.size()) *
                                                  static_cast<std::size_t>(frames);
    const int first = std::min(frames, static_cast<int>(begin * kFramesPerSecond));
    std::fill(scores + first, scores + std::clamp(static_cast<int>(end * kFramesPerSecond), first, frames), 10.0F);
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
