// Translations of the NTREX-128 news texts, laid over the times of the English ones as if these were spoken: what no
// made-up sentence shows about scripts without spaces.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/shared_data.h"
#include "translation/characters.h"
#include "translation/sentence_joiner.h"
#include "translation/text_layout.h"

namespace voxlate::translation {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLines = 400;

std::vector<std::string> lines_of(const std::string& language) {
  const std::filesystem::path file = shared_folder() / "data/mt/ntrex" / ("newstest2019." + language + ".txt");
  if (!std::filesystem::exists(file)) return {};
  std::istringstream text(content_of(file));
  std::vector<std::string> lines;
  for (std::string line; lines.size() < kLines && std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// `line` as cues of about 40 characters, 15 characters a second.
void add_cues(std::vector<Segment>& cues, const std::string& line) {
  const std::vector<std::size_t> shares((count_characters(line) + 39) / 40, 1);
  for (std::string& text : split_in_proportion(line, shares, "en")) {
    const milliseconds begin = cues.empty() ? milliseconds(0) : cues.back().end + milliseconds(40);
    const milliseconds end = begin + milliseconds(1000 * count_characters(text) / 15);
    cues.push_back({.begin = begin, .end = end, .text = std::move(text), .words = {}, .confidence = 1});
  }
}

std::string without_blanks(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }),
             text.end());
  return text;
}

class CueTexts : public testing::TestWithParam<const char*> {};

TEST_P(CueTexts, HaveTextAndSplitNoWord) {
  const std::vector<std::string> sources = lines_of("en");
  const std::vector<std::string> targets = lines_of(GetParam());
  if (sources.empty() || targets.empty()) GTEST_SKIP() << "no news texts in " << shared_folder();
  ASSERT_EQ(sources.size(), targets.size());
  std::size_t cuts = 0;
  for (std::size_t line = 0; line < sources.size(); ++line) {
    if (!has_letter_or_digit(targets[line])) continue;  // one line of the Spanish text is ","
    std::vector<Segment> cues;
    add_cues(cues, sources[line]);
    Sentence sentence;
    for (std::size_t i = 0; i < cues.size(); ++i) {
      sentence.parts.push_back(
          {.segment = i, .begin = cues[i].begin, .end = cues[i].end, .characters = count_characters(cues[i].text)});
    }
    const std::vector<Segment> laid =
        lay_back(std::vector{sentence}, std::vector{targets[line]}, GetParam(), JoinOptions{});
    const std::vector<bool> breaks = word_breaks(targets[line]);
    std::string all;
    std::size_t at = 0;
    for (const Segment& cue : laid) {
      ASSERT_TRUE(has_letter_or_digit(cue.text)) << "'" << cue.text << "' of " << targets[line];
      at = targets[line].find(cue.text, at);
      ASSERT_NE(at, std::string::npos) << cue.text;
      ASSERT_TRUE(breaks[at]) << "cut before '" << cue.text << "' in " << targets[line];
      at += cue.text.size();
      all += cue.text;
    }
    ASSERT_EQ(without_blanks(all), without_blanks(targets[line]));
    cuts += laid.size() - 1;
  }
  EXPECT_GT(cuts, sources.size());
}

TEST_P(CueTexts, AreJoinedWithoutLoss) {
  const std::vector<std::string> lines = lines_of(GetParam());
  if (lines.empty()) GTEST_SKIP() << "no news texts in " << shared_folder();
  std::vector<Segment> cues;
  for (const std::string& line : lines) add_cues(cues, line);
  std::string spoken;
  for (const Segment& cue : cues) spoken += cue.text;
  std::string joined;
  for (const Sentence& sentence : join_sentences(cues, GetParam(), {})) {
    joined += sentence.text;
    EXPECT_LE(count_characters(sentence.text), JoinOptions{}.marked.max_characters + 60) << sentence.text;
  }
  EXPECT_EQ(without_blanks(joined), without_blanks(spoken));
}

INSTANTIATE_TEST_SUITE_P(Languages, CueTexts, testing::Values("th", "zh", "ja", "vi", "ru", "es"));

}  // namespace
}  // namespace voxlate::translation
