#include "subtitles/rule_check.h"

#include <gmock/gmock.h>

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Cue cue(int begin_ms, int end_ms, std::vector<std::string> lines) {
  return {milliseconds(begin_ms), milliseconds(end_ms), std::move(lines)};
}

std::vector<Violation> check(std::vector<Cue> cues) { return check_rules(cues, find_profile("netflix-en")).violations; }

TEST(RuleCheck, LimitsThemselvesAreAllowed) {
  EXPECT_THAT(check({cue(0, 833, {"x"}), cue(916, 916 + 7007, {std::string(42, 'x'), std::string(42, 'y')}),
                     cue(10000, 11000, {std::string(20, 'x')})}),
              IsEmpty());
}

TEST(RuleCheck, FindsEachBrokenRule) {
  EXPECT_THAT(check({cue(0, 4000, {std::string(43, 'x')})}), ElementsAre(Violation{0, Rule::kLineLength, 43, 42}));
  EXPECT_THAT(check({cue(0, 4000, {"a", "b", "c"})}), ElementsAre(Violation{0, Rule::kLineCount, 3, 2}));
  EXPECT_THAT(check({cue(0, 1000, {std::string(21, 'x')})}), ElementsAre(Violation{0, Rule::kReadingSpeed, 21, 20}));
  EXPECT_THAT(check({cue(0, 832, {"x"})}), ElementsAre(Violation{0, Rule::kDurationShort, 832, 833}));
  EXPECT_THAT(check({cue(0, 7008, {"x"})}), ElementsAre(Violation{0, Rule::kDurationLong, 7008, 7007}));
  EXPECT_THAT(check({cue(0, 1000, {"x"}), cue(1082, 2000, {"x"})}), ElementsAre(Violation{1, Rule::kGap, 82, 83}));
  EXPECT_THAT(check({cue(0, 1000, {"x"}), cue(990, 2000, {"x"})}), ElementsAre(Violation{1, Rule::kOverlap, 10, 0}));
  EXPECT_THAT(check({cue(0, 1000, {})}), ElementsAre(Violation{0, Rule::kEmpty, 0, 1}));
  EXPECT_THAT(check({cue(5, 5, {"x"})}), ElementsAre(Violation{0, Rule::kDurationShort, 0, 833}));
  EXPECT_THAT(check({cue(5000, 6000, {"x"}), cue(1000, 2000, {"x"})}),
              ElementsAre(Violation{1, Rule::kOrder, 4000, 0}, Violation{1, Rule::kOverlap, 5000, 0}));
}

TEST(RuleCheck, CountsGraphemeClustersAndNoTags) {
  std::string families;
  for (int i = 0; i < 42; ++i) families += "👨‍👩‍👧‍👦";
  EXPECT_THAT(check({cue(0, 5000, {families})}), IsEmpty());
  const std::string tagged = "<i>" + std::string(42, 'x') + "</i><font color=\"red\"></font>{\\an8}<00:01.500>";
  EXPECT_THAT(check({cue(0, 5000, {tagged})}), IsEmpty());
  EXPECT_THAT(check({cue(0, 5000, {"1 < 2 > 0 <notatag> " + std::string(23, 'x')})}),
              ElementsAre(Violation{0, Rule::kLineLength, 43, 42}));
}

TEST(RuleCheck, ReportSaysWhatAndWhy) {
  const std::vector<Cue> cues{cue(0, 1500, {std::string(43, 'x')})};
  const std::string json = write_report_json(check_rules(cues, find_profile("netflix-en")));
  EXPECT_THAT(json, HasSubstr(R"("cues":1)"));
  EXPECT_THAT(json, HasSubstr(R"("rule":"line_length","value":43.0,"limit":42.0)"));
  EXPECT_THAT(json, HasSubstr(R"("rule":"reading_speed","value":28.67,"limit":20.0)"));
  EXPECT_THAT(json, HasSubstr("a line has 43 characters, at most 42 fit"));
}

}  // namespace
}  // namespace voxlate::subtitles
