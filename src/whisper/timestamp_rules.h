#pragma once

#include <optional>
#include <span>

namespace voxlate::whisper {

/// The rules that keep sampled timestamps in order, with the ids of the vocabulary they work on.
/// Source: OpenAI's whisper, `decoding.py` (SuppressBlank, SuppressTokens, ApplyTimestampRules, in this order).
struct TimestampRules {
  int eot = 0;  ///< ordinary tokens are below
  int no_timestamps = 0;
  int timestamp_begin = 0;                        ///< this and all after it are timestamps, 20 ms apart
  std::optional<int> max_initial_timestamp = 50;  ///< index of the latest first timestamp; none: any
};

/// Masks (minus infinity) what must not come next. `logits` are those of one position [n_vocab], `sampled` what was
/// sampled so far, without the prompt:
/// - the first token is a timestamp, not above `max_initial_timestamp`;
/// - timestamps come in pairs, except right before the end;
/// - they do not decrease, and a segment is never empty;
/// - where all timestamps together are more probable than any one other token, only timestamps stay.
/// Does not allocate. Where nothing is left, all logits are minus infinity.
void apply_timestamp_rules(std::span<float> logits, std::span<const int> sampled, const TimestampRules& rules);

/// Masks `tokens`, each within `logits`.
void suppress_tokens(std::span<float> logits, std::span<const int> tokens);

/// Masks `tokens` (`Tokenizer::blank_tokens()`) when nothing is sampled yet.
void suppress_blank(std::span<float> logits, std::span<const int> sampled, std::span<const int> tokens);

}  // namespace voxlate::whisper
