#include "sphinx/segments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace voxlate::sphinx {
namespace {

using std::chrono::milliseconds;

constexpr UtterancePlace kAlone{
    .begin = milliseconds{10'000}, .end = milliseconds{15'000}, .starts_sentence = true, .ends_sentence = true};

TEST(WrittenWord, CapitalisesTheFirstPersonOnly) {
  EXPECT_EQ(written_word("i"), "I");
  EXPECT_EQ(written_word("i'm"), "I'm");
  EXPECT_EQ(written_word("it's"), "it's");
  EXPECT_EQ(written_word("in"), "in");
}

TEST(WrittenWord, WritesLettersAsLetters) {
  EXPECT_EQ(written_word("b."), "B");
  EXPECT_EQ(written_word("u.s."), "U.S.");
  EXPECT_EQ(written_word("p.m."), "p.m.");
  EXPECT_EQ(written_word("mr."), "mr.");
}

TEST(MakeSegments, GivesNothingForNoWords) { EXPECT_THAT(make_segments({}, kAlone), testing::IsEmpty()); }

TEST(MakeSegments, PlacesWordsInMediaTimeAndAveragesConfidence) {
  const auto segments = make_segments({{"go", 20, 50, 1.0F}, {"forward", 50, 100, 0.5F}}, kAlone);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].text, "Go forward.");
  EXPECT_EQ(segments[0].begin, milliseconds{10'200});
  EXPECT_EQ(segments[0].end, milliseconds{11'000});
  EXPECT_FLOAT_EQ(segments[0].confidence, 0.75F);
  EXPECT_THAT(segments[0].words,
              testing::ElementsAre(Word{"Go", milliseconds{10'200}, milliseconds{10'500}, 1.0F},
                                   Word{"forward.", milliseconds{10'500}, milliseconds{11'000}, 0.5F}));
}

TEST(MakeSegments, EndsASentenceAtALongPause) {
  const auto segments = make_segments({{"yes", 0, 40, 1}, {"i", 99, 120, 1}, {"do", 180, 200, 1}}, kAlone);
  ASSERT_EQ(segments.size(), 2U) << "one pause of 590 ms, one of 600 ms";
  EXPECT_EQ(segments[0].text, "Yes I.");
  EXPECT_EQ(segments[1].text, "Do.");
  EXPECT_EQ(segments[1].begin, milliseconds{11'800});
}

TEST(MakeSegments, ContinuesASentenceThatWasCut) {
  const UtterancePlace inside{.begin = milliseconds{0}, .end = milliseconds{9'000}};
  const auto segments = make_segments({{"and", 0, 20, 1}, {"so", 20, 40, 1}}, inside);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].text, "and so");
}

TEST(MakeSegments, KeepsTimesInsideTheUtterance) {
  const auto segments = make_segments({{"late", 450, 503, 1}}, kAlone);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].end, milliseconds{15'000});
}

}  // namespace
}  // namespace voxlate::sphinx
