#include "subtitles/cue_layout.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "subtitles/rule_check.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Segments with words spoken evenly; "|" waits for half a second, "||" for two seconds, "/" ends a segment.
Transcript spoken(std::string language, const std::string& script, int ms_per_char = 60) {
  Transcript transcript{.language = std::move(language), .engine = "", .duration = {}, .segments = {}, .notes = {}};
  std::istringstream tokens(script);
  Segment segment;
  milliseconds at{1000};
  const auto end_segment = [&] {
    if (segment.words.empty()) return;
    segment.begin = segment.words.front().begin;
    segment.end = segment.words.back().end;
    transcript.segments.push_back(std::move(segment));
    segment = Segment{};
  };
  for (std::string token; tokens >> token;) {
    if (token == "|" || token == "||") {
      at += milliseconds(token == "|" ? 500 : 2000);
    } else if (token == "/") {
      end_segment();
    } else {
      const milliseconds end = at + milliseconds(static_cast<int>(token.size()) * ms_per_char);
      segment.words.push_back({token, at, end, 1.0F});
      segment.text += (segment.text.empty() ? "" : " ") + token;
      at = end;
    }
  }
  end_segment();
  transcript.duration = at + milliseconds(5000);
  return transcript;
}

Transcript written(std::string language, std::string text, int ms) {
  return {.language = std::move(language),
          .engine = "",
          .duration = milliseconds(ms + 5000),
          .segments = {{milliseconds(0), milliseconds(ms), std::move(text), {}, 0}},
          .notes = {}};
}

std::vector<std::vector<std::string>> lines_of(const std::vector<Cue>& cues) {
  std::vector<std::vector<std::string>> lines;
  for (const Cue& cue : cues) lines.push_back(cue.lines);
  return lines;
}

using Lines = std::vector<std::string>;

TEST(CueLayout, NothingSaidIsNoCue) {
  EXPECT_THAT(make_cues({}, find_profile("netflix-en")), IsEmpty());
  EXPECT_THAT(make_cues(written("en", " \n\t ", 1000), find_profile("netflix-en")), IsEmpty());
}

TEST(CueLayout, ShortSentenceIsOneLine) {
  const auto cues = make_cues(spoken("en", "Hello there."), find_profile("netflix-en"));
  EXPECT_THAT(lines_of(cues), ElementsAre(Lines{"Hello there."}));
  EXPECT_EQ(cues[0].begin, milliseconds(1000));
  EXPECT_EQ(cues[0].end, milliseconds(1000 + 11 * 60 + 500));
}

TEST(CueLayout, SentencesAreSeparateCues) {
  EXPECT_THAT(
      lines_of(make_cues(spoken("en", "I have never seen anything like it. | The whole street was under water."),
                         find_profile("netflix-en"))),
      ElementsAre(Lines{"I have never seen anything like it."}, Lines{"The whole street was under water."}));
}

TEST(CueLayout, VeryShortSentencesShareACue) {
  const auto cues = make_cues(spoken("en", "Really? / Yes. / No way."), find_profile("netflix-en"));
  EXPECT_THAT(lines_of(cues), ElementsAre(Lines{"Really? Yes. No way."}));
}

TEST(CueLayout, SplitsLongSentencesAtClauses) {
  EXPECT_THAT(lines_of(make_cues(
                  spoken("en",
                         "When the first trains came to the valley in the spring, nobody in the village believed "
                         "that they would ever be of any use."),
                  find_profile("netflix-en"))),
              ElementsAre(Lines{"When the first trains came", "to the valley in the spring,"},
                          Lines{"nobody in the village believed", "that they would ever be of any use."}));
}

TEST(CueLayout, NoArticleOrPrepositionEndsALine) {
  const std::vector<std::pair<std::string, std::string>> texts{
      {"en", "We walked along the road to the old house at the end of the village and sat down in the shade of a tree"},
      {"es",
       "Caminamos por la calle hasta la casa que está al final de la plaza y nos sentamos a la sombra de un árbol"},
      {"fr",
       "Nous avons marché dans la rue vers la maison qui est au bout de la place et nous avons vu un chat sur le mur"},
      {"de",
       "Wir gingen auf der Straße zu dem alten Haus am Ende des Dorfes und setzten uns in den Schatten von einem Baum"},
      {"pt", "Nós andamos pela rua até a casa que fica no fim da praça e sentamos na sombra de uma árvore muito velha"},
      {"it", "Abbiamo camminato per la strada fino alla casa in fondo alla piazza e ci siamo seduti sotto un albero"},
      {"ru", "Мы шли по дороге к старому дому на краю деревни и сели в тени под большим деревом у самой реки"},
  };
  const std::vector<std::string> orphans{"the", "of",   "to",  "a",   "in",  "at", "la",  "el", "de",
                                         "un",  "dans", "le",  "der", "dem", "am", "und", "au", "da",
                                         "na",  "uma",  "per", "по",  "к",   "на", "в",   "у"};
  for (const auto& [language, text] : texts) {
    for (const Cue& cue : make_cues(spoken(language, text), find_profile("netflix"))) {
      for (const std::string& line : cue.lines) {
        const std::string last = line.substr(line.rfind(' ') + 1);
        EXPECT_THAT(orphans, Not(::testing::Contains(last))) << line;
      }
    }
  }
}

TEST(CueLayout, AbbreviationsEndNoSentence) {
  const auto cues =
      make_cues(spoken("en", "Yesterday I finally went and asked old Dr. Smith about it at the hospital."),
                find_profile("netflix-en"));
  for (const auto& lines : lines_of(cues)) {
    for (const std::string& line : lines) EXPECT_THAT(line, Not(::testing::EndsWith("Dr.")));
  }
}

TEST(CueLayout, LongPauseEndsACue) {
  EXPECT_THAT(lines_of(make_cues(spoken("en", "one two || three"), find_profile("netflix-en"))),
              ElementsAre(Lines{"one two"}, Lines{"three"}));
  EXPECT_THAT(lines_of(make_cues(spoken("en", "one two | three"), find_profile("netflix-en"))),
              ElementsAre(Lines{"one two three"}));
}

TEST(CueLayout, FastSpeechIsReadInTheSilenceAfterIt) {
  const std::string text = "This was said in hardly any time at all.";  // 40 characters, 2 s at 20 per second
  Transcript transcript = written("en", text, 800);
  const auto cues = make_cues(transcript, find_profile("netflix-en"));
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_GE(cues[0].end - cues[0].begin, milliseconds(2000));
  transcript.duration = milliseconds(1500);
  EXPECT_EQ(make_cues(transcript, find_profile("netflix-en")).at(0).end, milliseconds(1500));
}

TEST(CueLayout, GapIsExactOrAtLeastHalfASecond) {
  const Profile& profile = find_profile("netflix-en");
  for (int silence = 0; silence < 3000; silence += 50) {
    Transcript transcript = written("en", "The first sentence is here now.", 3000);
    const milliseconds second{3000 + silence};
    transcript.segments.push_back({second, second + milliseconds(3000), "The second sentence follows it.", {}, 0});
    transcript.duration = milliseconds(20000);
    const auto cues = make_cues(transcript, profile);
    ASSERT_EQ(cues.size(), 2U);
    const milliseconds gap = cues[1].begin - cues[0].end;
    EXPECT_TRUE(gap == profile.gap || gap >= milliseconds(500)) << silence << ": " << gap.count();
    EXPECT_EQ(cues[1].begin, second);
    EXPECT_LE(cues[0].end, milliseconds(3500));
  }
}

TEST(CueLayout, WordWiderThanALineStandsAloneAndWhole) {
  const std::string word(60, 'w');
  const auto cues = make_cues(spoken("en", "a small word " + word + " and more"), find_profile("netflix-en"));
  int found = 0;
  for (const Cue& cue : cues) found += static_cast<int>(std::count(cue.lines.begin(), cue.lines.end(), word));
  EXPECT_EQ(found, 1);
  const auto report = check_rules(cues, find_profile("netflix-en"));
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_EQ(report.violations[0].rule, Rule::kLineLength);
}

TEST(CueLayout, ThaiIsCutBetweenWords) {
  const auto cues = make_cues(
      written("th", "ประเทศไทยมีประชากรประมาณ 66 ล้านคน และมีสถานที่ท่องเที่ยวต่าง ๆ มากมายที่นักท่องเที่ยวทั่วโลกอยากมาเยี่ยมชม", 9000),
      find_profile("netflix-th"));
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_THAT(cues[0].lines, ElementsAre("ประเทศไทยมีประชากรประมาณ 66 ล้านคน", "และมีสถานที่ท่องเที่ยวต่าง ๆ"));
  for (const Cue& cue : cues) {
    for (const std::string& line : cue.lines) EXPECT_THAT(line, Not(::testing::StartsWith("ๆ")));
  }
}

TEST(CueLayout, ChineseIsCutAtItsPunctuation) {
  EXPECT_THAT(lines_of(make_cues(written("zh", "雕版印刷术发明于唐朝，并在唐朝中后期普遍使用。", 4500),
                                 find_profile("netflix-zh"))),
              ElementsAre(Lines{"雕版印刷术发明于唐朝，", "并在唐朝中后期普遍使用。"}));
}

TEST(CueLayout, JapaneseIsCutAtPhrases) {
  EXPECT_THAT(
      lines_of(make_cues(
          written("ja", "私は昨日友達と一緒に東京の新しい美術館に行って、とても面白い絵をたくさん見ました。", 6000),
          find_profile("netflix-zh"))),
      ElementsAre(Lines{"私は昨日友達と一緒に", "東京の新しい美術館に行って、"},
                  Lines{"とても面白い", "絵をたくさん見ました。"}));
}

TEST(CueLayout, WideCharactersGetTwoLinesWhereOneWouldLeaveTheScreen) {
  const auto cues = make_cues(
      written("ja", "私は昨日友達と一緒に東京の新しい美術館に行って、とても面白い絵をたくさん見ました。", 6000),
      find_profile("netflix"));
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].lines.size(), 2U);
}

TEST(CueLayout, WordsOfAnEngineWithoutSpacesKeepTheirTimes) {
  Transcript transcript = written("zh", "我们走吧，现在。", 4000);
  const std::vector<std::string> words{"我们", "走", "吧，", "现在。"};
  for (int i = 0; i < 4; ++i) {
    const milliseconds begin{i == 3 ? 3700 : 200 * i};
    transcript.segments[0].words.push_back(
        {words[static_cast<std::size_t>(i)], begin, begin + milliseconds(200), 1.0F});
  }
  const auto cues = make_cues(transcript, find_profile("netflix-zh"));
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_THAT(cues[0].lines, ElementsAre("我们走吧，"));
  EXPECT_EQ(cues[1].begin, milliseconds(3700));
}

TEST(CueLayout, PunctuationThatStandsAloneStaysWithItsWord) {
  const auto fr = make_cues(spoken("fr", "Est-ce que tu viens avec nous à la plage demain ? Je ne sais pas encore !"),
                            find_profile("netflix"));
  for (const Cue& cue : fr) {
    for (const std::string& line : cue.lines) EXPECT_THAT(line.substr(0, 1), Not(AnyOf("?", "!")));
  }
  EXPECT_THAT(lines_of(make_cues(spoken("ru", "Книгопечатание — это технология размножения текстовой продукции"),
                                 find_profile("netflix"))),
              ElementsAre(ElementsAre(HasSubstr("Книгопечатание —"), ::testing::_)));
}

TEST(CueLayout, ControlCharactersAndLineEndsBecomeSpaces) {
  EXPECT_THAT(lines_of(make_cues(written("en", "one\n\ntwo\x01three\xEF\xBB\xBF", 1000), find_profile("netflix-en"))),
              ElementsAre(Lines{"one two three"}));
}

TEST(CueLayout, HoursOfSpeechTakeTimeInProportion) {
  std::string script;
  for (int i = 0; i < 1000; ++i) script += "the quick brown fox jumps over the lazy dog and goes home ";
  EXPECT_GT(make_cues(spoken("en", script), find_profile("netflix-en")).size(), 300U);
}

}  // namespace
}  // namespace voxlate::subtitles
