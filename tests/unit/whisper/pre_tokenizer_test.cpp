#include "whisper/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/regex.h>
#include <unicode/unistr.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace voxlate::whisper {
namespace {

using testing::ElementsAre;

std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const std::string_view piece = next_piece(text);
    if (piece.empty()) break;
    pieces.emplace_back(piece);
    text.remove_prefix(piece.size());
  }
  return pieces;
}

TEST(PreTokenizer, KeepsTheSpaceWithTheWord) {
  EXPECT_THAT(pieces_of("Hello world  again"), ElementsAre("Hello", " world", " ", " again"));
  EXPECT_THAT(pieces_of(" 12 cats, 3dogs!"), ElementsAre(" 12", " cats", ",", " 3", "dogs", "!"));
}

TEST(PreTokenizer, CutsContractionsInLowerCaseOnly) {
  EXPECT_THAT(
      pieces_of("I'm we're you've she'll it's don't he'd"),
      ElementsAre("I", "'m", " we", "'re", " you", "'ve", " she", "'ll", " it", "'s", " don", "'t", " he", "'d"));
  EXPECT_THAT(pieces_of("IT'S"), ElementsAre("IT", "'", "S"));
  EXPECT_THAT(pieces_of("a 's ''s"), ElementsAre("a", " '", "s", " ''", "s"));
}

TEST(PreTokenizer, LeavesTheLastSpaceToWhatFollows) {
  EXPECT_THAT(pieces_of("a\n\nb"), ElementsAre("a", "\n", "\n", "b"));
  EXPECT_THAT(pieces_of("a \n b"), ElementsAre("a", " \n", " b"));
  EXPECT_THAT(pieces_of("a \xE3\x80\x80\xE3\x80\x80"
                        "b"),
              ElementsAre("a", " \xE3\x80\x80", "\xE3\x80\x80", "b"));
  EXPECT_THAT(pieces_of("end  \t"), ElementsAre("end", "  \t"));
  EXPECT_THAT(pieces_of(" "), ElementsAre(" "));
}

TEST(PreTokenizer, TakesMalformedBytesForOtherCharacters) {
  EXPECT_THAT(pieces_of("a\xFF\xE2\x82"
                        "b"),
              ElementsAre("a", "\xFF\xE2\x82", "b"));
  EXPECT_THAT(pieces_of(" \xC3"), ElementsAre(" \xC3"));
}

std::string random_text(std::mt19937& random) {
  static constexpr std::array<const char*, 26> kParts{"a",
                                                      "Z",
                                                      "é",
                                                      "я",
                                                      "中",
                                                      "\xE0\xA4\x95",
                                                      "\xE0\xA5\x8D",
                                                      "7",
                                                      "٣",
                                                      "½",
                                                      " ",
                                                      " ",
                                                      "\t",
                                                      "\n",
                                                      "\xC2\xA0",
                                                      "\xE3\x80\x80",
                                                      "'",
                                                      "s",
                                                      "re",
                                                      "'ll",
                                                      ".",
                                                      "—",
                                                      "\xF0\x9F\x98\x80",
                                                      "\xC2\x85",
                                                      "\x0B",
                                                      "_"};
  std::uniform_int_distribution<std::size_t> part(0, kParts.size() - 1);
  std::uniform_int_distribution<int> size(1, 12);
  std::string text;
  for (int i = size(random); i > 0; --i) text += kParts[part(random)];
  return text;
}

TEST(PreTokenizer, AgreesWithTheRegularExpression) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString expression =
      icu::UnicodeString::fromUTF8(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+)"
                                   R"(|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+)");
  const std::unique_ptr<icu::RegexPattern> pattern(icu::RegexPattern::compile(expression, 0, status));
  ASSERT_TRUE(U_SUCCESS(status)) << u_errorName(status);

  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random);
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(text);
    const std::unique_ptr<icu::RegexMatcher> matcher(pattern->matcher(wide, status));
    std::vector<std::string> expected;
    while (matcher->find() != 0) matcher->group(status).toUTF8String(expected.emplace_back());
    ASSERT_EQ(pieces_of(text), expected) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace voxlate::whisper
