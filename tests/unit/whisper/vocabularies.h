#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "whisper/tokenizer.h"

namespace voxlate::whisper {

/// All single bytes, then the merges that make `words`, each word from left to right.
std::vector<std::string> small_vocabulary(const std::vector<std::string>& words);

/// The `n_vocab` of a small vocabulary with so many ordinary tokens and languages.
int small_n_vocab(std::size_t n_ordinary, int n_languages);

Tokenizer small_tokenizer(const std::vector<std::string>& words, int n_languages = 4);

/// OpenAI's vocabulary "gpt2" or "multilingual", where the shared test data are.
std::optional<std::vector<std::string>> openai_vocabulary(std::string_view name);

}  // namespace voxlate::whisper
