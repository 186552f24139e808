#include "model_file/tiktoken.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Tiktoken, ReadsTokensInTheOrderOfTheirRanks) {
  EXPECT_THAT(parse_tiktoken("IQ== 0\nIGE= 1\n5Zy6 2\n= 3\n/+8= 4\n", "v"),
              ElementsAre("!", " a", "\xe5\x9c\xba", "", "\xff\xef"));
}

TEST(Tiktoken, DoesWithoutTheLastNewline) { EXPECT_THAT(parse_tiktoken("IQ== 0", "v"), ElementsAre("!")); }

TEST(Tiktoken, RefusesWhatIsNoTokenAndRank) {
  // "IQ== 0" comes first, so the second line would have to be rank 1.
  const std::string long_token(4096, 'A');
  for (const std::string& bad :
       {std::string(), std::string("IQ== 0"), std::string("IQ== 1 "), std::string("IQ==1"), std::string("IQ= 1"),
        std::string("I!== 1"), std::string(" 1"), std::string("IQ== 01"), long_token + " 1"}) {
    try {
      parse_tiktoken("IQ== 0\n" + bad + "\n", "v.tiktoken");
      ADD_FAILURE() << "accepted " << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr("v.tiktoken: expected a line"));
      EXPECT_THAT(error.what(), HasSubstr("at byte 7"));
    }
  }
  EXPECT_THROW(parse_tiktoken("", "v"), Error);
}

}  // namespace
}  // namespace voxlate::model_file
