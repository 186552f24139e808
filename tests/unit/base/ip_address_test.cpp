#include "base/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "base/ip_address_kind.h"

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

TEST(IpAddress, ReadsTheSpellingsOfResolversWhenTold) {
  const std::pair<const char*, const char*> kSpellings[] = {
      {"127.0.0.1", "127.0.0.1"},        {"127.1", "127.0.0.1"},
      {"127.0.1", "127.0.0.1"},          {"0x7f.1", "127.0.0.1"},
      {"0X7F000001", "127.0.0.1"},       {"2130706433", "127.0.0.1"},
      {"017700000001", "127.0.0.1"},     {"00000177.0.0.01", "127.0.0.1"},
      {"192.168.257", "192.168.1.1"},    {"0251.0376.0251.0376", "169.254.169.254"},
      {"4294967295", "255.255.255.255"}, {"0", "0.0.0.0"},
      {"::FFFF:7f00:1", "127.0.0.1"},    {"0:0:0:0:0:0:0:1", "::1"},
      {"fe80::1%lo", "fe80::1"},
  };
  for (const auto& [text, usual] : kSpellings) {
    const auto parsed = IpAddress::parse(text, IpSpelling::kAny);
    EXPECT_EQ(parsed ? parsed->text() : "none", usual) << text;
  }
  for (const std::string text : {"",
                                 ".",
                                 "1.",
                                 "1..2",
                                 ".1",
                                 "1.2.3.4.5",
                                 "1.2.3.4.",
                                 "256.1.1.1",
                                 "1.2.65536.1",
                                 "1.2.65536",
                                 "4294967296",
                                 "09.1.1.1",
                                 "0x.1",
                                 "0xg",
                                 "1.2.3.4 ",
                                 "127.0.0.0x100000000",
                                 "localhost",
                                 "[::1]",
                                 "::1::",
                                 "%lo",
                                 ":"}) {
    EXPECT_FALSE(IpAddress::parse(text, IpSpelling::kAny)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0.example.com", 21), IpSpelling::kAny));
  EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0", 4)));
  for (const char* text : {"127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "fe80::1%lo"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
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
  EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(storage)), address("192.0.2.7"));
  storage = {};
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
  ipv6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "2001:db8::9", &ipv6.sin6_addr);
  EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(storage)), address("2001:db8::9"));
  ::inet_pton(AF_INET6, "::ffff:192.0.2.7", &ipv6.sin6_addr);
  EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(storage)), address("192.0.2.7"));
  storage.ss_family = AF_UNIX;
  EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(storage)), std::nullopt);
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
  EXPECT_FALSE(in("::/0", "8.8.8.8"));
  EXPECT_TRUE(in("::/0", "2001:db8::1"));
  EXPECT_TRUE(in("fd00::/8", "fd12::1"));
  EXPECT_FALSE(in("fd00::/8", "fe00::1"));
  EXPECT_TRUE(in("::ffff:10.0.0.0/104", "10.3.3.3"));
}

TEST(IpRange, RefusesWhatIsNone) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "host/8", "10/8"}) {
    EXPECT_FALSE(IpRange::parse(text)) << text;
    EXPECT_EQ(IpRange::parse(text, IpSpelling::kAny).has_value(), text == std::string_view("10/8")) << text;
  }
}

TEST(IpAddressKind, IsThatOfTheRegistry) {
  using enum IpAddressKind;
  const std::pair<const char*, IpAddressKind> kKinds[] = {
      {"8.8.8.8", kPublic},
      {"172.15.255.255", kPublic},
      {"172.32.0.1", kPublic},
      {"100.63.255.255", kPublic},
      {"100.128.0.1", kPublic},
      {"223.255.255.255", kPublic},
      {"0.0.0.0", kUnspecified},
      {"0.255.0.1", kUnspecified},
      {"127.255.255.254", kLoopback},
      {"10.255.255.255", kPrivate},
      {"100.127.255.255", kPrivate},
      {"172.31.255.255", kPrivate},
      {"192.168.0.1", kPrivate},
      {"169.254.169.254", kLinkLocal},
      {"192.0.0.1", kReserved},
      {"192.0.2.1", kReserved},
      {"192.88.99.1", kReserved},
      {"198.19.255.255", kReserved},
      {"198.51.100.7", kReserved},
      {"203.0.113.9", kReserved},
      {"239.255.255.255", kMulticast},
      {"240.0.0.1", kReserved},
      {"255.255.255.255", kBroadcast},
      {"2606:4700:4700::1111", kPublic},
      {"::", kUnspecified},
      {"::1", kLoopback},
      {"::2", kReserved},
      {"::127.0.0.1", kReserved},
      {"fd12:3456::1", kPrivate},
      {"fec0::1", kPrivate},
      {"febf::1", kLinkLocal},
      {"ff02::1", kMulticast},
      {"2001:db8::1", kReserved},
      {"2001:10::1", kReserved},
      {"3fff::1", kReserved},
      {"100::1", kReserved},
      {"5f00::1", kReserved},
  };
  for (const auto& [text, kind] : kKinds) EXPECT_EQ(to_string(kind_of(address(text))), to_string(kind)) << text;
}

TEST(IpAddressKind, IsThatOfTheWorstAddressInside) {
  using enum IpAddressKind;
  const std::pair<const char*, IpAddressKind> kKinds[] = {
      {"::ffff:8.8.8.8", kPublic},
      {"::ffff:127.0.0.1", kLoopback},
      {"64:ff9b::8.8.8.8", kPublic},
      {"64:ff9b::a9fe:a9fe", kLinkLocal},
      {"64:ff9b:1::a00:1", kReserved},
      {"2002:808:808::1", kPublic},
      {"2002:c0a8:101::", kPrivate},
      {"2001:0:7f00:1::", kLoopback},
      {"2001:0:808:808:0:0:80ff:fffe", kLoopback},
      {"2001:0:808:808:0:0:f7f7:f7f7", kPublic},
      {"2606:4700::5efe:10.0.0.1", kPrivate},
      {"2606:4700::200:5efe:7f00:1", kLoopback},
      {"2606:4700::5efe:8.8.8.8", kPublic},
  };
  for (const auto& [text, kind] : kKinds) EXPECT_EQ(to_string(kind_of(address(text))), to_string(kind)) << text;
}

}  // namespace
}  // namespace voxlate
