#include "subtitles/profile.h"

#include <gmock/gmock.h>

#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Profile, KnowsTheTable) {
  EXPECT_THAT(profile_names(),
              ElementsAre("netflix-en", "netflix", "netflix-zh", "netflix-th", "prime", "bbc", "arte", "shorts"));
  const Profile& arte = find_profile("arte");
  EXPECT_EQ(arte.chars_per_line, 40);
  EXPECT_EQ(arte.lines, 2);
  EXPECT_EQ(arte.max_cps, 20);
  EXPECT_EQ(arte.best_cps, 12);
  EXPECT_EQ(arte.min_duration, milliseconds(1000));
  EXPECT_EQ(arte.max_duration, milliseconds(10000));
  EXPECT_EQ(arte.gap, milliseconds(200));
  EXPECT_EQ(find_profile("bbc").best_cps, find_profile("bbc").max_cps);
}

TEST(Profile, UnknownNameListsKnownOnes) {
  try {
    find_profile("netflux");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(error.what(), HasSubstr("netflix-th, prime"));
    EXPECT_THAT(error.what(), HasSubstr("netflux"));
  }
}

TEST(Profile, DefaultFollowsTheLanguage) {
  EXPECT_EQ(default_profile_for("en").name, "netflix-en");
  EXPECT_EQ(default_profile_for("EN-us").name, "netflix-en");
  EXPECT_EQ(default_profile_for("zh-Hant").name, "netflix-zh");
  EXPECT_EQ(default_profile_for("th").name, "netflix-th");
  EXPECT_EQ(default_profile_for("es").name, "netflix");
  EXPECT_EQ(default_profile_for("").name, "netflix");
}

}  // namespace
}  // namespace voxlate::subtitles
