#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/api.h"
#include "http/message.h"
#include "http/translatable_text.h"
#include "voxlate/language_identifier.h"

namespace voxlate::http {

/// Texts of one request into one language, through the translator that jobs use too. One thread; throws what the
/// translator throws, `kCancelled` soon after the client has gone.
class TextTranslation {
 public:
  TextTranslation(Api& api, const Request& request, std::string target)
      : api_(api), request_(request), target_(std::move(target)) {}

  /// Each in the language `source`. Sentences do not run over texts, and are translated together.
  std::vector<std::string> translate(const std::vector<TranslatableText>& texts, std::string_view source);

  /// The sentences of `transcript` may run over its segments.
  Transcript translate(const Transcript& transcript);

 private:
  Api& api_;
  const Request& request_;
  const std::string target_;
};

/// The language of a text: of the probable ones the first that can be translated into `target`, or is that; the most
/// probable one where none can. Nothing where it cannot be told.
std::optional<LanguageGuess> language_to_translate(const Api& api, std::string_view text, std::string_view target);

}  // namespace voxlate::http
