#include "whisper/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <climits>
#include <map>
#include <random>

#include "base/utf8.h"
#include "tests/unit/whisper/vocabularies.h"
#include "voxlate/error.h"
#include "whisper/languages.h"
#include "whisper/pre_tokenizer.h"

namespace voxlate::whisper {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Tiktoken's rule in its plainest form: again and again, merge the pair of the lowest rank.
std::vector<int> encode_plainly(const std::vector<std::string>& vocabulary, std::string_view text) {
  std::map<std::string, int> ranks;
  for (std::size_t id = 0; id < vocabulary.size(); ++id) ranks.emplace(vocabulary[id], static_cast<int>(id));
  std::vector<int> tokens;
  while (!text.empty()) {
    const std::string piece(next_piece(text));
    text.remove_prefix(piece.size());
    std::vector<std::string> parts;
    for (const char byte : piece) parts.emplace_back(1, byte);
    if (ranks.contains(piece)) parts = {piece};
    while (true) {
      std::size_t best = 0;
      int best_rank = INT_MAX;
      for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto found = ranks.find(parts[i] + parts[i + 1]);
        if (found == ranks.end() || found->second >= best_rank) continue;
        best = i;
        best_rank = found->second;
      }
      if (best_rank == INT_MAX) break;
      parts[best] += parts[best + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    for (const std::string& part : parts) tokens.push_back(ranks.at(part));
  }
  return tokens;
}

std::string random_bytes(std::mt19937& random, std::size_t max_size) {
  std::uniform_int_distribution<std::size_t> size(0, max_size);
  std::uniform_int_distribution<int> byte(0, 255);
  std::string bytes(size(random), ' ');
  for (char& c : bytes) c = static_cast<char>(byte(random));
  return bytes;
}

std::string random_utf8(std::mt19937& random, std::size_t max_characters) {
  static constexpr std::array<std::pair<int, int>, 6> kRanges{
      {{0x20, 0x7E}, {0x61, 0x66}, {0xA0, 0x24F}, {0x400, 0x4FF}, {0x3040, 0x30FF}, {0x1F300, 0x1F64F}}};
  std::uniform_int_distribution<std::size_t> size(0, max_characters);
  std::uniform_int_distribution<std::size_t> range(0, kRanges.size() - 1);
  std::string text;
  for (std::size_t i = size(random); i > 0; --i) {
    const auto [low, high] = kRanges[range(random)];
    const auto c = static_cast<unsigned>(std::uniform_int_distribution<int>(low, high)(random));
    const auto put = [&](unsigned byte) { text += static_cast<char>(byte); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0U | c >> 6U), put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
      put(0xE0U | c >> 12U), put(0x80U | (c >> 6U & 0x3FU)), put(0x80U | (c & 0x3FU));
    } else {
      put(0xF0U | c >> 18U), put(0x80U | (c >> 12U & 0x3FU)), put(0x80U | (c >> 6U & 0x3FU)), put(0x80U | (c & 0x3FU));
    }
  }
  return text;
}

std::string bytes_of(const Tokenizer& tokenizer, std::span<const int> tokens) {
  std::string bytes;
  for (const int token : tokens) bytes += tokenizer.token_bytes(token);
  return bytes;
}

/// As large as OpenAI's: single bytes in their order, then numbers.
std::vector<std::string> large_vocabulary(std::size_t n_ordinary) {
  std::vector<std::string> tokens;
  for (int byte = '!'; byte <= '~'; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (int byte = 0xA1; byte <= 0xAC; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (int byte = 0xAE; byte <= 0xFF; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (int byte = 0; byte <= 0x20; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (int byte = 0x7F; byte <= 0xA0; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  tokens.emplace_back(1, '\xAD');
  for (std::size_t i = tokens.size(); i < n_ordinary; ++i) tokens.push_back("t" + std::to_string(i));
  return tokens;
}

std::string error_of(const std::vector<std::string>& ordinary, int n_vocab) {
  try {
    const Tokenizer tokenizer(ordinary, n_vocab);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    return error.what();
  }
  return "none";
}

TEST(Tokenizer, KnowsTheIdsOfEnglishModels) {
  const Tokenizer tokenizer(large_vocabulary(50'256), 51'864);
  EXPECT_FALSE(tokenizer.is_multilingual());
  EXPECT_EQ(tokenizer.n_languages(), 99);
  EXPECT_EQ(tokenizer.eot(), 50256);
  EXPECT_EQ(tokenizer.sot(), 50257);
  EXPECT_EQ(tokenizer.language_token(0), 50258);
  EXPECT_EQ(tokenizer.translate(), 50357);
  EXPECT_EQ(tokenizer.transcribe(), 50358);
  EXPECT_EQ(tokenizer.start_of_lm(), 50359);
  EXPECT_EQ(tokenizer.start_of_previous(), 50360);
  EXPECT_EQ(tokenizer.no_speech(), 50361);
  EXPECT_EQ(tokenizer.no_timestamps(), 50362);
  EXPECT_EQ(tokenizer.timestamp_begin(), 50363);
  EXPECT_EQ(tokenizer.n_vocab(), 51864);
}

TEST(Tokenizer, KnowsTheIdsOfMultilingualModels) {
  const Tokenizer tokenizer(large_vocabulary(50'257), 51'865);
  EXPECT_TRUE(tokenizer.is_multilingual());
  EXPECT_EQ(tokenizer.n_languages(), 99);
  EXPECT_EQ(tokenizer.eot(), 50257);
  EXPECT_EQ(tokenizer.sot(), 50258);
  EXPECT_EQ(tokenizer.language_token(*find_language("en")), 50259);
  EXPECT_EQ(tokenizer.language_token(*find_language("es")), 50262);
  EXPECT_EQ(tokenizer.translate(), 50358);
  EXPECT_EQ(tokenizer.transcribe(), 50359);
  EXPECT_EQ(tokenizer.no_speech(), 50362);
  EXPECT_EQ(tokenizer.no_timestamps(), 50363);
  EXPECT_EQ(tokenizer.timestamp_begin(), 50364);
  EXPECT_THROW(tokenizer.language_token(*find_language("yue")), Error);
}

TEST(Tokenizer, KnowsTheIdsOfLargeV3) {
  const Tokenizer tokenizer(large_vocabulary(50'257), 51'866);
  EXPECT_EQ(tokenizer.n_languages(), 100);
  EXPECT_EQ(tokenizer.language_token(*find_language("yue")), 50358);
  EXPECT_EQ(tokenizer.transcribe(), 50360);
  EXPECT_EQ(tokenizer.timestamp_begin(), 50365);
}

TEST(Tokenizer, DerivesTheLayoutOfASmallVocabulary) {
  const Tokenizer tokenizer = small_tokenizer({"one"}, /*n_languages=*/4);
  EXPECT_EQ(tokenizer.eot(), 258);
  EXPECT_EQ(tokenizer.sot(), 259);
  EXPECT_EQ(tokenizer.n_languages(), 4);
  EXPECT_TRUE(tokenizer.is_multilingual());
  EXPECT_EQ(tokenizer.language_token(3), 263);
  EXPECT_EQ(tokenizer.translate(), 264);
  EXPECT_EQ(tokenizer.timestamp_begin(), 270);
  EXPECT_EQ(tokenizer.n_vocab(), 270 + 1501);
  EXPECT_FALSE(small_tokenizer({}, /*n_languages=*/1).is_multilingual());
}

TEST(Tokenizer, TellsLanguageTokensAndTimestamps) {
  const Tokenizer tokenizer = small_tokenizer({}, /*n_languages=*/4);
  EXPECT_EQ(tokenizer.language_of(tokenizer.language_token(2)), 2);
  EXPECT_EQ(tokenizer.language_of(tokenizer.sot()), std::nullopt);
  EXPECT_EQ(tokenizer.language_of(tokenizer.translate()), std::nullopt);
  EXPECT_FALSE(tokenizer.is_timestamp(tokenizer.no_timestamps()));
  EXPECT_TRUE(tokenizer.is_timestamp(tokenizer.timestamp_begin()));
  EXPECT_EQ(tokenizer.timestamp(tokenizer.timestamp_begin()).count(), 0);
  EXPECT_EQ(tokenizer.timestamp(tokenizer.n_vocab() - 1).count(), 30'000);
}

TEST(Tokenizer, RefusesAVocabularyThatDoesNotFit) {
  EXPECT_THAT(error_of(large_vocabulary(50'000), 51'865), HasSubstr("expected 50257 ordinary ones, got 50000"));
  EXPECT_THAT(error_of(large_vocabulary(50'255), 51'864), HasSubstr("expected 50256 ordinary ones, got 50255"));
  EXPECT_THAT(error_of(large_vocabulary(50'257), 51'867), HasSubstr("expected 0 to 100 languages, got 101"));
  EXPECT_THAT(error_of(large_vocabulary(50'257), INT_MAX), HasSubstr("languages"));
  const auto small = small_vocabulary({});
  EXPECT_THAT(error_of(small, small_n_vocab(256, 101)), HasSubstr("got 101"));
  EXPECT_THAT(error_of(small, small_n_vocab(256, -1)), HasSubstr("got -1"));
  EXPECT_THAT(error_of(small, 0), HasSubstr("languages"));
  EXPECT_THAT(error_of(small, INT_MIN), HasSubstr("languages"));
  EXPECT_THAT(error_of({}, 51'865), HasSubstr("got 0"));
  EXPECT_THAT(error_of({std::string(1025, 'a')}, small_n_vocab(1, 1)),
              HasSubstr("token 0: expected at most 1024 bytes, got 1025"));
}

TEST(Tokenizer, DropsSpecialTokensThatAFileListsAsOrdinary) {
  auto vocabulary = large_vocabulary(50'256);
  vocabulary.emplace_back("<|endoftext|>");
  const Tokenizer tokenizer(vocabulary, 51'864);
  EXPECT_EQ(tokenizer.eot(), 50256);
  EXPECT_EQ(tokenizer.token_bytes(50256), "");
  EXPECT_GT(tokenizer.encode("<|endoftext|>").size(), 1U);
}

TEST(Tokenizer, RestoresSingleBytesThatAnOldConverterDestroyed) {
  const auto whole = large_vocabulary(50'257);
  auto damaged = whole;
  for (std::size_t id = 0; id < 256; ++id) {
    if (!is_utf8(damaged[id])) damaged[id] = "\xEF\xBF\xBD";
  }
  const Tokenizer tokenizer(damaged, 51'865);
  for (int id = 0; id < 256; ++id) EXPECT_EQ(tokenizer.token_bytes(id), whole[static_cast<std::size_t>(id)]) << id;
}

TEST(Tokenizer, MergesTheLowestRankFirstAndThenTheLeftmost) {
  const Tokenizer tokenizer = small_tokenizer({"abc", "bcd", "xx"});
  // ab = 256, abc = 257, bc = 258, bcd = 259, xx = 260
  EXPECT_THAT(tokenizer.encode("abcd"), ElementsAre(257, 'd'));
  EXPECT_THAT(tokenizer.encode("bcd"), ElementsAre(259));
  EXPECT_THAT(tokenizer.encode("xxx"), ElementsAre(260, 'x'));
  EXPECT_THAT(tokenizer.encode("abab cd"), ElementsAre(256, 256, ' ', 'c', 'd'));
  EXPECT_THAT(tokenizer.encode(""), ElementsAre());
}

TEST(Tokenizer, TakesAWholeWordThatNoMergeReaches) {
  auto vocabulary = small_vocabulary({});
  vocabulary.emplace_back("word");
  const Tokenizer tokenizer(vocabulary, small_n_vocab(257, 1));
  EXPECT_THAT(tokenizer.encode("word"), ElementsAre(256));
  EXPECT_THAT(tokenizer.encode(" word"), ElementsAre(' ', 'w', 'o', 'r', 'd'));
}

TEST(Tokenizer, EncodesAsThePlainAlgorithm) {
  const std::vector<std::string> words{"abab", "baab", "aaaa", "bb", " ab", "ca", "\xD0\xB0\xD0\xB1",
                                       "cab",  " c",   "bca"};
  const auto vocabulary = small_vocabulary(words);
  const Tokenizer tokenizer = small_tokenizer(words);
  std::mt19937 random(2);
  std::uniform_int_distribution<std::size_t> size(0, 40);
  std::uniform_int_distribution<int> letter(0, 5);
  for (int round = 0; round < 1'500; ++round) {
    std::string text;
    for (std::size_t i = size(random); i > 0; --i)
      text += std::array{"a", "b", "c", " ", "\xD0\xB0", "\xD0\xB1"}[static_cast<std::size_t>(letter(random))];
    ASSERT_EQ(tokenizer.encode(text), encode_plainly(vocabulary, text)) << text;
  }
}

TEST(Tokenizer, DecodesWhatItEncoded) {
  const Tokenizer tokenizer = small_tokenizer({" the", "ing", "\xD0\xB0\xD0\xB1", "\xE3\x81\x82"});
  std::mt19937 random(3);
  for (int round = 0; round < 2'000; ++round) {
    const std::string text = random_utf8(random, 40);
    ASSERT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(Tokenizer, EncodesAnyBytes) {
  const Tokenizer tokenizer = small_tokenizer({"\xFF\xFF", "\xD0\xB0\xD0"});
  std::mt19937 random(4);
  for (int round = 0; round < 2'000; ++round) {
    const std::string bytes = random_bytes(random, 60);
    const std::vector<int> tokens = tokenizer.encode(bytes);
    ASSERT_EQ(bytes_of(tokenizer, tokens), bytes);
    ASSERT_TRUE(is_utf8(tokenizer.decode(tokens)));
  }
}

TEST(Tokenizer, LeavesOutBytesWithoutAToken) {
  const std::vector<std::string> vocabulary{"a", "b", "ab", "cd"};
  const Tokenizer tokenizer(vocabulary, small_n_vocab(vocabulary.size(), 1));
  EXPECT_THAT(tokenizer.encode("abxab"), ElementsAre(2, 2));
  EXPECT_THAT(tokenizer.encode("acd"), ElementsAre(0, 3));
}

// Quadratic time would be hours.
TEST(Tokenizer, EncodesALongWordInBoundedTime) {
  const Tokenizer tokenizer = small_tokenizer({"aaaaaaaa", "ab", "bab"});
  const std::string one_letter(1 << 20, 'a');
  EXPECT_EQ(tokenizer.encode(one_letter).size(), one_letter.size() / 8);
  std::string two_letters;
  while (two_letters.size() < 1 << 18) two_letters += "ab";
  EXPECT_EQ(bytes_of(tokenizer, tokenizer.encode(two_letters)), two_letters);
  const std::string spaces(1 << 18, '\n');
  EXPECT_EQ(tokenizer.encode(spaces).size(), spaces.size());
}

TEST(Tokenizer, RefusesATextAboveItsLimit) {
  const Tokenizer tokenizer = small_tokenizer({});
  EXPECT_THROW(tokenizer.encode(std::string(Tokenizer::kMaxTextBytes + 1, 'a')), Error);
}

TEST(Tokenizer, DecodesOrdinaryTokensOnly) {
  const Tokenizer tokenizer = small_tokenizer({});
  const std::vector<int> tokens{tokenizer.sot(), 'h', tokenizer.timestamp_begin(), 'i', tokenizer.eot(), -1, INT_MAX};
  EXPECT_EQ(tokenizer.decode(tokens), "hi");
}

TEST(Tokenizer, DecodesACharacterOverSeveralTokens) {
  const Tokenizer tokenizer = small_tokenizer({});
  EXPECT_EQ(tokenizer.decode(std::vector<int>{0xE2, 0x82, 0xAC}), "€");
  EXPECT_EQ(tokenizer.decode(std::vector<int>{0xE2, tokenizer.timestamp_begin(), 0x82, 0xAC}), "€");
}

// What Python's bytes.decode("utf-8", errors="replace") gives.
TEST(Tokenizer, DecodesMalformedBytesAsReplacementCharacters) {
  const Tokenizer tokenizer = small_tokenizer({});
  EXPECT_EQ(tokenizer.decode(std::vector<int>{'a', 0xE2, 0x82}), "a\uFFFD");
  EXPECT_EQ(tokenizer.decode(std::vector<int>{0xE2, 0x82, 'a'}), "\uFFFDa");
  EXPECT_EQ(tokenizer.decode(std::vector<int>{0x82, 0xAC, 'a'}), "\uFFFD\uFFFDa");
  EXPECT_EQ(tokenizer.decode(std::vector<int>{0xF0, 0x9F, 0x98, 0xF0}), "\uFFFD\uFFFD");
  EXPECT_EQ(tokenizer.decode(std::vector<int>{0xED, 0xA0, 0x80}), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(tokenizer.decode(std::vector<int>{0xC0, 0xAF}), "\uFFFD\uFFFD");
}

TEST(Tokenizer, SuppressesOnlyWhatItCanNameInASmallVocabulary) {
  const Tokenizer tokenizer = small_tokenizer({" (", "--", "\xE2\x99"});
  const std::vector<int> tokens = tokenizer.non_speech_tokens();
  const auto holds = [&](int token) { return std::find(tokens.begin(), tokens.end(), token) != tokens.end(); };
  EXPECT_TRUE(std::is_sorted(tokens.begin(), tokens.end()));
  EXPECT_TRUE(holds('('));
  EXPECT_TRUE(holds(256)) << "a bracket after a space";
  EXPECT_TRUE(holds(257)) << "two dashes";
  EXPECT_TRUE(holds(258)) << "how all notes begin";
  EXPECT_FALSE(holds(' ')) << "how a dash after a space begins when no token is both";
  EXPECT_FALSE(holds('-'));
  EXPECT_FALSE(holds(0xE2)) << "how much else begins";
  EXPECT_FALSE(holds('.'));
}

TEST(Tokenizer, NamesWhatIsNeverSampledAndWhatMustNotComeFirst) {
  const Tokenizer tokenizer = small_tokenizer({});
  EXPECT_THAT(tokenizer.suppressed_special_tokens(),
              ElementsAre(tokenizer.sot(), tokenizer.translate(), tokenizer.transcribe(), tokenizer.start_of_lm(),
                          tokenizer.start_of_previous(), tokenizer.no_speech()));
  EXPECT_THAT(tokenizer.blank_tokens(), ElementsAre(' ', tokenizer.eot()));
}

class OpenAiVocabulary : public testing::Test {
 protected:
  static constexpr const char* kAbsent = "the vocabularies in ../shared/models/whisper_tokenizer are not here";

  void SetUp() override {
    const auto gpt2 = openai_vocabulary("gpt2");
    const auto multilingual = openai_vocabulary("multilingual");
    if (!gpt2 || !multilingual) GTEST_SKIP() << kAbsent;
    gpt2_ = *gpt2;
    multilingual_ = *multilingual;
    english_tokenizer_.emplace(gpt2_, 51'864);
    multilingual_tokenizer_.emplace(multilingual_, 51'865);
  }

  std::vector<std::string> gpt2_;
  std::vector<std::string> multilingual_;
  std::optional<Tokenizer> english_tokenizer_;
  std::optional<Tokenizer> multilingual_tokenizer_;
};

TEST_F(OpenAiVocabulary, EncodesKnownTexts) {
  EXPECT_THAT(english_tokenizer_->encode(" hello world"), ElementsAre(23748, 995));
  EXPECT_THAT(english_tokenizer_->encode("Hello world"), ElementsAre(15496, 995));
  EXPECT_THAT(english_tokenizer_->encode("Hello, world!"), ElementsAre(15496, 11, 995, 0));
  EXPECT_THAT(english_tokenizer_->encode(" And so my fellow Americans"), ElementsAre(843, 523, 616, 5891, 3399));
  EXPECT_THAT(multilingual_tokenizer_->encode(" And so my fellow Americans"), ElementsAre(400, 370, 452, 7177, 6280));
  EXPECT_THAT(multilingual_tokenizer_->blank_tokens(), ElementsAre(220, 50257));
  EXPECT_THAT(english_tokenizer_->blank_tokens(), ElementsAre(220, 50256));
}

// As OpenAI's own test.
TEST_F(OpenAiVocabulary, EncodesKoreanShorterWithTheMultilingualOne) {
  const std::string text = "다람쥐 헌 쳇바퀴에 타고파";
  const auto english = english_tokenizer_->encode(text);
  const auto multilingual = multilingual_tokenizer_->encode(text);
  EXPECT_EQ(english_tokenizer_->decode(english), text);
  EXPECT_EQ(multilingual_tokenizer_->decode(multilingual), text);
  EXPECT_GT(english.size(), multilingual.size());
}

TEST_F(OpenAiVocabulary, EncodesAsThePlainAlgorithm) {
  std::mt19937 random(5);
  std::string text;
  for (int i = 0; i < 50; ++i) text += random_utf8(random, 40) + random_bytes(random, 10);
  text += " It's the 21st of November; they'll have been transcribed. Überraschung, déjà vu, Здравствуйте, 你好世界!";
  EXPECT_EQ(english_tokenizer_->encode(text), encode_plainly(gpt2_, text));
  EXPECT_EQ(multilingual_tokenizer_->encode(text), encode_plainly(multilingual_, text));
}

TEST_F(OpenAiVocabulary, DecodesWhatItEncoded) {
  std::mt19937 random(6);
  for (int round = 0; round < 500; ++round) {
    const std::string text = random_utf8(random, 60);
    ASSERT_EQ(english_tokenizer_->decode(english_tokenizer_->encode(text)), text);
    ASSERT_EQ(multilingual_tokenizer_->decode(multilingual_tokenizer_->encode(text)), text);
  }
}

TEST_F(OpenAiVocabulary, HasTheSingleBytesWhereTheyAreRestored) {
  auto damaged = multilingual_;
  for (std::size_t id = 0; id < 256; ++id) damaged[id] = "\xEF\xBF\xBD";
  const Tokenizer tokenizer(damaged, 51'865);
  for (int id = 0; id < 256; ++id) {
    EXPECT_EQ(tokenizer.token_bytes(id), multilingual_[static_cast<std::size_t>(id)]) << id;
    EXPECT_EQ(tokenizer.token_bytes(id), gpt2_[static_cast<std::size_t>(id)]) << id;
  }
}

// The ids that OpenAI's tokenizer computes, as the published model configurations list them.
TEST_F(OpenAiVocabulary, SuppressesWhatIsNoSpeech) {
  EXPECT_THAT(
      english_tokenizer_->non_speech_tokens(),
      ElementsAre(1, 2, 7, 8, 9, 10, 14, 25, 26, 27, 28, 29, 31, 58, 59, 60, 61, 62, 63, 90, 91, 92, 93, 357, 366, 438,
                  532, 685, 705, 796, 930, 1058, 1220, 1267, 1279, 1303, 1343, 1377, 1391, 1635, 1782, 1875, 2162, 2361,
                  2488, 3467, 4008, 4211, 4600, 4808, 5299, 5855, 6329, 7203, 9609, 9959, 10563, 10786, 11420, 11709,
                  11907, 13163, 13697, 13700, 14808, 15306, 16410, 16791, 17992, 19203, 19510, 20724, 22305, 22935,
                  27007, 30109, 30420, 33409, 34949, 40283, 40493, 40549, 47282, 49146));
  EXPECT_THAT(multilingual_tokenizer_->non_speech_tokens(),
              ElementsAre(1, 2, 7, 8, 9, 10, 14, 25, 26, 27, 28, 29, 31, 58, 59, 60, 61, 62, 63, 90, 91, 92, 93, 359,
                          503, 522, 542, 873, 893, 902, 918, 922, 931, 1350, 1853, 1982, 2460, 2627, 3246, 3253, 3268,
                          3536, 3846, 3961, 4183, 4667, 6585, 6647, 7273, 9061, 9383, 10428, 10929, 11938, 12033, 12331,
                          12562, 13793, 14157, 14635, 15265, 15618, 16553, 16604, 18362, 18956, 20075, 21675, 22520,
                          26130, 26161, 26435, 28279, 29464, 31650, 32302, 32470, 36865, 42863, 47425, 49870, 50254));
  EXPECT_THAT(multilingual_tokenizer_->suppressed_special_tokens(),
              ElementsAre(50258, 50358, 50359, 50360, 50361, 50362));
}

}  // namespace
}  // namespace voxlate::whisper
