#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "translation/model_languages.h"
#include "translation/net/network.h"
#include "translation/subword.h"
#include "translation/vocabulary.h"

namespace voxlate::translation {

/// What is read out of the folder of a translation model.
struct NeuralParts {
  std::shared_ptr<const Network> network;
  std::shared_ptr<const Vocabulary> source;
  std::shared_ptr<const Vocabulary> target;
  std::shared_ptr<const Subword> source_words;
  std::shared_ptr<const Subword> target_words;
  ModelLanguages languages;

  std::string before;   ///< a token before each sentence; empty: none
  std::string behind;   ///< a token behind each sentence; empty: none
  std::string start;    ///< what a translation begins with
  std::string prefix;   ///< what it goes on with; empty: nothing
  std::string end;      ///< what ends it
  std::string unknown;  ///< for what has no token
  std::string never;    ///< what no translation has in it; empty: nothing
};

/// An Argos package, or a folder of CTranslate2 or of Hugging Face. Throws `kNotFound` (no model in it), `kCorrupt` and
/// `kUnsupported`, naming the file and what was expected, and what `build` throws.
NeuralParts read_neural_parts(const std::filesystem::path& folder, const NetworkBuilder& build);

/// The languages of the model in a folder, from its vocabulary alone.
ModelLanguages read_languages(const std::filesystem::path& folder);

}  // namespace voxlate::translation
