#include "whisper/window_decoder.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "whisper/compression.h"

namespace voxlate::whisper {
namespace {

std::vector<int> suppressed_tokens(const Tokenizer& tokenizer, const DecodingOptions& options) {
  std::vector<int> tokens = tokenizer.suppressed_special_tokens();
  if (options.suppress_non_speech) {
    const std::vector<int> more = tokenizer.non_speech_tokens();
    tokens.insert(tokens.end(), more.begin(), more.end());
  }
  return tokens;
}

TimestampRules rules_of(const Tokenizer& tokenizer) {
  return {.eot = tokenizer.eot(),
          .no_timestamps = tokenizer.no_timestamps(),
          .timestamp_begin = tokenizer.timestamp_begin()};
}

/// The texts of a search often share their start; a loop in the best one is what counts.
const Hypothesis& most_probable(std::span<const Hypothesis> hypotheses) {
  return *std::max_element(hypotheses.begin(), hypotheses.end(),
                           [](const Hypothesis& a, const Hypothesis& b) { return a.sum < b.sum; });
}

}  // namespace

std::optional<std::size_t> find_loop(std::span<const int> tokens) {
  constexpr std::size_t kLongestUnit = 32;
  constexpr std::size_t kLeastTimes = 4;
  constexpr std::size_t kLeastTokens = 20;
  for (std::size_t unit = 1; unit <= kLongestUnit; ++unit) {
    if (tokens.size() < std::max(unit * kLeastTimes, kLeastTokens)) continue;
    std::size_t repeated = 0;  // tokens at the end that are those of a unit before
    while (repeated + unit < tokens.size() &&
           tokens[tokens.size() - 1 - repeated] == tokens[tokens.size() - 1 - repeated - unit]) {
      ++repeated;
    }
    if (repeated + unit >= std::max(unit * kLeastTimes, kLeastTokens)) return tokens.size() - repeated;
  }
  return std::nullopt;
}

WindowDecoder::WindowDecoder(const Network& network, const Tokenizer& tokenizer, DecoderSession& session,
                             const DecodingOptions& options, std::shared_ptr<const EncodedAudio> audio,
                             const Prompt& prompt)
    : network_(network),
      tokenizer_(tokenizer),
      session_(session),
      options_(options),
      rules_(rules_of(tokenizer)),
      suppressed_(suppressed_tokens(tokenizer, options)),
      blank_(tokenizer.blank_tokens()),
      root_(session.open(std::move(audio))) {
  if (!prompt.context.empty()) {
    const auto most = static_cast<std::size_t>(network.shape().n_text_ctx / 2 - 1);
    const std::size_t used = std::min(prompt.context.size(), most);
    before_.push_back(tokenizer.start_of_previous());
    before_.insert(before_.end(), prompt.context.end() - static_cast<std::ptrdiff_t>(used), prompt.context.end());
  }
  before_.push_back(tokenizer.sot());
  after_ = start_tokens();
}

WindowDecoder::~WindowDecoder() { session_.close(root_); }

std::vector<int> WindowDecoder::start_tokens() const {
  std::vector<int> tokens;
  if (tokenizer_.is_multilingual()) {
    tokens.push_back(tokenizer_.language_token(options_.language));
    tokens.push_back(options_.task == Task::kTranslate ? tokenizer_.translate() : tokenizer_.transcribe());
  }
  if (!options_.timestamps) tokens.push_back(tokenizer_.no_timestamps());
  return tokens;
}

void WindowDecoder::request(std::vector<DecoderSession::Input>& inputs) {
  switch (stage_) {
    case Stage::kStart: inputs.push_back({.sequence = root_, .tokens = before_}); break;
    case Stage::kPrompt: inputs.push_back({.sequence = root_, .tokens = after_}); break;
    case Stage::kSearch:
      for (const Hypothesis& hypothesis : search_->live()) {
        inputs.push_back({.sequence = hypothesis.sequence, .tokens = {&hypothesis.tokens.back(), 1}});
      }
      break;
    case Stage::kFinished: break;
  }
}

void WindowDecoder::accept(std::span<float> logits) {
  switch (stage_) {
    case Stage::kStart: accept_start(logits); break;
    case Stage::kPrompt:
      first_logits_.assign(logits.begin(), logits.end());
      begin_attempt();
      break;
    case Stage::kSearch: advance(logits); break;
    case Stage::kFinished: break;
  }
}

void WindowDecoder::accept_start(std::span<float> logits) {
  const float no_speech = logits[static_cast<std::size_t>(tokenizer_.no_speech())];
  result_.no_speech_probability = std::exp(no_speech - network_.log_sum_exp(logits));
  stage_ = Stage::kPrompt;
  if (after_.empty()) accept(logits);
}

void WindowDecoder::begin_attempt() {
  const float temperature = options_.temperatures[attempt_];
  const Search::Setting setting{
      .network = network_,
      .session = session_,
      .eot = tokenizer_.eot(),
      .max_tokens = std::min(network_.shape().n_text_ctx / 2, network_.shape().n_text_ctx - session_.length(root_))};
  if (temperature == 0 && options_.beam_size > 1) {
    search_ = make_beam_search(setting, root_, options_.beam_size, options_.patience);
  } else {
    search_ =
        make_sampling(setting, root_, temperature == 0 ? 1 : options_.best_of, temperature, options_.seed + attempt_);
  }
  looped_ = false;
  stage_ = Stage::kSearch;
  std::vector<float> logits;
  for (std::size_t i = 0; i < search_->live().size(); ++i) {
    logits.insert(logits.end(), first_logits_.begin(), first_logits_.end());
  }
  advance(logits);
}

void WindowDecoder::advance(std::span<float> logits) {
  const auto vocabulary = static_cast<std::size_t>(network_.shape().n_vocab);
  std::vector<std::span<const float>> rows;
  for (const Hypothesis& hypothesis : search_->live()) {
    const std::span<float> row = logits.subspan(rows.size() * vocabulary, vocabulary);
    mask(row, hypothesis.tokens);
    rows.emplace_back(row);
  }
  search_->advance(rows);
  if (!search_->finished()) {
    looped_ = find_loop(text_of(most_probable(search_->live()).tokens)).has_value();
    if (!looped_) return;
  }
  end_attempt();
}

void WindowDecoder::mask(std::span<float> logits, std::span<const int> sampled) const {
  suppress_blank(logits, sampled, blank_);
  suppress_tokens(logits, suppressed_);
  if (options_.timestamps) {
    apply_timestamp_rules(logits, sampled, rules_);
  } else {
    std::fill(logits.begin() + tokenizer_.no_timestamps(), logits.end(), -INFINITY);
  }
}

void WindowDecoder::end_attempt() {
  Hypothesis best = looped_ ? most_probable(search_->live()) : search_->best(options_);
  search_.reset();
  result_.temperature = options_.temperatures[attempt_];
  result_.average_logprob = best.sum / static_cast<double>(best.tokens.size() + 1);
  result_.compression_ratio = compression_ratio(tokenizer_.decode(best.tokens));
  result_.tokens = std::move(best.tokens);
  result_.logprobs = std::move(best.logprobs);

  const bool repeats = looped_ || result_.compression_ratio > options_.max_compression_ratio;
  const bool improbable = result_.average_logprob < options_.min_average_logprob;
  const bool silent = result_.no_speech_probability > options_.max_no_speech && improbable;
  if ((repeats || improbable) && !silent && ++attempt_ < options_.temperatures.size()) return begin_attempt();
  result_.doubt = silent ? Doubt::kNoSpeech : repeats ? Doubt::kLoop : improbable ? Doubt::kLowLogprob : Doubt::kNone;
  if (repeats) cut_loop();
  stage_ = Stage::kFinished;
}

/// Keeps the first time of what is repeated, and the timestamp behind it.
void WindowDecoder::cut_loop() {
  const std::optional<std::size_t> text_left = find_loop(text_of(result_.tokens));
  if (!text_left) return;
  std::size_t text = 0;
  std::size_t kept = 0;
  while (text < *text_left) {
    if (result_.tokens[kept++] < tokenizer_.eot()) ++text;
  }
  const auto rest = result_.tokens.begin() + static_cast<std::ptrdiff_t>(kept);
  const auto time = std::find_if(rest, result_.tokens.end(), [&](int token) { return tokenizer_.is_timestamp(token); });
  if (time != result_.tokens.end()) {
    result_.logprobs[kept] = result_.logprobs[static_cast<std::size_t>(time - result_.tokens.begin())];
    *rest = *time;
    ++kept;
  }
  result_.tokens.resize(kept);
  result_.logprobs.resize(kept);
}

std::vector<int> WindowDecoder::text_of(std::span<const int> tokens) const {
  std::vector<int> text;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(text),
               [&](int token) { return token < tokenizer_.eot(); });
  return text;
}

}  // namespace voxlate::whisper
