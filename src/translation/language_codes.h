#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voxlate::translation {

/// The BCP 47 tag of a language as Apertium names it: "eng" is "en", "spa-" with region "eng_US" is "en-US",
/// "pt_BR" is "pt-BR", "hbs_HR" is "hr", "cat_valencia" is "ca-valencia". Nothing for what is no language
/// ("Cyrl") and for spelling variants that have no tag ("cat_iec2017").
std::optional<std::string> bcp47_from_apertium(std::string_view code);

/// The BCP 47 tag of a language as Argos and LibreTranslate name it: mostly ISO 639-1 as it is, "zt" is "zh-Hant",
/// "pb" is "pt-BR"; "zh" stays, which is Chinese in its usual, simplified script. Nothing for what is no language.
std::optional<std::string> bcp47_from_argos(std::string_view code);

/// The language without script, region and variants, in lower case: "en-US" is "en".
std::string base_language(std::string_view tag);

/// `tag` in the usual writing: "EN_us" is "en-US".
std::string normalise_tag(std::string_view tag);

}  // namespace voxlate::translation
