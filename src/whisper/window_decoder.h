#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "whisper/decoding_options.h"
#include "whisper/net/network.h"
#include "whisper/search.h"
#include "whisper/timestamp_rules.h"
#include "whisper/tokenizer.h"

namespace voxlate::whisper {

/// Why a text may not be what was said.
enum class Doubt {
  kNone,
  kLoop,        ///< it repeated itself at every temperature; the repetitions are cut off
  kNoSpeech,    ///< probably nothing was said; the text is left out
  kLowLogprob,  ///< improbable at every temperature
};

constexpr std::string_view to_string(Doubt doubt) {
  switch (doubt) {
    case Doubt::kNone: return "";
    case Doubt::kLoop: return "loop";
    case Doubt::kNoSpeech: return "no_speech";
    case Doubt::kLowLogprob: return "low_logprob";
  }
  return "";
}

/// What was decoded from one window.
struct DecodedWindow {
  std::vector<int> tokens;      ///< text and timestamps, without prompt and end
  std::vector<float> logprobs;  ///< of each token
  double average_logprob = 0;
  double compression_ratio = 0;
  double no_speech_probability = 0;
  float temperature = 0;
  Doubt doubt = Doubt::kNone;
};

/// Decodes one window: prompt, search, and the next temperature when the result is not good enough
/// (`decode_with_fallback` of OpenAI's transcribe.py). It says which tokens it wants to be run and takes the logits
/// of what follows, so that many windows can share the steps of one session; the steps themselves are its user's.
/// A repetition is noticed while it goes on, and ends the attempt at once.
class WindowDecoder {
 public:
  struct Prompt {
    std::vector<int> context;  ///< what was said before; the last `n_text_ctx / 2 - 1` of it are used
  };

  /// All references outlive the decoder.
  WindowDecoder(const Network& network, const Tokenizer& tokenizer, DecoderSession& session,
                const DecodingOptions& options, std::shared_ptr<const EncodedAudio> audio, const Prompt& prompt);
  ~WindowDecoder();
  WindowDecoder(const WindowDecoder&) = delete;
  WindowDecoder& operator=(const WindowDecoder&) = delete;

  bool finished() const { return stage_ == Stage::kFinished; }

  /// Adds what it wants to be run next: at least one input while not finished. The tokens live until `accept`.
  void request(std::vector<DecoderSession::Input>& inputs);

  /// The logits of those inputs, [inputs, n_vocab]; they are written over.
  void accept(std::span<float> logits);

  /// Only when finished.
  const DecodedWindow& result() const { return result_; }

 private:
  enum class Stage { kStart, kPrompt, kSearch, kFinished };

  std::vector<int> start_tokens() const;
  void accept_start(std::span<float> logits);
  void begin_attempt();
  void advance(std::span<float> logits);
  void mask(std::span<float> logits, std::span<const int> sampled) const;
  void end_attempt();
  void cut_loop();
  std::vector<int> text_of(std::span<const int> tokens) const;

  const Network& network_;
  const Tokenizer& tokenizer_;
  DecoderSession& session_;
  const DecodingOptions options_;
  const TimestampRules rules_;
  const std::vector<int> suppressed_;
  const std::vector<int> blank_;

  Stage stage_ = Stage::kStart;
  std::vector<int> before_;  ///< of the prompt: up to the start of the transcript, whose logits tell of speech
  std::vector<int> after_;   ///< the rest of the prompt
  int root_;                 ///< the sequence with the prompt
  std::vector<float> first_logits_;
  std::size_t attempt_ = 0;
  std::unique_ptr<Search> search_;
  bool looped_ = false;
  DecodedWindow result_;
};

/// How many of `tokens` are left when a text that repeats itself at its end is cut after its first time; nothing
/// when it does not: a unit of up to 32 tokens, at least four times and 20 tokens long.
std::optional<std::size_t> find_loop(std::span<const int> tokens);

}  // namespace voxlate::whisper
