#include "whisper/languages.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace voxlate::whisper {
namespace {

constexpr std::array kLanguages = std::to_array<Language>({
    {"en", "english"},        {"zh", "chinese"},       {"de", "german"},    {"es", "spanish"},    {"ru", "russian"},
    {"ko", "korean"},         {"fr", "french"},        {"ja", "japanese"},  {"pt", "portuguese"}, {"tr", "turkish"},
    {"pl", "polish"},         {"ca", "catalan"},       {"nl", "dutch"},     {"ar", "arabic"},     {"sv", "swedish"},
    {"it", "italian"},        {"id", "indonesian"},    {"hi", "hindi"},     {"fi", "finnish"},    {"vi", "vietnamese"},
    {"he", "hebrew"},         {"uk", "ukrainian"},     {"el", "greek"},     {"ms", "malay"},      {"cs", "czech"},
    {"ro", "romanian"},       {"da", "danish"},        {"hu", "hungarian"}, {"ta", "tamil"},      {"no", "norwegian"},
    {"th", "thai"},           {"ur", "urdu"},          {"hr", "croatian"},  {"bg", "bulgarian"},  {"lt", "lithuanian"},
    {"la", "latin"},          {"mi", "maori"},         {"ml", "malayalam"}, {"cy", "welsh"},      {"sk", "slovak"},
    {"te", "telugu"},         {"fa", "persian"},       {"lv", "latvian"},   {"bn", "bengali"},    {"sr", "serbian"},
    {"az", "azerbaijani"},    {"sl", "slovenian"},     {"kn", "kannada"},   {"et", "estonian"},   {"mk", "macedonian"},
    {"br", "breton"},         {"eu", "basque"},        {"is", "icelandic"}, {"hy", "armenian"},   {"ne", "nepali"},
    {"mn", "mongolian"},      {"bs", "bosnian"},       {"kk", "kazakh"},    {"sq", "albanian"},   {"sw", "swahili"},
    {"gl", "galician"},       {"mr", "marathi"},       {"pa", "punjabi"},   {"si", "sinhala"},    {"km", "khmer"},
    {"sn", "shona"},          {"yo", "yoruba"},        {"so", "somali"},    {"af", "afrikaans"},  {"oc", "occitan"},
    {"ka", "georgian"},       {"be", "belarusian"},    {"tg", "tajik"},     {"sd", "sindhi"},     {"gu", "gujarati"},
    {"am", "amharic"},        {"yi", "yiddish"},       {"lo", "lao"},       {"uz", "uzbek"},      {"fo", "faroese"},
    {"ht", "haitian creole"}, {"ps", "pashto"},        {"tk", "turkmen"},   {"nn", "nynorsk"},    {"mt", "maltese"},
    {"sa", "sanskrit"},       {"lb", "luxembourgish"}, {"my", "myanmar"},   {"bo", "tibetan"},    {"tl", "tagalog"},
    {"mg", "malagasy"},       {"as", "assamese"},      {"tt", "tatar"},     {"haw", "hawaiian"},  {"ln", "lingala"},
    {"ha", "hausa"},          {"ba", "bashkir"},       {"jw", "javanese"},  {"su", "sundanese"},  {"yue", "cantonese"},
});
static_assert(kLanguages.size() == 100);

using Mapping = std::pair<std::string_view, std::string_view>;

/// Other names that people give, and the codes they mean.
constexpr std::array kNameAliases = std::to_array<Mapping>({
    {"burmese", "my"},
    {"castilian", "es"},
    {"flemish", "nl"},
    {"haitian", "ht"},
    {"letzeburgesch", "lb"},
    {"mandarin", "zh"},
    {"moldavian", "ro"},
    {"moldovan", "ro"},
    {"panjabi", "pa"},
    {"pushto", "ps"},
    {"sinhalese", "si"},
    {"valencian", "ca"},
});

/// First subtags of BCP 47 for languages that Whisper has under another code: today's and withdrawn codes, and
/// members of a group that stand for the whole of it.
constexpr std::array kCodeAliases = std::to_array<Mapping>({
    {"arb", "ar"},
    {"cmn", "zh"},
    {"fil", "tl"},
    {"in", "id"},
    {"iw", "he"},
    {"ji", "yi"},
    {"jv", "jw"},
    {"mo", "ro"},
    {"nb", "no"},
    {"sh", "sr"},
});

std::optional<std::string_view> code_of(std::span<const Mapping> mappings, std::string_view text) {
  for (const auto& [from, code] : mappings) {
    if (from == text) return code;
  }
  return std::nullopt;
}

template <typename Field>
std::optional<int> place_of(Field field, std::string_view text) {
  const auto found = std::find_if(kLanguages.begin(), kLanguages.end(),
                                  [&](const Language& language) { return language.*field == text; });
  if (found == kLanguages.end()) return std::nullopt;
  return static_cast<int>(found - kLanguages.begin());
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::span<const Language> languages() { return kLanguages; }

std::optional<int> find_language(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  if (const auto place = place_of(&Language::name, lower)) return place;
  if (const auto code = code_of(kNameAliases, lower)) return place_of(&Language::code, *code);

  std::replace(lower.begin(), lower.end(), '_', '-');
  std::string_view tag = lower;
  // The one language that is also written as an extension of a group: "zh-yue" (RFC 5646, section 2.2.2).
  if (tag == "zh-yue" || tag.substr(0, 7) == "zh-yue-") tag.remove_prefix(3);
  tag = tag.substr(0, tag.find('-'));
  return place_of(&Language::code, code_of(kCodeAliases, tag).value_or(tag));
}

std::string_view bcp47_code(int language) {
  const std::string_view code = languages()[static_cast<std::size_t>(language)].code;
  return code == "jw" ? "jv" : code;
}

}  // namespace voxlate::whisper
