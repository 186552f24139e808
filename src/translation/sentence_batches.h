#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

struct BatchOptions {
  std::size_t max_sentences = 16;
  std::size_t max_characters = 4000;  ///< a longer sentence is a batch of its own
  int tries_of_one = 1;               ///< for a sentence that is alone and still refused
};

/// What a translator said to a batch.
struct BatchAnswer {
  std::vector<std::string> translations;  ///< one a sentence, in order
  std::string refusal;                    ///< not empty: why there are none; a smaller batch may do better
};

/// Translates `sentences` batch by batch, halving a batch that is refused; blank sentences stay as they are and are
/// not sent. Translations come back as one line each. `name` is that of the translator, for messages.
/// Throws `kUnavailable` when a single sentence is refused, `kCancelled`, and what `ask` throws.
std::vector<std::string> translate_in_batches(
    std::span<const std::string> sentences, const BatchOptions& options, const std::string& name,
    const std::function<BatchAnswer(const std::vector<std::string>& batch)>& ask, const std::stop_token& stop);

/// Why `translation` cannot be one of `sentence`, or nothing: empty, or absurdly long or short.
std::string_view flaw_of(std::string_view translation, std::string_view sentence);

}  // namespace voxlate::translation
