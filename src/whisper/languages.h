#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace voxlate::whisper {

/// A language as Whisper's tokenizer names it.
struct Language {
  std::string_view code;  ///< "en"; all but "jw" (Javanese) are BCP 47
  std::string_view name;  ///< English, lower case: "english"
};

/// The 100 languages in the order of their tokens. Models before large-v3 know the first 99: all but Cantonese.
std::span<const Language> languages();

/// The place in `languages()` of a code ("pt"), a name or one of its known aliases ("Portuguese", "mandarin"), or a
/// BCP 47 tag ("pt-BR", "zh-Hant", "nb", "zh-yue"), upper or lower case. Nothing for what Whisper does not know.
std::optional<int> find_language(std::string_view text);

/// The BCP 47 code of the language at that place in `languages()`.
std::string_view bcp47_code(int language);

}  // namespace voxlate::whisper
