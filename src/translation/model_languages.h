#pragma once

#include <map>
#include <string>

#include "translation/vocabulary.h"

namespace voxlate::translation {

/// How a network for many languages is told which ones are meant.
enum class LanguageTokens {
  kNone,    ///< one pair: it is not told
  kTarget,  ///< OPUS-MT: ">>spa<<" before the sentence
  kBoth,    ///< M2M100 ("__es__") and NLLB ("spa_Latn"): before the sentence, and first in the translation
};

/// The languages that a vocabulary has tokens for: BCP 47 -> token.
struct ModelLanguages {
  LanguageTokens kind = LanguageTokens::kNone;
  bool is_nllb = false;
  std::map<std::string, std::string> tokens;
};

ModelLanguages languages_of(const Vocabulary& vocabulary);

/// BCP 47 of a language as OPUS, M2M100 and NLLB write it: "spa_Latn", "cmn_Hant", "arb", "no"; empty when it is none.
/// A script is named where it is not the usual one of the language.
std::string bcp47_from_model(const std::string& code);

}  // namespace voxlate::translation
