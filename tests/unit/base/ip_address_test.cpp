#include "base/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace voxlate {
namespace {

IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress());
}

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"127.0.0.1", "10.0.0.255", "::1", "2001:db8::7", "::"})
    EXPECT_EQ(address(text).text(), text);
  EXPECT_EQ(address("::ffff:10.1.2.3").text(), "10.1.2.3");
  EXPECT_EQ(address("::ffff:10.1.2.3"), address("10.1.2.3"));
  for (const char* text : {"", "localhost", "10.0.0", "010.0.0.1.2", "1.2.3.4:80", "[::1]", "::1%lo", "1.2.3.4 "}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, KnowsLoopback) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(address(text).is_loopback()) << text;
  }
  for (const char* text : {"10.0.0.1", "::", "::2", "2001::1"}) EXPECT_FALSE(address(text).is_loopback()) << text;
}

TEST(IpAddress, NetworkOfAClient) {
  EXPECT_EQ(address("10.1.2.3").network(), address("10.1.2.3"));
  EXPECT_EQ(address("2001:db8:1:2:3:4:5:6").network(), address("2001:db8:1:2::"));
}

TEST(IpAddress, OfASocket) {
  sockaddr_storage storage{};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(storage);
  ipv4.sin_family = AF_INET;
  ::inet_pton(AF_INET, "192.0.2.7", &ipv4.sin_addr);
  EXPECT_EQ(IpAddress::of(storage), address("192.0.2.7"));
  storage = {};
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
  ipv6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "2001:db8::9", &ipv6.sin6_addr);
  EXPECT_EQ(IpAddress::of(storage), address("2001:db8::9"));
}

TEST(IpRange, ContainsItsNetworkOnly) {
  const auto in = [](const char* range, const char* text) { return IpRange::parse(range)->contains(address(text)); };
  EXPECT_TRUE(in("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(in("10.9.9.9/8", "10.0.0.1"));
  EXPECT_TRUE(in("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(in("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(in("172.16.0.0/12", "172.31.1.1"));
  EXPECT_FALSE(in("172.16.0.0/12", "172.32.1.1"));
  EXPECT_TRUE(in("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(in("fd00::/8", "fd12::1"));
  EXPECT_FALSE(in("fd00::/8", "fe00::1"));
  EXPECT_TRUE(in("::ffff:10.0.0.0/104", "10.3.3.3"));
}

TEST(IpRange, RefusesWhatIsNone) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "host/8", "10/8"}) {
    EXPECT_FALSE(IpRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace voxlate
