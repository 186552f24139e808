#include "translation/language_codes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace voxlate::translation {
namespace {

using Mapping = std::pair<std::string_view, std::string_view>;

/// ISO 639-3 codes with a two-letter code of ISO 639-1, which BCP 47 prefers; sorted.
constexpr std::array kTwoLetterCodes = std::to_array<Mapping>({
    {"afr", "af"}, {"ara", "ar"}, {"arg", "an"}, {"bel", "be"}, {"bos", "bs"}, {"bre", "br"}, {"bul", "bg"},
    {"cat", "ca"}, {"ces", "cs"}, {"cos", "co"}, {"cym", "cy"}, {"dan", "da"}, {"deu", "de"}, {"ell", "el"},
    {"eng", "en"}, {"epo", "eo"}, {"est", "et"}, {"eus", "eu"}, {"fao", "fo"}, {"fin", "fi"}, {"fra", "fr"},
    {"gla", "gd"}, {"gle", "ga"}, {"glg", "gl"}, {"glv", "gv"}, {"guj", "gu"}, {"hbs", "sh"}, {"heb", "he"},
    {"hin", "hi"}, {"hrv", "hr"}, {"hun", "hu"}, {"hye", "hy"}, {"ind", "id"}, {"isl", "is"}, {"ita", "it"},
    {"kat", "ka"}, {"kaz", "kk"}, {"kir", "ky"}, {"lat", "la"}, {"lav", "lv"}, {"lit", "lt"}, {"ltz", "lb"},
    {"mar", "mr"}, {"mkd", "mk"}, {"mlt", "mt"}, {"msa", "ms"}, {"nld", "nl"}, {"nno", "nn"}, {"nob", "nb"},
    {"nor", "no"}, {"oci", "oc"}, {"pan", "pa"}, {"pol", "pl"}, {"por", "pt"}, {"ron", "ro"}, {"rus", "ru"},
    {"slk", "sk"}, {"slv", "sl"}, {"sme", "se"}, {"spa", "es"}, {"sqi", "sq"}, {"srd", "sc"}, {"srp", "sr"},
    {"swe", "sv"}, {"tat", "tt"}, {"tgk", "tg"}, {"tuk", "tk"}, {"tur", "tr"}, {"uig", "ug"}, {"ukr", "uk"},
    {"urd", "ur"}, {"uzb", "uz"}, {"vie", "vi"}, {"zho", "zh"}, {"zlm", "ms"},
});

/// Regions of a code that stand for a language of their own.
constexpr std::array kRegionLanguages = std::to_array<Mapping>({{"hbs_BS", "bs"}, {"hbs_HR", "hr"}, {"hbs_SR", "sr"}});

/// Spelling variants registered for BCP 47.
constexpr std::array kVariants = std::to_array<std::string_view>({"aranes", "valencia"});

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_language_code(std::string_view code) {
  return (code.size() == 2 || code.size() == 3) && std::all_of(code.begin(), code.end(), is_lower);
}

}  // namespace

std::optional<std::string> bcp47_from_apertium(std::string_view code) {
  for (const auto& [name, tag] : kRegionLanguages) {
    if (code == name) return std::string(tag);
  }
  const std::size_t underscore = code.find('_');
  const std::string_view language = code.substr(0, underscore);
  if (!is_language_code(language)) return std::nullopt;
  std::string tag(language);
  for (const auto& [three, two] : kTwoLetterCodes) {
    if (language == three) tag = two;
  }
  if (underscore == std::string_view::npos) return tag;
  const std::string_view suffix = code.substr(underscore + 1);
  const bool is_region = suffix.size() == 2 && is_upper(suffix[0]) && is_upper(suffix[1]);
  if (!is_region && std::find(kVariants.begin(), kVariants.end(), suffix) == kVariants.end()) return std::nullopt;
  return tag + "-" + std::string(suffix);
}

std::optional<std::string> bcp47_from_argos(std::string_view code) {
  constexpr std::size_t kLongestTag = 35;
  if (code == "zt") return "zh-Hant";
  if (code == "pb") return "pt-BR";
  std::string tag = normalise_tag(code.substr(0, kLongestTag + 1));
  const std::string_view language = std::string_view(tag).substr(0, tag.find('-'));
  const bool plain = std::all_of(tag.begin(), tag.end(),
                                 [](char c) { return is_lower(to_lower(c)) || (c >= '0' && c <= '9') || c == '-'; });
  if (!is_language_code(language) || !plain || tag.size() > kLongestTag || tag.ends_with('-')) return std::nullopt;
  if (tag.find("--") != std::string::npos) return std::nullopt;
  for (const auto& [three, two] : kTwoLetterCodes) {
    if (language == three) return std::string(two) + tag.substr(language.size());
  }
  return tag;
}

std::string base_language(std::string_view tag) {
  std::string base(tag.substr(0, tag.find_first_of("-_")));
  std::transform(base.begin(), base.end(), base.begin(), to_lower);
  return base;
}

std::string normalise_tag(std::string_view tag) {
  std::string normal;
  std::size_t begin = 0;
  while (begin <= tag.size()) {
    const std::size_t end = std::min(tag.find_first_of("-_", begin), tag.size());
    std::string part(tag.substr(begin, end - begin));
    const bool is_region = begin > 0 && part.size() == 2;
    std::transform(part.begin(), part.end(), part.begin(), is_region ? to_upper : to_lower);
    if (begin > 0 && part.size() == 4) part[0] = to_upper(part[0]);  // a script: "Hant"
    if (begin > 0) normal += '-';
    normal += part;
    begin = end + 1;
  }
  return normal;
}

}  // namespace voxlate::translation
