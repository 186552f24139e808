#include "listed_words.h"

#include <iterator>
#include <map>
#include <sstream>

#include "spoken_words.h"

namespace voxlate::e2e {

Words split(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

std::string meaning_of(const std::string& english, const std::string& target) {
  static const std::map<std::string, std::map<std::string, std::string>> kMeanings{
      {"es", meanings_of_test_words("es")}, {"th", meanings_of_test_words("th")}};
  std::string meaning;
  for (const std::string& word : split(english)) {
    const auto known = kMeanings.at(target).find(word);
    meaning +=
        (meaning.empty() || target == "th" ? "" : " ") + (known == kMeanings.at(target).end() ? word : known->second);
  }
  return meaning;
}

Words pieces_of_lines(const std::string& target) {
  Words pieces = split("ดวง จันทร์ เมื่อ วาน สี แดง เขียว เหลือง ดำ ขาว มี ความ สุข พี่ ชาย ฤดู ร้อน หนาว ห้อง ครัว");
  for (const auto& [english, word] : meanings_of_test_words(target)) pieces.push_back(word);
  return pieces;
}

bool is_of_pieces(const std::string& text, const Words& pieces) {
  std::vector<bool> reached(text.size() + 1);
  reached[0] = true;
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    if (!reached[begin]) continue;
    for (const std::string& piece : pieces) {
      if (text.compare(begin, piece.size(), piece) == 0) reached[begin + piece.size()] = true;
    }
  }
  return reached.back();
}

int places_of(const std::string& text) {
  int places = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    if ((byte(i) & 0xC0U) == 0x80U) continue;
    const unsigned code =
        (byte(i) & 0xF0U) == 0xE0U ? (byte(i) & 15U) << 12U | (byte(i + 1) & 63U) << 6U | (byte(i + 2) & 63U) : 0;
    const bool is_mark = code == 0xE31 || (code >= 0xE33 && code <= 0xE3A) || (code >= 0xE47 && code <= 0xE4E);
    places += is_mark ? 0 : 1;
  }
  return places;
}

}  // namespace voxlate::e2e
