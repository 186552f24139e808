#include "tests/unit/subtitles/random_transcript.h"

#include <algorithm>

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;

struct Vocabulary {
  std::string language;
  std::vector<std::string> words;
  std::vector<std::string> ends;  // sentence and clause marks
  bool has_spaces;
};

const std::vector<Vocabulary>& vocabularies() {
  static const std::vector<Vocabulary> kAll{
      {"en",
       {"the", "a", "of", "history", "I", "don't", "Dr.", "and", "because", "well-known", "internationalisation", "it",
        "3.5", "Really", "to", "machine"},
       {".", ",", "?", "...", ";"},
       true},
      {"es", {"el", "de", "¿Qué", "máquina", "y", "porque", "los", "señor", "comunicación"}, {".", ",", "?"}, true},
      {"ru", {"в", "и", "—", "который", "человек", "это", "на", "достопримечательность"}, {".", ",", "!"}, true},
      {"ar", {"في", "من", "الكتاب", "على", "المدرسة", "قال", "وَسَلَّمَ", "هذا"}, {".", "،", "؟"}, true},
      {"ko", {"나는", "학교에", "갔다", "그리고", "오늘", "대한민국의"}, {".", ",", "?"}, true},
      {"hi", {"नमस्ते", "क्षत्रिय", "है", "में", "भारत"}, {"।", ","}, true},
      {"vi", {"tôi", "là", "người", "Việt", "Nam", "không", "được"}, {".", ","}, true},
      {"en", {"👩‍👩‍👧", "🇩🇪🇫🇷", "ok", "👍🏽", "é", "e\u0301", "♥️"}, {"!", "."}, true},
      {"th", {"การ", "ประเทศไทย", "ที่", "ไม่", "ครับ", "นักท่องเที่ยว", "ต่าง ๆ", "น้ำ", "เขา", " "}, {"", " "}, false},
      {"zh",
       {"印刷术", "是", "中国", "的", "发明", "“北京”", "我们", "400年", "iPhone", "了"},
       {"。", "，", "？", "！"},
       false},
      {"ja",
       {"私は", "東京", "に行って", "カメラ", "を", "きゃっと", "（笑）", "日々", "です", "ラーメン"},
       {"。", "、", "？"},
       false},
  };
  return kAll;
}

int pick(std::mt19937& random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }

template <typename Value>
const Value& pick(std::mt19937& random, const std::vector<Value>& values) {
  return values[static_cast<std::size_t>(pick(random, 0, static_cast<int>(values.size()) - 1))];
}

struct Manner {
  int ms_per_byte;
  int long_pause_percent;
  bool has_word_times;
};

Decoding random_decoding(std::mt19937& random) {
  static const std::vector<std::string> kDoubts{"", "loop", "low_logprob"};
  const auto tenths = [&](int least, int most) { return static_cast<float>(pick(random, least, most)) / 10.0F; };
  Decoding decoding{.tokens = {},
                    .temperature = tenths(0, 10),
                    .average_logprob = tenths(-30, 0),
                    .compression_ratio = tenths(0, 90),
                    .no_speech_probability = tenths(0, 10),
                    .doubt = pick(random, kDoubts)};
  for (int i = pick(random, 0, 8); i > 0; --i) decoding.tokens.push_back(pick(random, 0, 51'864));
  return decoding;
}

Transcript speak(std::mt19937& random, const Vocabulary& vocabulary, int max_words, Manner manner) {
  Transcript transcript{
      .language = vocabulary.language, .engine = "random", .duration = {}, .segments = {}, .notes = {}};
  milliseconds at{pick(random, 0, 2000)};
  for (int left = pick(random, 1, max_words); left > 0;) {
    Segment segment{.begin = at, .end = at, .text = "", .words = {}, .confidence = 0.25F};
    for (int i = pick(random, 1, 25); i > 0 && left > 0; --i, --left) {
      std::string text = pick(random, vocabulary.words);
      if (pick(random, 0, 6) == 0) text += pick(random, vocabulary.ends);
      const milliseconds end = at + milliseconds(static_cast<int>(text.size()) * manner.ms_per_byte);
      segment.text += (vocabulary.has_spaces && !segment.text.empty() ? " " : "") + text;
      const float confidence = static_cast<float>(pick(random, 0, 1000)) / 1000.0F;
      if (text != " ") segment.words.push_back({text, at, end, confidence});
      segment.end = at = end;
      if (pick(random, 0, 9) == 0) at += milliseconds(pick(random, 0, 400));
      if (pick(random, 0, 99) < manner.long_pause_percent) at += milliseconds(pick(random, 0, 4000));
    }
    if (!manner.has_word_times) segment.words.clear();
    if (pick(random, 0, 1) == 0) segment.decoding = random_decoding(random);
    transcript.segments.push_back(std::move(segment));
    at += milliseconds(pick(random, 0, 700));
  }
  transcript.duration = transcript.segments.back().end + milliseconds(pick(random, 0, 3000));
  return transcript;
}

}  // namespace

Transcript random_transcript(std::mt19937& random) {
  const Vocabulary& vocabulary = pick(random, vocabularies());
  return speak(random, vocabulary, 60, {pick(random, 10, 90), pick(random, 0, 10), pick(random, 0, 2) > 0});
}

Transcript random_spaced_transcript(std::mt19937& random, int max_words) {
  const Vocabulary& vocabulary = vocabularies()[static_cast<std::size_t>(pick(random, 0, 1))];
  return speak(random, vocabulary, max_words, {pick(random, 35, 90), 5, true});
}

Transcript random_broken_transcript(std::mt19937& random) {
  static const std::vector<std::string> kDirt{"",     " ",   "\n\n",         "\x01\x02", "\xff\xfe",
                                              "a\tb", "-->", "\xEF\xBB\xBF", "<i>"};
  Transcript transcript = random_transcript(random);
  const int range = pick(random, 0, 1) == 0 ? 10 : 20000;
  const auto any_time = [&] { return milliseconds(pick(random, -range / 4, range)); };
  for (Segment& segment : transcript.segments) {
    if (pick(random, 0, 2) == 0) segment.text += pick(random, kDirt);
    segment.begin = any_time();
    segment.end = any_time();
    for (Word& word : segment.words) {
      if (pick(random, 0, 4) == 0) word.text += pick(random, kDirt);
      word.begin = any_time();
      word.end = any_time();
    }
  }
  transcript.duration = milliseconds(pick(random, 0, 1) * range);
  return transcript;
}

}  // namespace voxlate::subtitles
