#include "whisper/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"
#include "tests/unit/whisper/vocabularies.h"

namespace voxlate::whisper {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts_of(const std::vector<WordTokens>& words) {
  std::vector<std::string> texts;
  for (const WordTokens& word : words) texts.push_back(word.text);
  return texts;
}

std::vector<int> tokens_of(const std::vector<WordTokens>& words) {
  std::vector<int> tokens;
  for (const WordTokens& word : words) tokens.insert(tokens.end(), word.tokens.begin(), word.tokens.end());
  return tokens;
}

/// The words of `text` with a vocabulary of single bytes.
std::vector<WordTokens> words_in(std::string_view text, std::string_view language = "en") {
  const Tokenizer tokenizer = small_tokenizer({});
  return split_words(tokenizer, tokenizer.encode(text), language);
}

std::vector<WordTokens> words_with(const std::vector<std::string>& texts) {
  std::vector<WordTokens> words;
  for (const std::string& text : texts) words.push_back({text, {static_cast<int>(words.size())}});
  return words;
}

std::vector<std::string> merged(const std::vector<std::string>& texts) {
  std::vector<WordTokens> words = words_with(texts);
  merge_punctuation(words);
  return texts_of(words);
}

TEST(Words, BeginAtSpacesAndAtPunctuation) {
  EXPECT_THAT(texts_of(words_in(" Ask not, what (you) can do.")),
              ElementsAre(" Ask", " not", ",", " what", " ", "(you", ")", " can", " do", "."));
}

TEST(Words, KeepTheTokensTheyAreMadeOf) {
  const Tokenizer tokenizer = small_tokenizer({" caf", "\xC3\xA9"});
  const int cafe = tokenizer.encode(" caf")[0];
  EXPECT_THAT(split_words(tokenizer, tokenizer.encode(" café,"), "fr"),
              ElementsAre(WordTokens{" café", {cafe, tokenizer.encode("é")[0]}}, WordTokens{",", {','}}));
}

TEST(Words, AreWholeCharactersInEveryScript) {
  EXPECT_THAT(texts_of(words_in(" Привет, мир", "ru")), ElementsAre(" Привет", ",", " мир"));
  EXPECT_THAT(texts_of(words_in("日本", "ja")), ElementsAre("日", "本"));
  EXPECT_THAT(texts_of(words_in("日本", "en")), ElementsAre("日本"));
  EXPECT_THAT(texts_of(words_in(" 1984 🙂", "en")), ElementsAre(" 1984", " 🙂"));
}

TEST(Words, AreCharactersInLanguagesWithoutSpaces) {
  for (const char* language : {"zh", "ja", "th", "lo", "my", "yue"})
    EXPECT_THAT(texts_of(words_in("ab", language)), ElementsAre("a", "b")) << language;
  EXPECT_THAT(texts_of(words_in("ab", "ko")), ElementsAre("ab"));
  EXPECT_THAT(texts_of(words_in("ab", "")), ElementsAre("ab"));
}

TEST(Words, LeaveOutSpecialTokens) {
  const Tokenizer tokenizer = small_tokenizer({});
  const std::vector<int> tokens{tokenizer.timestamp_begin(), ' ', 0xC3, tokenizer.eot(), 0xA9, tokenizer.eot(), -1};
  EXPECT_THAT(split_words(tokenizer, tokens, "fr"), ElementsAre(WordTokens{" é", {' ', 0xC3, 0xA9}}));
  EXPECT_THAT(split_words(tokenizer, {}, "fr"), ElementsAre());
}

TEST(Words, OfMalformedBytesSwallowNothing) {
  const Tokenizer tokenizer = small_tokenizer({});
  const std::vector<int> tokens{'a', 0xE2, 0x82, 'b', 'c', 0xF0};
  EXPECT_THAT(split_words(tokenizer, tokens, "zh"),
              ElementsAre(WordTokens{"a", {'a'}}, WordTokens{"\uFFFD", {0xE2, 0x82}}, WordTokens{"b", {'b'}},
                          WordTokens{"c", {'c'}}, WordTokens{"\uFFFD", {0xF0}}));
}

TEST(Words, LoseNoTokenOfAnySequence) {
  const Tokenizer tokenizer = small_tokenizer({"\xE3\x81\x82", "\x81\x82", " \xE3\x81", "  ", "()"});
  std::mt19937 random(7);
  std::uniform_int_distribution<int> token(0, tokenizer.eot() - 1);
  for (int round = 0; round < 1'000; ++round) {
    std::vector<int> tokens(static_cast<std::size_t>(round % 40));
    for (int& id : tokens) id = token(random);
    for (const char* language : {"zh", "en"}) {
      const auto words = split_words(tokenizer, tokens, language);
      ASSERT_EQ(tokens_of(words), tokens);
      std::string text;
      for (const WordTokens& word : words) text += word.text;
      ASSERT_EQ(text, tokenizer.decode(tokens));
    }
  }
}

// As OpenAI's own test.
TEST(Words, OfOpenAisExampleAreAsTheirs) {
  const auto vocabulary = openai_vocabulary("multilingual");
  if (!vocabulary) GTEST_SKIP() << "the vocabularies in ../shared/models/whisper_tokenizer are not here";
  const Tokenizer tokenizer(*vocabulary, 51'865);
  const std::vector<int> tokens{8404, 871, 287, 6, 246, 526, 3210, 20378};
  const auto words = split_words(tokenizer, tokens, "zh");
  EXPECT_THAT(texts_of(words), ElementsAre(" elle", " est", " l", "'", "\uFFFD", "é", "rit", "oire"));
  EXPECT_EQ(words.size(), tokens.size());
}

TEST(MergePunctuation, JoinsClosingMarksToTheWordBefore) {
  EXPECT_THAT(merged({" do", ".", " Ask", "?", "\""}), ElementsAre(" do.", "", " Ask?\"", "", ""));
  EXPECT_THAT(merged({"好", "。", "吗", "？"}), ElementsAre("好。", "", "吗？", ""));
}

TEST(MergePunctuation, JoinsOpeningMarksToTheWordAfter) {
  EXPECT_THAT(merged({" say", " (", "you", ")"}), ElementsAre(" say", "", " (you)", ""));
  EXPECT_THAT(merged({" \"", " ¿", "Qué", "?"}), ElementsAre("", "", " \" ¿Qué?", ""));
}

TEST(MergePunctuation, TakesOpeningMarksOnlyAfterASpace) {
  EXPECT_THAT(merged({"it", "-", "self"}), ElementsAre("it", "-", "self"));
  EXPECT_THAT(merged({" it", " -", " self"}), ElementsAre(" it", "", " - self"));
}

TEST(MergePunctuation, MovesTheTokensToo) {
  std::vector<WordTokens> words = words_with({" (", "you", ")", "."});
  merge_punctuation(words);
  EXPECT_THAT(words, ElementsAre(WordTokens{}, WordTokens{" (you).", {0, 1, 2, 3}}, WordTokens{}, WordTokens{}));
}

TEST(MergePunctuation, JoinsNothingToAWordThatEndsInASpace) {
  EXPECT_THAT(merged({"one ", ".", " two"}), ElementsAre("one ", ".", " two"));
}

TEST(MergePunctuation, LeavesWordsAndNothingAlone) {
  EXPECT_THAT(merged({" one", " two", "..."}), ElementsAre(" one", " two", "..."));
  EXPECT_THAT(merged({"."}), ElementsAre("."));
  EXPECT_THAT(merged({}), ElementsAre());
}

}  // namespace
}  // namespace voxlate::whisper
