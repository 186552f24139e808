#include "http/language_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace voxlate::http {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

// By code. Names as Whisper has them, where it has them.
constexpr std::array kNames = std::to_array<Name>({
    {"af", "afrikaans"},
    {"am", "amharic"},
    {"an", "aragonese"},
    {"ar", "arabic"},
    {"as", "assamese"},
    {"ast", "asturian"},
    {"az", "azerbaijani"},
    {"ba", "bashkir"},
    {"be", "belarusian"},
    {"bg", "bulgarian"},
    {"bn", "bengali"},
    {"bo", "tibetan"},
    {"br", "breton"},
    {"bs", "bosnian"},
    {"ca", "catalan"},
    {"ce", "chechen"},
    {"ceb", "cebuano"},
    {"co", "corsican"},
    {"cs", "czech"},
    {"cv", "chuvash"},
    {"cy", "welsh"},
    {"da", "danish"},
    {"de", "german"},
    {"dv", "dhivehi"},
    {"el", "greek"},
    {"en", "english"},
    {"eo", "esperanto"},
    {"es", "spanish"},
    {"et", "estonian"},
    {"eu", "basque"},
    {"fa", "persian"},
    {"fi", "finnish"},
    {"fil", "filipino"},
    {"fo", "faroese"},
    {"fr", "french"},
    {"fy", "western frisian"},
    {"ga", "irish"},
    {"gd", "scottish gaelic"},
    {"gl", "galician"},
    {"gn", "guarani"},
    {"gu", "gujarati"},
    {"ha", "hausa"},
    {"haw", "hawaiian"},
    {"he", "hebrew"},
    {"hi", "hindi"},
    {"hr", "croatian"},
    {"ht", "haitian creole"},
    {"hu", "hungarian"},
    {"hy", "armenian"},
    {"ia", "interlingua"},
    {"id", "indonesian"},
    {"ig", "igbo"},
    {"io", "ido"},
    {"is", "icelandic"},
    {"it", "italian"},
    {"ja", "japanese"},
    {"jv", "javanese"},
    {"ka", "georgian"},
    {"kk", "kazakh"},
    {"km", "khmer"},
    {"kn", "kannada"},
    {"ko", "korean"},
    {"ku", "kurdish"},
    {"kv", "komi"},
    {"ky", "kyrgyz"},
    {"la", "latin"},
    {"lb", "luxembourgish"},
    {"lg", "ganda"},
    {"li", "limburgish"},
    {"lmo", "lombard"},
    {"ln", "lingala"},
    {"lo", "lao"},
    {"lt", "lithuanian"},
    {"lv", "latvian"},
    {"mg", "malagasy"},
    {"mi", "maori"},
    {"mk", "macedonian"},
    {"ml", "malayalam"},
    {"mn", "mongolian"},
    {"mr", "marathi"},
    {"ms", "malay"},
    {"mt", "maltese"},
    {"my", "myanmar"},
    {"nb", "norwegian bokmål"},
    {"ne", "nepali"},
    {"nl", "dutch"},
    {"nn", "nynorsk"},
    {"no", "norwegian"},
    {"ny", "chichewa"},
    {"oc", "occitan"},
    {"om", "oromo"},
    {"or", "odia"},
    {"os", "ossetic"},
    {"pa", "punjabi"},
    {"pl", "polish"},
    {"ps", "pashto"},
    {"pt", "portuguese"},
    {"qu", "quechua"},
    {"rm", "romansh"},
    {"ro", "romanian"},
    {"ru", "russian"},
    {"rw", "kinyarwanda"},
    {"sa", "sanskrit"},
    {"sc", "sardinian"},
    {"scn", "sicilian"},
    {"sd", "sindhi"},
    {"se", "northern sami"},
    {"sh", "serbo-croatian"},
    {"si", "sinhala"},
    {"sk", "slovak"},
    {"sl", "slovenian"},
    {"sm", "samoan"},
    {"sn", "shona"},
    {"so", "somali"},
    {"sq", "albanian"},
    {"sr", "serbian"},
    {"st", "southern sotho"},
    {"su", "sundanese"},
    {"sv", "swedish"},
    {"sw", "swahili"},
    {"ta", "tamil"},
    {"te", "telugu"},
    {"tg", "tajik"},
    {"th", "thai"},
    {"ti", "tigrinya"},
    {"tk", "turkmen"},
    {"tl", "tagalog"},
    {"tn", "tswana"},
    {"tr", "turkish"},
    {"ts", "tsonga"},
    {"tt", "tatar"},
    {"ug", "uyghur"},
    {"uk", "ukrainian"},
    {"ur", "urdu"},
    {"uz", "uzbek"},
    {"vec", "venetian"},
    {"vi", "vietnamese"},
    {"wa", "walloon"},
    {"war", "waray"},
    {"wo", "wolof"},
    {"xh", "xhosa"},
    {"yi", "yiddish"},
    {"yo", "yoruba"},
    {"yue", "cantonese"},
    {"zh", "chinese"},
    {"zu", "zulu"},
});

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

}  // namespace

std::string language_name(std::string_view tag) {
  const std::string code = lower_case(tag.substr(0, tag.find('-')));
  const auto found = std::ranges::find(kNames, std::string_view(code), &Name::first);
  return found == kNames.end() ? std::string(tag) : std::string(found->second);
}

std::string language_title(std::string_view tag) {
  std::string name = language_name(tag);
  bool begins = true;
  for (char& c : name) {
    if (begins && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    begins = c == ' ';
  }
  const auto dash = tag.find('-');
  return dash == std::string_view::npos ? name : name + " (" + std::string(tag.substr(dash + 1)) + ")";
}

std::string language_code(std::string_view text) {
  const auto found = std::ranges::find(kNames, lower_case(text), &Name::second);
  return found == kNames.end() ? std::string(text) : std::string(found->first);
}

}  // namespace voxlate::http
