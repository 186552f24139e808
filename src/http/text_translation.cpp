#include "http/text_translation.h"

#include <algorithm>

namespace voxlate::http {
namespace {

using std::chrono::milliseconds;

// Pieces are so far apart in time that no sentence runs over two, and so short that each stays one segment.
constexpr milliseconds kPieceEvery{10'000};
constexpr milliseconds kPieceLength{500};

std::string_view primary(std::string_view tag) { return tag.substr(0, tag.find('-')); }

/// Stops the translation when nobody waits for it.
class ClientWatch final : public Progress {
 public:
  explicit ClientWatch(const Request& request) : request_(request) {}

  void update(Stage, milliseconds, milliseconds) override {
    if (request_.body.client_gone()) stop_.request_stop();
  }

  std::stop_token token() const { return stop_.get_token(); }

 private:
  const Request& request_;
  std::stop_source stop_;
};

}  // namespace

Transcript TextTranslation::translate(const Transcript& transcript) {
  ClientWatch watch(request_);
  return api_.services.translate(transcript, target_, watch, watch.token());
}

std::vector<std::string> TextTranslation::translate(const std::vector<TranslatableText>& texts,
                                                    std::string_view source) {
  Transcript transcript{.language = std::string(source), .engine = {}, .duration = {}, .segments = {}, .notes = {}};
  milliseconds at{0};
  for (const TranslatableText& text : texts) {
    for (const std::string& piece : text.pieces()) {
      transcript.segments.push_back({.begin = at, .end = at + kPieceLength, .text = piece, .words = {}});
      at += kPieceEvery;
    }
  }
  transcript.duration = at;
  std::vector<std::string> translations(transcript.segments.size());
  if (!translations.empty()) {
    for (const Segment& segment : translate(transcript).segments) {
      std::string& whole = translations.at(static_cast<std::size_t>(segment.begin / kPieceEvery));
      whole += (whole.empty() ? "" : " ") + segment.text;
    }
  }
  std::vector<std::string> results;
  std::span<const std::string> left(translations);
  for (const TranslatableText& text : texts) {
    results.push_back(text.with(left.first(text.pieces().size())));
    left = left.subspan(text.pieces().size());
  }
  return results;
}

std::optional<LanguageGuess> language_to_translate(const Api& api, std::string_view text, std::string_view target) {
  const std::vector<LanguageGuess> guesses = api.services.identify_language(text);
  if (guesses.empty()) return std::nullopt;
  const std::vector<TranslationRoute> routes = api.services.capabilities().routes;
  const auto is_usable = [&](const LanguageGuess& guess) {
    return primary(guess.language) == primary(target) ||
           std::ranges::any_of(routes, [&](const TranslationRoute& route) {
             return primary(route.source) == primary(guess.language) && primary(route.target) == primary(target);
           });
  };
  const auto found = std::ranges::find_if(guesses, is_usable);
  return found == guesses.end() ? guesses.front() : *found;
}

}  // namespace voxlate::http
