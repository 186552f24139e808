#include "cache/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "voxlate/error.h"

namespace voxlate::cache {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string message_of(std::string_view url) {
  try {
    parse_redis_url(url);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    return error.what();
  }
  return "no error";
}

TEST(RedisUrl, SaysWhereAndHow) {
  EXPECT_EQ(parse_redis_url("redis://localhost"), (RedisServer{.host = "localhost"}));
  EXPECT_EQ(parse_redis_url("redis://10.0.0.7:6380/"), (RedisServer{.host = "10.0.0.7", .port = 6380}));
  EXPECT_EQ(parse_redis_url("redis://[fd00::7]:1/15"), (RedisServer{.host = "fd00::7", .port = 1, .database = 15}));
  EXPECT_EQ(parse_redis_url("redis://:pass@cache.lan/2"),
            (RedisServer{.host = "cache.lan", .password = "pass", .database = 2}));
  EXPECT_EQ(parse_redis_url("redis://me:a%40b%3a%2F%25@h"),
            (RedisServer{.host = "h", .user = "me", .password = "a@b:/%"}));
  EXPECT_EQ(parse_redis_url("redis://:p@ss:w/rd@h").password, "p@ss:w/rd");
}

TEST(RedisUrl, SaysWhatIsWrong) {
  EXPECT_THAT(message_of(""), HasSubstr("redis:// at the begin"));
  EXPECT_THAT(message_of("localhost:6379"), HasSubstr("got \"localhost:6379\""));
  EXPECT_THAT(message_of("rediss://h"), HasSubstr("no encryption"));
  EXPECT_THAT(message_of("redis://"), HasSubstr("a host name"));
  EXPECT_THAT(message_of("redis://:6379"), HasSubstr("a host name"));
  EXPECT_THAT(message_of("redis://a b"), HasSubstr("a host name"));
  EXPECT_THAT(message_of("redis://h:"), HasSubstr("a port from 1 to 65535, got \"\""));
  EXPECT_THAT(message_of("redis://h:0"), HasSubstr("a port"));
  EXPECT_THAT(message_of("redis://h:65536"), HasSubstr("a port"));
  EXPECT_THAT(message_of("redis://h:12x"), HasSubstr("a port"));
  EXPECT_THAT(message_of("redis://h/x"), HasSubstr("a database"));
  EXPECT_THAT(message_of("redis://h/-1"), HasSubstr("a database"));
  EXPECT_THAT(message_of("redis://h/1/2"), HasSubstr("a database"));
  EXPECT_THAT(message_of("redis://h?db=1"), HasSubstr("a host name"));
  EXPECT_THAT(message_of("redis://[fd00::7"), HasSubstr("a ]"));
  EXPECT_THAT(message_of("redis://[fd00::7]6379"), HasSubstr("a colon before the port"));
  EXPECT_THAT(message_of("redis://h\n"), HasSubstr("a host name"));
}

TEST(RedisUrl, APasswordIsInNoMessage) {
  for (const char* url :
       {"redis://secret@h", "redis://:secret@h:x", "redis://:secret%@h", "redis://:secret%zz@h", "http://:secret@h",
        ":secret@h", "redis://:secret@", "redis://:secret@h/x", "redis://:secret@[x"}) {
    EXPECT_THAT(message_of(url), HasSubstr("expected")) << url;
    EXPECT_THAT(message_of(url), Not(HasSubstr("secret"))) << url;
  }
  EXPECT_THAT(message_of("redis://me:@h"), HasSubstr("a password between : and @"));
}

}  // namespace
}  // namespace voxlate::cache
