#include "translation/sentence_batches.h"

#include <algorithm>
#include <utility>

#include "translation/text_layout.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

/// Indices of sentences.
using Batch = std::vector<std::size_t>;

std::vector<Batch> make_batches(std::span<const std::string> sentences, const BatchOptions& options) {
  std::vector<Batch> batches;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (trimmed(sentences[i]).empty()) continue;
    const std::size_t more = count_characters(sentences[i]);
    const bool is_full =
        batches.empty() || batches.back().size() >= options.max_sentences || characters + more > options.max_characters;
    if (is_full) {
      batches.emplace_back();
      characters = 0;
    }
    batches.back().push_back(i);
    characters += more;
  }
  return batches;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return std::string(trimmed(text));
}

/// The next batch is the last of the list.
void halve_last(std::vector<Batch>& batches) {
  Batch first = std::move(batches.back());
  const auto middle = first.begin() + static_cast<std::ptrdiff_t>(first.size() / 2);
  batches.back() = Batch(middle, first.end());
  first.erase(middle, first.end());
  batches.push_back(std::move(first));
}

}  // namespace

std::vector<std::string> translate_in_batches(
    std::span<const std::string> sentences, const BatchOptions& options, const std::string& name,
    const std::function<BatchAnswer(const std::vector<std::string>& batch)>& ask, const std::stop_token& stop) {
  std::vector<std::string> translations(sentences.begin(), sentences.end());
  std::vector<Batch> batches = make_batches(sentences, options);
  std::reverse(batches.begin(), batches.end());
  int refusals_of_one = 0;
  while (!batches.empty()) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the translation was stopped");
    const Batch& batch = batches.back();
    std::vector<std::string> texts;
    texts.reserve(batch.size());
    for (const std::size_t index : batch) texts.push_back(sentences[index]);
    BatchAnswer answer = ask(texts);
    if (answer.refusal.empty() && answer.translations.size() != texts.size()) {
      answer.refusal = "expected " + std::to_string(texts.size()) + " translations, got " +
                       std::to_string(answer.translations.size());
    }
    if (answer.refusal.empty()) {
      for (std::size_t i = 0; i < batch.size(); ++i)
        translations[batch[i]] = one_line(std::move(answer.translations[i]));
      batches.pop_back();
      refusals_of_one = 0;
    } else if (batch.size() > 1) {
      halve_last(batches);
    } else if (++refusals_of_one >= options.tries_of_one) {
      throw Error(ErrorCode::kUnavailable, name + ": " + answer.refusal);
    }
  }
  return translations;
}

std::string_view flaw_of(std::string_view translation, std::string_view sentence) {
  // Chinese grows to four times as many characters in English, and a short exclamation to any length.
  constexpr std::size_t kMaxGrowth = 8;
  constexpr std::size_t kMinShare = 12;
  constexpr std::size_t kSlack = 60;
  const std::size_t before = count_characters(trimmed(sentence));
  const std::size_t after = count_characters(trimmed(translation));
  if (after == 0) return "an empty translation";
  if (after > kMaxGrowth * before + kSlack) return "a translation that is far too long";
  if (before > kMinShare * after + kSlack) return "a translation that is far too short";
  return {};
}

}  // namespace voxlate::translation
