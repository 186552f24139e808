#include "translation/sentence_joiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace voxlate::translation {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

Segment segment(int begin_ms, int end_ms, std::string text) {
  return {.begin = milliseconds(begin_ms),
          .end = milliseconds(end_ms),
          .text = std::move(text),
          .words = {},
          .confidence = 1};
}

std::vector<std::string> texts_of(const std::vector<Sentence>& sentences) {
  std::vector<std::string> texts;
  for (const Sentence& sentence : sentences) texts.push_back(sentence.text);
  return texts;
}

std::vector<std::string> join(const std::vector<Segment>& segments) {
  return texts_of(join_sentences(segments, "en", {}));
}

std::string describe(const Segment& segment) {
  return std::to_string(segment.begin.count()) + "-" + std::to_string(segment.end.count()) + " " + segment.text;
}

/// "begin-end text" of what comes back when the sentences are replaced.
std::vector<std::string> lay(const std::vector<Segment>& segments, const std::vector<std::string>& translations) {
  std::vector<std::string> described;
  for (const Segment& laid : lay_back(join_sentences(segments, "en", {}), translations, "es", {}))
    described.push_back(describe(laid));
  return described;
}

TEST(SentenceJoiner, JoinsASentenceOverSegmentsAndCutsSeveralInOne) {
  EXPECT_THAT(join({segment(0, 2000, "The quick brown fox"), segment(2000, 4000, "jumps over. The dog"),
                    segment(4000, 5000, "sleeps. Yes.")}),
              ElementsAre("The quick brown fox jumps over.", "The dog sleeps.", "Yes."));
}

TEST(SentenceJoiner, DoesNotEndAtAnAbbreviationBeforeTheNextSegment) {
  EXPECT_THAT(join({segment(0, 1000, "I met Mr."), segment(1000, 2000, "Smith.")}), ElementsAre("I met Mr. Smith."));
}

TEST(SentenceJoiner, EndsAtALongPauseInMarkedText) {
  EXPECT_THAT(join({segment(0, 1000, "One. And then"), segment(3000, 4000, "we went"), segment(8000, 9000, "away.")}),
              ElementsAre("One.", "And then we went", "away."));
}

TEST(SentenceJoiner, UsesPausesWhereThereAreNoMarks) {
  const std::vector<Segment> segments = {segment(0, 2000, "so we went to"), segment(2100, 4000, "the market"),
                                         segment(4800, 6000, "it was closed")};
  EXPECT_THAT(join(segments), ElementsAre("so we went to the market", "it was closed"));
}

TEST(SentenceJoiner, BoundsUnmarkedTextByTimeAndLength) {
  std::vector<Segment> segments;
  for (int i = 0; i < 8; ++i) segments.push_back(segment(i * 3000, i * 3000 + 3000, "word and word and word"));
  EXPECT_THAT(texts_of(join_sentences(segments, "en", {})), testing::SizeIs(2));
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word ";
  const std::vector<Sentence> sentences = join_sentences(std::vector{segment(0, 5000, text)}, "en", {});
  EXPECT_EQ(sentences.size(), 5U);
  for (const Sentence& sentence : sentences) EXPECT_LE(sentence.text.size(), 210U);
}

TEST(SentenceJoiner, JoinsJapaneseWithoutSpaces) {
  EXPECT_THAT(
      texts_of(join_sentences(std::vector{segment(0, 1000, "今日は"), segment(1000, 2000, "元気。はい。")}, "ja", {})),
      ElementsAre("今日は元気。", "はい。"));
}

TEST(SentenceJoiner, TakesTimesInsideASegmentFromItsWords) {
  Segment spoken = segment(0, 10'000, "Yes. I know");
  spoken.words = {{.text = "Yes.", .begin = milliseconds(0), .end = milliseconds(6000), .confidence = 1},
                  {.text = "I", .begin = milliseconds(8000), .end = milliseconds(8500), .confidence = 1},
                  {.text = "know", .begin = milliseconds(8500), .end = milliseconds(9900), .confidence = 1}};
  const std::vector<Sentence> sentences = join_sentences(std::vector{spoken}, "en", {});
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[0].parts[0].end, milliseconds(6000));
  EXPECT_EQ(sentences[1].parts[0].begin, milliseconds(8000));
  EXPECT_EQ(sentences[1].parts[0].end, milliseconds(10'000));
}

TEST(SentenceJoiner, TakesTimesFromWordsWithoutBlanks) {
  Segment spoken = segment(0, 10'000, "はい。元気");
  spoken.words = {{.text = "はい。", .begin = milliseconds(0), .end = milliseconds(6000), .confidence = 1},
                  {.text = "元気", .begin = milliseconds(8000), .end = milliseconds(9900), .confidence = 1}};
  const std::vector<Sentence> sentences = join_sentences(std::vector{spoken}, "ja", {});
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[0].parts[0].end, milliseconds(6000));
  EXPECT_EQ(sentences[1].parts[0].begin, milliseconds(8000));
}

TEST(SentenceJoiner, TagsDoNotCountAndGoOverCuts) {
  EXPECT_THAT(lay({segment(0, 2000, "<font color=\"#ffffff\">The quick brown fox"),
                   segment(2500, 4000, "jumps over the dog.</font>")},
                  {"<font color=\"#ffffff\">El rápido zorro marrón salta sobre el perro.</font>"}),
              ElementsAre("0-2000 <font color=\"#ffffff\">El rápido zorro marrón</font>",
                          "2500-4000 <font color=\"#ffffff\">salta sobre el perro.</font>"));
}

TEST(SentenceJoiner, LaysASentenceBackOverItsSegments) {
  EXPECT_THAT(lay({segment(0, 2000, "The quick brown fox"), segment(2500, 4000, "jumps over the dog.")},
                  {"El rápido zorro marrón salta sobre el perro."}),
              ElementsAre("0-2000 El rápido zorro marrón", "2500-4000 salta sobre el perro."));
}

TEST(SentenceJoiner, CutsASegmentWhereASentenceEndsInIt) {
  EXPECT_THAT(lay({segment(0, 8000, "Where is she now? I do not know.")}, {"¿Dónde está?", "No lo sé."}),
              ElementsAre("0-4500 ¿Dónde está?", "4500-8000 No lo sé."));
}

TEST(SentenceJoiner, KeepsShortSentencesInTheirSegment) {
  EXPECT_THAT(lay({segment(0, 2000, "Yes. I think that it is so.")}, {"Sí.", "Creo que sí."}),
              ElementsAre("0-2000 Sí. Creo que sí."));
}

TEST(SentenceJoiner, PartsWithoutAWordShareASegment) {
  EXPECT_THAT(
      lay({segment(0, 1000, "I do not"), segment(1000, 2000, "want"), segment(2000, 3000, "to go there at all.")},
          {"No quiero."}),
      ElementsAre("0-2000 No", "2000-3000 quiero."));
  EXPECT_THAT(lay({segment(0, 1000, "I do"), segment(1500, 2000, "not.")}, {"No."}), ElementsAre("0-2000 No."));
}

TEST(SentenceJoiner, EmptySegmentsAndTranslationsGiveNone) {
  EXPECT_THAT(join({segment(0, 1000, ""), segment(1000, 2000, "  ")}), IsEmpty());
  EXPECT_THAT(lay({segment(0, 2000, "One."), segment(2000, 4000, "Two.")}, {"", "Dos."}),
              ElementsAre("2000-4000 Dos."));
}

std::string words_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    std::istringstream stream(text);
    for (std::string word; stream >> word;) all += word + " ";
  }
  return all;
}

/// Random speech: with and without marks, word times, pauses and empty segments.
std::vector<Segment> random_segments(std::mt19937& random) {
  static const std::vector<std::string> kWords = {"a", "the",  "house,", "Mr.", "e.g.", "red.", "why?", "so!",    "3.5",
                                                  "I", "élan", "ok…",    "and", "to",   "U.S.", "(x)",  "\"q.\"", "of"};
  const bool marked = random() % 2 == 0;
  std::vector<Segment> segments;
  int time = 0;
  const auto count = random() % 12;
  for (std::size_t i = 0; i < count; ++i) {
    time += static_cast<int>(random() % 4 == 0 ? random() % 5000 : 0);
    Segment next = segment(time, time, "");
    const auto words = random() % 25;
    for (std::size_t word = 0; word < words; ++word) {
      const std::string text = marked ? kWords[random() % kWords.size()] : std::string("word");
      const int begin = time;
      time += static_cast<int>(random() % 400);
      next.text += (next.text.empty() ? "" : " ") + text;
      next.words.push_back({.text = text, .begin = milliseconds(begin), .end = milliseconds(time), .confidence = 1});
    }
    if (random() % 2 == 0) next.words.clear();
    next.end = milliseconds(time);
    segments.push_back(next);
  }
  return segments;
}

TEST(SentenceJoiner, LosesNoWordAndKeepsOrderAndTimes) {
  std::mt19937 random(11);  // NOLINT: the same texts every time
  for (int round = 0; round < 2000; ++round) {
    const std::vector<Segment> segments = random_segments(random);
    const std::vector<Sentence> sentences = join_sentences(segments, "en", {});
    std::vector<std::string> originals;
    for (const Segment& original : segments) originals.push_back(original.text);
    ASSERT_EQ(words_of(originals), words_of(texts_of(sentences)));

    std::vector<std::string> translations;
    for (const Sentence& sentence : sentences) {
      std::string translation = "t";
      for (std::size_t word = random() % 20; word > 0; --word) translation += " palabra" + std::to_string(word);
      translations.push_back(sentence.text.size() % 5 == 0 ? sentence.text : translation);
    }
    const std::vector<Segment> laid = lay_back(sentences, translations, "es", {});
    std::vector<std::string> laid_texts;
    milliseconds last_end{};
    for (const Segment& part : laid) {
      laid_texts.push_back(part.text);
      ASSERT_FALSE(part.text.empty());
      ASSERT_TRUE(part.words.empty());
      ASSERT_GE(part.begin, last_end) << describe(part);
      ASSERT_GE(part.end, part.begin) << describe(part);
      last_end = part.end;
      const auto inside = [&](milliseconds time) {
        return std::any_of(segments.begin(), segments.end(),
                           [&](const Segment& original) { return original.begin <= time && time <= original.end; });
      };
      ASSERT_TRUE(inside(part.begin) && inside(part.end)) << describe(part);
    }
    ASSERT_EQ(words_of(translations), words_of(laid_texts));
  }
}

TEST(SentenceJoiner, EverySegmentGetsTextWhenThereAreEnoughWords) {
  std::mt19937 random(13);  // NOLINT: the same texts every time
  for (int round = 0; round < 500; ++round) {
    std::vector<Segment> segments;
    const auto count = static_cast<int>(1 + random() % 6);
    for (int i = 0; i < count; ++i)
      segments.push_back(
          segment(i * 2000, i * 2000 + 2000, std::string(1 + random() % 40, 'x') + (i + 1 == count ? "." : "")));
    const std::vector<Sentence> sentences = join_sentences(segments, "en", {});
    ASSERT_EQ(sentences.size(), 1U);
    std::string translation = "uno";
    for (int i = 0; i < count - 1 + static_cast<int>(random() % 9); ++i) translation += " otra";
    const std::vector<Segment> laid = lay_back(sentences, std::vector{translation}, "es", {});
    ASSERT_EQ(laid.size(), segments.size());
    for (std::size_t i = 0; i < laid.size(); ++i) {
      ASSERT_EQ(laid[i].begin, segments[i].begin);
      ASSERT_EQ(laid[i].end, segments[i].end);
    }
  }
}

}  // namespace
}  // namespace voxlate::translation
