#pragma once

#include <string>
#include <variant>

#include "http/api.h"
#include "http/message.h"

namespace voxlate::http {

struct TextDocument {
  std::string text;       ///< the content of the file
  std::string extension;  ///< of its name: ".srt"
  std::string source;     ///< language, or "auto"
  std::string target;
};

/// The document in its target language: plain text and HTML line by line and sentence by sentence, SubRip and WebVTT
/// with sentences that run over cues, whose times stay. Throws what the translator throws.
std::variant<std::string, Problem> translate_document(Api& api, const Request& request, const TextDocument& document);

}  // namespace voxlate::http
