#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace voxlate::translation {

/// What a vocabulary file of CTranslate2 says of itself.
struct VocabularySize {
  std::size_t tokens = 0;  ///< with the unknown one, which is counted where the file leaves it out
  int nllb_languages = 0;  ///< tokens such as "eng_Latn"
  int m2m_languages = 0;   ///< tokens such as "__en__"
};

/// Counts a text file with a token a line or, when it is called *.json, an array of strings. CTranslate2 adds `unknown`
/// (usually "<unk>") to a vocabulary without it. Memory stays at the size of the file. Throws `kCorrupt` (no such
/// array), `kTooLarge` (above 64 MiB), `kNotFound`.
VocabularySize count_vocabulary(const std::filesystem::path& path, std::string_view unknown);

}  // namespace voxlate::translation
