#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "subtitles/cue_layout.h"
#include "subtitles/rule_check.h"
#include "tests/unit/subtitles/random_transcript.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kDash = "—";

/// A dash between spaces belongs to the word before it, one at the start of a text to the word after it.
std::string without_lone_dashes(std::string text) {
  if (text.starts_with(std::string(kDash) + " ")) text.erase(0, kDash.size() + 1);
  const std::string dash = " " + std::string(kDash);
  for (auto at = text.find(dash); at != std::string::npos; at = text.find(dash)) text.erase(at, dash.size());
  return text;
}

bool has_dash(const Word& word) { return word.text.find(kDash) != std::string::npos; }

std::string letters_of(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return text;
}

std::string letters_of(const std::vector<Cue>& cues) {
  std::string letters;
  for (const Cue& cue : cues) {
    for (const std::string& line : cue.lines) letters += letters_of(line);
  }
  return letters;
}

std::string letters_of(const Transcript& transcript) {
  std::string letters;
  for (const Segment& segment : transcript.segments) letters += letters_of(segment.text);
  return letters;
}

bool has_words(const Transcript& transcript) {
  return std::all_of(transcript.segments.begin(), transcript.segments.end(),
                     [](const Segment& segment) { return !segment.words.empty(); });
}

std::vector<Word> words_of(const Transcript& transcript) {
  std::vector<Word> words;
  for (const Segment& segment : transcript.segments) {
    words.insert(words.end(), segment.words.begin(), segment.words.end());
  }
  return words;
}

/// The latest moment at which a cue may end.
milliseconds latest_end(const std::vector<Cue>& cues, std::size_t i, const Profile& profile, milliseconds media_end) {
  milliseconds latest = std::min(media_end, cues[i].begin + profile.max_duration);
  if (i + 1 < cues.size()) latest = std::min(latest, cues[i + 1].begin - profile.gap);
  return latest;
}

void expect_sound_times(const std::vector<Cue>& cues, const Profile& profile, milliseconds media_end) {
  for (std::size_t i = 0; i < cues.size(); ++i) {
    ASSERT_GE(cues[i].begin, milliseconds(0));
    ASSERT_LT(cues[i].begin, cues[i].end);
    ASSERT_LE(cues[i].end, std::max(latest_end(cues, i, profile, media_end), milliseconds(1)));
    ASSERT_FALSE(cues[i].lines.empty());
  }
}

template <typename Check>
void for_each_random(int count, Transcript (*make)(std::mt19937&), const Check& check) {
  std::mt19937 random(20261121);
  const std::vector<std::string> profiles = profile_names();
  for (int i = 0; i < count; ++i) {
    const Transcript transcript = make(random);
    const Profile& profile = find_profile(profiles[static_cast<std::size_t>(i) % profiles.size()]);
    SCOPED_TRACE("case " + std::to_string(i) + ", " + transcript.language + ", " + profile.name);
    check(transcript, profile, make_cues(transcript, profile));
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(CueLayoutProperty, EveryWordOnceAndInOrder) {
  for_each_random(1000, random_transcript,
                  [](const Transcript& transcript, const Profile&, const std::vector<Cue>& cues) {
                    ASSERT_EQ(letters_of(cues), letters_of(transcript));
                  });
}

TEST(CueLayoutProperty, CuesAreOrderedApartAndInsideTheMedia) {
  for_each_random(1000, random_transcript,
                  [](const Transcript& transcript, const Profile& profile, const std::vector<Cue>& cues) {
                    expect_sound_times(cues, profile, transcript.duration);
                  });
}

TEST(CueLayoutProperty, LinesFitExceptForAWordThatIsTooWide) {
  for_each_random(1000, random_transcript, [](const Transcript&, const Profile& profile, const std::vector<Cue>& cues) {
    for (const Violation& found : check_rules(cues, profile).violations) {
      ASSERT_NE(found.rule, Rule::kLineCount);
      if (found.rule != Rule::kLineLength) continue;
      const auto& lines = cues[found.cue].lines;
      const auto widest = std::max_element(lines.begin(), lines.end(),
                                           [](const auto& a, const auto& b) { return a.size() < b.size(); });
      ASSERT_EQ(without_lone_dashes(*widest).find(' '), std::string::npos) << *widest;
    }
  });
}

TEST(CueLayoutProperty, ACueTooFastOrShortHasNoSilenceLeftToExtendInto) {
  for_each_random(
      3000, random_transcript, [](const Transcript& transcript, const Profile& profile, const std::vector<Cue>& cues) {
        for (const Violation& found : check_rules(cues, profile).violations) {
          if (found.rule == Rule::kLineLength) continue;
          ASSERT_TRUE(found.rule == Rule::kReadingSpeed || found.rule == Rule::kDurationShort) << to_string(found.rule);
          ASSERT_EQ(cues[found.cue].end, latest_end(cues, found.cue, profile, transcript.duration));
        }
      });
}

TEST(CueLayoutProperty, CuesBeginWithAWordAndSpanNoLongPause) {
  for_each_random(
      3000, random_transcript, [](const Transcript& transcript, const Profile&, const std::vector<Cue>& cues) {
        const bool has_spaces =
            transcript.language != "th" && transcript.language != "zh" && transcript.language != "ja";
        if (!has_words(transcript) || !has_spaces) return;
        std::set<milliseconds> onsets;
        const std::vector<Word> words = words_of(transcript);
        for (const Word& word : words) onsets.insert(word.begin);
        for (const Cue& cue : cues) ASSERT_EQ(onsets.count(cue.begin), 1U);
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
          if (words[i + 1].begin - words[i].end <= milliseconds(1500) || has_dash(words[i]) || has_dash(words[i + 1]))
            continue;
          ASSERT_TRUE(
              std::any_of(cues.begin(), cues.end(), [&](const Cue& cue) { return cue.begin == words[i + 1].begin; }));
        }
      });
}

TEST(CueLayoutProperty, BrokenTranscriptsGiveSoundCues) {
  for_each_random(1000, random_broken_transcript,
                  [](const Transcript& transcript, const Profile& profile, const std::vector<Cue>& cues) {
                    milliseconds media_end = transcript.duration;
                    if (media_end == milliseconds(0)) {
                      for (const Segment& segment : transcript.segments) media_end = std::max(media_end, segment.end);
                    }
                    ASSERT_FALSE(cues.empty());
                    expect_sound_times(cues, profile, media_end);
                  });
}

TEST(CueLayoutProperty, SameInputSameCues) {
  for_each_random(200, random_transcript,
                  [](const Transcript& transcript, const Profile& profile, const std::vector<Cue>& cues) {
                    ASSERT_EQ(make_cues(transcript, profile), cues);
                  });
}

/// Whether words `[first, last)` can be one cue that meets all rules. Written from the rules alone.
bool can_be_clean_cue(const std::vector<Word>& words, std::size_t first, std::size_t last, milliseconds latest,
                      const Profile& profile) {
  const auto width = [&](std::size_t begin, std::size_t end) {
    int characters = static_cast<int>(end - begin) - 1;
    for (std::size_t i = begin; i < end; ++i) {
      characters += static_cast<int>(std::count_if(words[i].text.begin(), words[i].text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
      }));
    }
    return characters;
  };
  int characters = width(first, last);
  if (characters > profile.chars_per_line) {
    bool fits = false;
    for (std::size_t cut = first + 1; cut < last; ++cut) {
      fits = fits || (width(first, cut) <= profile.chars_per_line && width(cut, last) <= profile.chars_per_line);
    }
    if (!fits) return false;
    --characters;
  }
  const milliseconds begin = words[first].begin;
  if (words[last - 1].end - begin > profile.max_duration) return false;
  const milliseconds longest = std::min(latest, begin + profile.max_duration) - begin;
  const bool can_be_read = 1000.0 * characters / profile.max_cps <= static_cast<double>(longest.count());
  return longest >= profile.min_duration && can_be_read;
}

/// Whether any of all divisions of words `[first, last)` into cues meets all rules.
bool can_be_clean(const std::vector<Word>& words, std::size_t first, std::size_t last, milliseconds media_end,
                  const Profile& profile) {
  const auto latest = [&](std::size_t end) {
    return end < words.size() ? std::min(media_end, words[end].begin - profile.gap) : media_end;
  };
  const std::size_t places = last - first - 1;
  for (unsigned division = 0; division < (1U << places); ++division) {
    bool is_clean = true;
    std::size_t begin = first;
    for (std::size_t end = first + 1; end <= last && is_clean; ++end) {
      const bool is_cut = end == last || ((division >> (end - first - 1)) & 1U) != 0;
      if (!is_cut) continue;
      is_clean = can_be_clean_cue(words, begin, end, latest(end), profile);
      begin = end;
    }
    if (is_clean) return true;
  }
  return false;
}

TEST(CueLayoutProperty, IsCleanWhereverAnyOfAllDivisionsIs) {
  std::mt19937 random(7);
  int clean = 0;
  int dirty = 0;
  for (int i = 0; i < 1500; ++i) {
    const Transcript transcript = random_spaced_transcript(random, 11);
    const Profile& profile = find_profile(i % 2 == 0 ? "shorts" : "bbc");
    const std::vector<Cue> cues = make_cues(transcript, profile);
    const std::vector<Word> words = words_of(transcript);
    const RuleReport report = check_rules(cues, profile);
    for (std::size_t first = 0; first < words.size();) {
      std::size_t last = first + 1;
      while (last < words.size() && words[last].begin - words[last - 1].end <= milliseconds(1500)) ++last;
      const bool can_be = can_be_clean(words, first, last, transcript.duration, profile);
      (can_be ? clean : dirty) += 1;
      const bool is_broken =
          std::any_of(report.violations.begin(), report.violations.end(), [&](const Violation& found) {
            return cues[found.cue].begin >= words[first].begin && cues[found.cue].begin <= words[last - 1].begin;
          });
      ASSERT_EQ(can_be, !is_broken) << "case " << i << "\n" << write_report_json(report);
      first = last;
    }
  }
  EXPECT_GT(clean, 300);  // both kinds were seen
  EXPECT_GT(dirty, 100);
}

}  // namespace
}  // namespace voxlate::subtitles
