#include "remote/address.h"

#include <gtest/gtest.h>

namespace voxlate::remote {
namespace {

TEST(Address, NamesTheHostWithoutSecrets) {
  EXPECT_EQ(Address("https://user:secret@mirror.lan:8443/a?token=b").host(), "mirror.lan:8443");
  EXPECT_EQ(Address("https://huggingface.co/a").host(), "huggingface.co");
  EXPECT_EQ(Address("no address").host(), "");
}

TEST(Address, KnowsThisMachine) {
  for (const char* url : {"http://localhost:5000", "http://127.0.0.1", "http://127.1/x", "https://[::1]:11434/v1"})
    EXPECT_TRUE(Address(url).is_this_machine()) << url;
  for (const char* url : {"http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://192.168.1.5",
                          "http://127.0.0.1@evil.example/", ""})
    EXPECT_FALSE(Address(url).is_this_machine()) << url;
}

TEST(Address, TellsTheSchemes) {
  EXPECT_TRUE(Address("HTTPS://a.example").is_https());
  EXPECT_TRUE(Address("http://a.example").is_http());
  EXPECT_FALSE(Address("file:///etc/passwd").is_http());
}

}  // namespace
}  // namespace voxlate::remote
