#include "translation/model_languages.h"

#include <unicode/locid.h>
#include <unicode/uloc.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace voxlate::translation {
namespace {

bool is_code(std::string_view text) {
  return text.size() >= 2 && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-';
         });
}

/// What stands between `begin` and `end` when the token is of that form.
std::string inside(const std::string& token, std::string_view begin, std::string_view end) {
  if (token.size() <= begin.size() + end.size() || !token.starts_with(begin) || !token.ends_with(end)) return {};
  return token.substr(begin.size(), token.size() - begin.size() - end.size());
}

/// "spa_Latn": three letters of a language, four of a script.
bool is_nllb(std::string_view token) {
  constexpr std::size_t kLanguage = 3;
  constexpr std::size_t kSize = 8;
  const auto is_lower = [](unsigned char c) { return std::islower(c) != 0; };
  return token.size() == kSize && token[kLanguage] == '_' && std::isupper(static_cast<unsigned char>(token[4])) != 0 &&
         std::all_of(token.begin(), token.begin() + kLanguage, is_lower) &&
         std::all_of(token.begin() + kLanguage + 2, token.end(), is_lower);
}

std::string usual_script(const std::string& language) {
  UErrorCode status = U_ZERO_ERROR;
  icu::Locale locale = icu::Locale::createFromName(language.c_str());
  locale.addLikelySubtags(status);
  return U_FAILURE(status) ? std::string() : locale.getScript();
}

}  // namespace

std::string bcp47_from_model(const std::string& code) {
  if (!is_code(code)) return {};
  // Single languages that stand for the whole; those that ICU does not know to do so.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kWholes = {{{"nob", "no"},
                                                                                      {"nb", "no"},
                                                                                      {"quy", "qu"},
                                                                                      {"ayr", "ay"},
                                                                                      {"gaz", "om"},
                                                                                      {"pbt", "ps"},
                                                                                      {"twi", "ak"},
                                                                                      {"iw", "he"},
                                                                                      {"jw", "jv"},
                                                                                      {"ns", "nso"},
                                                                                      {"fuv", "ff"},
                                                                                      {"cmn", "zh"}}};
  std::string name = code;
  std::replace(name.begin(), name.end(), '-', '_');
  for (const auto& [single, whole] : kWholes) {
    if (name.substr(0, name.find('_')) == single) name = std::string(whole) + name.substr(single.size());
  }
  const icu::Locale locale = icu::Locale::createCanonical(name.c_str());
  std::string tag = locale.getLanguage();
  if (tag.size() < 2) return {};
  const std::string script = locale.getScript();
  const std::string region = locale.getCountry();
  if (!script.empty() && script != usual_script(tag)) tag += "-" + script;
  if (!region.empty()) tag += "-" + region;
  return tag;
}

ModelLanguages languages_of(const Vocabulary& vocabulary) {
  constexpr std::size_t kSeveral = 2;
  ModelLanguages languages;
  const auto collect = [&](LanguageTokens kind, const auto& code_of) {
    languages = {.kind = kind, .is_nllb = false, .tokens = {}};
    for (const std::string& token : vocabulary.tokens()) {
      const std::string tag = bcp47_from_model(code_of(token));
      if (tag.empty()) continue;
      languages.tokens.emplace(tag, token);
      languages.is_nllb = is_nllb(token);
    }
    return languages.tokens.size() >= kSeveral;
  };
  if (collect(LanguageTokens::kBoth, [](const std::string& token) { return inside(token, "__", "__"); }) ||
      collect(LanguageTokens::kBoth, [](const std::string& token) { return is_nllb(token) ? token : std::string(); }) ||
      collect(LanguageTokens::kTarget, [](const std::string& token) { return inside(token, ">>", "<<"); }))
    return languages;
  return {};
}

}  // namespace voxlate::translation
