#include "translation/sentence_engine.h"

#include <utility>

namespace voxlate::translation {

std::vector<Translation> SentenceEngine::translate_versions(std::span<const std::string> sentences,
                                                            const EnginePair& pair, std::stop_token stop) {
  std::vector<Translation> translations;
  translations.reserve(sentences.size());
  for (std::string& text : translate(sentences, pair.source, pair.target, std::move(stop)))
    translations.push_back({.versions = {{.text = std::move(text)}}});
  return translations;
}

std::size_t SentenceEngine::batch_size() const {
  constexpr std::size_t kFew = 16;  // so that progress shows while a slow engine works
  return kFew;
}

}  // namespace voxlate::translation
