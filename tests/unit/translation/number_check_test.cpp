#include "translation/number_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NumberCheck, SeparatorsOfAnyLocaleAreEqual) {
  for (const char* other : {"1,000.50", "1.000,50", "1 000,5", "1'000.50", "1\u202F000,50", "١٬٠٠٠٫٥٠", "1000.5"})
    EXPECT_THAT(missing_numbers("it is 1,000.50 here", other), IsEmpty()) << other;
  EXPECT_THAT(missing_numbers("1 000 people", "1.000 personas"), IsEmpty());
  EXPECT_THAT(missing_numbers("10,00,000", "1000000"), IsEmpty());
  EXPECT_THAT(missing_numbers("3.5", "3,5"), IsEmpty());
  EXPECT_THAT(missing_numbers("at 05:30", "5.30"), ElementsAre("05", "30"));
}

TEST(NumberCheck, DigitsOfAnyScriptAreEqual) {
  for (const char* other : {"٤٢", "۴۲", "४२", "๔๒", "４２", "42年"})
    EXPECT_THAT(missing_numbers("42", other), IsEmpty()) << other;
}

TEST(NumberCheck, TellsWhatIsMissingAndHowOften) {
  EXPECT_THAT(missing_numbers("5 and 5 and 6", "5 y 6"), ElementsAre("5"));
  EXPECT_THAT(missing_numbers("five 5", "cinco"), ElementsAre("5"));
  EXPECT_THAT(missing_numbers("3.5", "35"), ElementsAre("3.5"));
  EXPECT_THAT(missing_numbers("1,000", "1,001"), ElementsAre("1,000"));
  EXPECT_THAT(missing_numbers("none", "42"), IsEmpty());
}

}  // namespace
}  // namespace voxlate::translation
