#include "store/case_fold.h"

#include <gtest/gtest.h>

namespace voxlate::store {
namespace {

TEST(CaseFold, MakesCaseAndCompositionEqual) {
  EXPECT_EQ(fold_case("Stra\xC3\x9F"
                      "E"),
            fold_case("STRASSE"));
  EXPECT_EQ(fold_case("ЛЕКЦИЯ"), fold_case("лекция"));
  EXPECT_EQ(fold_case("e\xCC\x81"), fold_case("\xC3\x89"));
  EXPECT_NE(fold_case("e"), fold_case("\xC3\xA9"));
  EXPECT_EQ(fold_case(""), "");
}

TEST(CaseFold, KeepsMalformedText) { EXPECT_EQ(fold_case("A\xFFZ"), "a\xFFz"); }

}  // namespace
}  // namespace voxlate::store
