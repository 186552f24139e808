#include "translation/byte_pair_encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "lower" grows from l o w e r</w>: "er</w>" first, then "lo", then "low".
constexpr std::string_view kCodes = "#version: 0.2\ne r</w>\nl o\nlo w\nn e\nne w\ne s\nes t</w>\n";

std::vector<std::string> split(std::string_view codes, std::string_view word) {
  return BytePairEncoding::parse(codes, "bpe.model").split(word);
}

void expect_refused(std::string_view codes, ErrorCode code, const std::string& message) {
  try {
    BytePairEncoding::parse(codes, "bpe.model");
    FAIL() << "expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(message));
  }
}

TEST(BytePairEncoding, MergesInTheOrderOfTheList) {
  EXPECT_THAT(split(kCodes, "lower"), ElementsAre("low@@", "er"));
  EXPECT_THAT(split(kCodes, "newest"), ElementsAre("new@@", "est"));
  EXPECT_THAT(split(kCodes, "low"), ElementsAre("lo@@", "w")) << "the last w is w</w>, which no merge has";
  EXPECT_THAT(split(kCodes, "er"), ElementsAre("er"));
  EXPECT_THAT(split("a b\nb c</w>", "abc"), ElementsAre("ab@@", "c"));
  EXPECT_THAT(split("#version: 0.2\nb c</w>\na b", "abc"), ElementsAre("a@@", "bc"));
}

TEST(BytePairEncoding, WhatIsInNoMergeIsCharacters) {
  EXPECT_THAT(split(kCodes, "x"), ElementsAre("x"));
  EXPECT_THAT(split(kCodes, "жdö"), ElementsAre("ж@@", "d@@", "ö"));
  EXPECT_THAT(split(kCodes, ""), IsEmpty());
}

TEST(BytePairEncoding, EqualPairsDoNotOverlap) {
  EXPECT_THAT(split("#version: 0.2\na a\naa aa", "aaaab"), ElementsAre("aaaa@@", "b"));
  EXPECT_THAT(split("#version: 0.2\na a", "aaab"), ElementsAre("aa@@", "a@@", "b"));
}

TEST(BytePairEncoding, OldFilesHaveTheEndOfAWordAsAPiece) {
  constexpr std::string_view kOld = "o w\now </w>\nl ow</w>\ne r\n";
  EXPECT_THAT(split(kOld, "low"), ElementsAre("low"));
  EXPECT_THAT(split(kOld, "lower"), ElementsAre("l@@", "ow@@", "er")) << "an end that is left over is no piece";
  EXPECT_THAT(split("#version: 0.1\no w\n", "ow"), ElementsAre("ow"));
}

TEST(BytePairEncoding, ThePairThatIsListedTwiceCountsFirst) {
  EXPECT_THAT(split("#version: 0.2\na b\nb c\na b", "abcd"), ElementsAre("ab@@", "c@@", "d"));
}

TEST(BytePairEncoding, ReadsLinesOfAllSystems) {
  EXPECT_THAT(split("#version: 0.2\r\na b\r\nab c\r\n\r\n\n", "abcd"), ElementsAre("abc@@", "d"));
}

TEST(BytePairEncoding, LongWordsAreCut) {
  constexpr std::size_t kStretch = 256;
  std::string word;
  for (std::size_t i = 0; i < 2 * kStretch; ++i) word += "ü";
  const std::vector<std::string> pieces = split("#version: 0.2\nü ü", word);
  ASSERT_EQ(pieces.size(), kStretch + 1);
  EXPECT_EQ(pieces.front(), "üü@@");
  EXPECT_EQ(pieces.back(), "ü") << "the last ü is ü</w>";
  EXPECT_THAT(BytePairEncoding::join(pieces), ElementsAre(word));
}

TEST(BytePairEncoding, JoinsPieces) {
  const std::vector<std::string> pieces = {"low@@", "er", "x", "new@@", "est"};
  EXPECT_THAT(BytePairEncoding::join(pieces), ElementsAre("lower", "x", "newest"));
  EXPECT_THAT(BytePairEncoding::join(std::vector<std::string>{"new@@"}), ElementsAre("new")) << "was cut short";
  EXPECT_THAT(BytePairEncoding::join(std::vector<std::string>{"", "@@", ""}), IsEmpty());
}

TEST(BytePairEncoding, RefusesWhatIsNoListOfMerges) {
  const auto corrupt = ErrorCode::kCorrupt;
  expect_refused("", corrupt, "bpe.model: expected merges, got none");
  expect_refused("#version: 0.2\n", corrupt, "expected merges, got none");
  expect_refused("#version: 0.2\na b\nc\n", corrupt, "line 3: expected two pieces with a space between, got \"c\"");
  expect_refused("a b c\n", corrupt, "line 1: expected two pieces with a space between, got \"a b c\"");
  expect_refused("a b\n\nc d\n", corrupt, "line 2: expected two pieces");
  expect_refused("a b\n\xFF d\n", corrupt, "line 2: expected UTF-8");
  expect_refused("#version: 0.3\na b\n", ErrorCode::kUnsupported, "line 1: expected version 0.1 or 0.2, got \"0.3\"");
}

TEST(BytePairEncoding, RefusesTooManyMerges) {
  std::string codes;
  for (int i = 0; i <= 200'000; ++i) codes += "a b\n";
  expect_refused(codes, ErrorCode::kCorrupt, "line 200001: expected at most 200000 merges");
}

TEST(BytePairEncoding, OpensAFile) {
  const TemporaryFolder folder;
  std::ofstream(folder / "bpe.model") << kCodes;
  EXPECT_THAT(BytePairEncoding::open(folder / "bpe.model").split("lower"), ElementsAre("low@@", "er"));
  EXPECT_THROW(BytePairEncoding::open(folder / "none.model"), Error);
}

}  // namespace
}  // namespace voxlate::translation
