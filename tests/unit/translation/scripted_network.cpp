#include "tests/unit/translation/scripted_network.h"

#include <map>
#include <utility>

#include "nn/best_tokens.h"

namespace voxlate::translation {
namespace {

struct ScriptedSource final : nn::EncodedSource {
  explicit ScriptedSource(std::span<const int> sentence) : tokens(sentence.begin(), sentence.end()) {}
  const std::vector<int> tokens;
};

const std::vector<int>& tokens_of(const nn::EncodedSource& source) {
  return static_cast<const ScriptedSource&>(source).tokens;
}

class ScriptedSession final : public nn::DecoderSession {
 public:
  ScriptedSession(const ScriptedNetwork& network, ScriptedNetwork::Script script, std::shared_ptr<int> open)
      : network_(network), script_(std::move(script)), open_(std::move(open)) {}

  int open(std::shared_ptr<const nn::EncodedSource> source) override { return add({std::move(source), {}}); }
  int fork(int sequence) override { return add(sequences_.at(sequence)); }
  void close(int sequence) override { *open_ -= static_cast<int>(sequences_.erase(sequence)); }
  int length(int sequence) const override { return static_cast<int>(sequences_.at(sequence).said.size()); }

  std::span<float> step(std::span<const Input> inputs) override {
    if (network_.on_step) network_.on_step(inputs.size());
    const auto vocabulary = static_cast<std::size_t>(network_.shape().target_vocabulary);
    logits_.assign(inputs.size() * vocabulary, -10.0F);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Sequence& sequence = sequences_.at(inputs[i].sequence);
      sequence.said.insert(sequence.said.end(), inputs[i].tokens.begin(), inputs[i].tokens.end());
      script_(tokens_of(*sequence.source), sequence.said, std::span(logits_).subspan(i * vocabulary, vocabulary));
    }
    return logits_;
  }

 private:
  struct Sequence {
    std::shared_ptr<const nn::EncodedSource> source;
    std::vector<int> said;
  };

  int add(Sequence sequence) {
    ++*open_;
    sequences_.emplace(next_, std::move(sequence));
    return next_++;
  }

  const ScriptedNetwork& network_;
  const ScriptedNetwork::Script script_;
  const std::shared_ptr<int> open_;
  std::map<int, Sequence> sequences_;
  int next_ = 0;
  std::vector<float> logits_;
};

}  // namespace

ScriptedNetwork::ScriptedNetwork(int vocabulary, Script script, Look look)
    : shape_{.source_vocabulary = 1000,
             .target_vocabulary = vocabulary,
             .source_context = 1000,
             .target_context = 100'000},
      script_(std::move(script)),
      look_(std::move(look)) {}

ScriptedNetwork::~ScriptedNetwork() = default;

std::vector<std::shared_ptr<const nn::EncodedSource>> ScriptedNetwork::encode(
    std::span<const std::span<const int>> sentences) const {
  if (on_encode) on_encode(sentences);
  std::vector<std::shared_ptr<const nn::EncodedSource>> encoded;
  for (const std::span<const int> sentence : sentences)
    encoded.push_back(std::make_shared<const ScriptedSource>(sentence));
  return encoded;
}

std::unique_ptr<nn::DecoderSession> ScriptedNetwork::new_session() const {
  return std::make_unique<ScriptedSession>(*this, script_, open_);
}

std::vector<std::vector<nn::Candidate>> ScriptedNetwork::best_tokens(std::span<const float> logits, std::size_t rows,
                                                                     std::size_t count) const {
  return nn::best_tokens(compute_, logits, rows, count);
}

std::vector<int> ScriptedNetwork::attended(std::shared_ptr<const nn::EncodedSource> source,
                                           std::span<const int> tokens) const {
  return look_(tokens_of(*source), tokens);
}

}  // namespace voxlate::translation
