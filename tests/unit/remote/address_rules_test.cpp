#include "remote/address_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "remote/exchange.h"
#include "tests/unit/scripted_server.h"
#include "voxlate/error.h"

namespace voxlate::remote {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Why the text alone is refused; empty when it is not.
std::string refusal(const AddressRules& rules, const std::string& url) {
  try {
    rules.check_url(url);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    return error.what();
  }
  return {};
}

// Every one of them leads into this machine or its network, or nowhere.
constexpr std::array kRefusedHosts = {"127.0.0.1",
                                      "127.0.0.1.",
                                      "127.1",
                                      "127.0.1",
                                      "0x7f.1",
                                      "0x7f000001",
                                      "0X7F.0.0.1",
                                      "2130706433",
                                      "017700000001",
                                      "0177.0.0.1",
                                      "0177.0.0.01",
                                      "0x7f.0.0.0x1",
                                      "127.255.255.254",
                                      "00000177.1",
                                      "0",
                                      "0.0.0.0",
                                      "0x0",
                                      "00",
                                      "0.0.0.0.",
                                      "10.0.0.1",
                                      "10.255.255.255",
                                      "0xa.1",
                                      "167772161",
                                      "012.1",
                                      "100.64.0.1",
                                      "100.127.255.255",
                                      "172.16.0.1",
                                      "172.31.255.255",
                                      "0xac100001",
                                      "192.168.0.1",
                                      "192.168.257",
                                      "3232235521",
                                      "0300.0250.0.1",
                                      "169.254.169.254",
                                      "169.254.0.1",
                                      "0xA9FEA9FE",
                                      "2852039166",
                                      "0251.0376.0251.0376",
                                      "192.0.0.1",
                                      "192.0.2.1",
                                      "198.18.0.1",
                                      "198.51.100.7",
                                      "203.0.113.9",
                                      "192.88.99.1",
                                      "224.0.0.1",
                                      "239.255.255.255",
                                      "240.0.0.1",
                                      "255.255.255.255",
                                      "4294967295",
                                      "0xffffffff",
                                      "[::1]",
                                      "[::]",
                                      "[0:0:0:0:0:0:0:1]",
                                      "[::0001]",
                                      "[::ffff:127.0.0.1]",
                                      "[::ffff:7f00:1]",
                                      "[::FFFF:10.1.2.3]",
                                      "[0:0:0:0:0:ffff:a9fe:a9fe]",
                                      "[::127.0.0.1]",
                                      "[::ffff:0:127.0.0.1]",
                                      "[fe80::1]",
                                      "[fe80::1%25lo]",
                                      "[febf::1]",
                                      "[fec0::1]",
                                      "[fc00::1]",
                                      "[fd12:3456::1]",
                                      "[ff02::1]",
                                      "[64:ff9b::7f00:1]",
                                      "[64:ff9b::10.0.0.1]",
                                      "[64:ff9b::a9fe:a9fe]",
                                      "[64:ff9b:1::a00:1]",
                                      "[2002:7f00:1::]",
                                      "[2002:a00:1::1]",
                                      "[2002:c0a8:101::]",
                                      "[2001:0:7f00:1::]",
                                      "[2001:0:808:808:0:0:80ff:fffe]",
                                      "[2001:db8::1]",
                                      "[2001:10::1]",
                                      "[2001:2::1]",
                                      "[3fff::1]",
                                      "[2606:4700::5efe:10.0.0.1]",
                                      "[2606:4700::200:5efe:7f00:1]",
                                      "[100::1]",
                                      "[5f00::1]",
                                      "localhost",
                                      "LOCALHOST",
                                      "localhost.",
                                      "a.localhost",
                                      "printer",
                                      "nas.local",
                                      "metadata.google.internal",
                                      "127%2e0%2e0%2e1",
                                      "%31%32%37.0.0.1",
                                      "127.0.0.1%00.example.com",
                                      "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
                                      "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",
                                      "127\xe3\x80\x82"
                                      "0\xe3\x80\x82"
                                      "0\xe3\x80\x82"
                                      "1",
                                      "1.2.3.4.5",
                                      "256.1.1.1",
                                      "127.0.0.0x100000000",
                                      "09.1.1.1",
                                      "0x.0x.0x.0x",
                                      "[::1",
                                      "::1",
                                      "[127.0.0.1]",
                                      "[]",
                                      ""};

TEST(AddressRules, NoSpellingOfAnAddressInsideGetsThrough) {
  static_assert(kRefusedHosts.size() >= 70);
  const AddressRules rules({});
  for (const char* const host : kRefusedHosts) {
    for (const std::string scheme : {"http://", "https://"})
      EXPECT_NE(refusal(rules, scheme + host + "/a.mp4"), "") << scheme << host;
  }
}

TEST(AddressRules, WhatIsPublicPasses) {
  const AddressRules rules({});
  for (const char* const url :
       {"https://example.com/a.mp4", "http://example.com/", "HTTPS://EXAMPLE.com:443/a", "https://1.1.1.1/",
        "https://8.8.8.8:443/a?b=c#d", "https://[2606:4700:4700::1111]/", "https://[::ffff:8.8.8.8]/",
        "https://[2002:808:808::1]/", "https://[64:ff9b::8.8.8.8]/", "https://172.15.255.255/", "https://172.32.0.1/",
        "https://100.63.255.255/", "https://100.128.0.1/", "https://192.167.1.1/", "https://223.255.255.255/",
        "https://a_b.example.com/", "https://xn--bcher-kva.example/a", "https://example.com./a"})
    EXPECT_EQ(refusal(rules, url), "") << url;
}

TEST(AddressRules, OnlyTheWebAndNoPasswords) {
  const AddressRules rules({});
  for (const char* const url :
       {"file:///etc/passwd", "ftp://example.com/a", "gopher://example.com:70/1", "dict://example.com/",
        "scp://example.com/a", "javascript:alert(1)", "data:text/plain,a", "example.com/a", "//example.com/a",
        "/etc/passwd", "", "https://", "https:example.com", "http:///a"})
    EXPECT_NE(refusal(rules, url), "") << url;
  EXPECT_THAT(refusal(rules, "https://user:secret@example.com/"), HasSubstr("user name"));
  EXPECT_THAT(refusal(rules, "https://example.com@127.0.0.1/"), HasSubstr("user name"));
  EXPECT_THAT(refusal(rules, "https://@example.com/"), HasSubstr("user name"));
  EXPECT_THAT(refusal(rules, "https://example.com\\@127.0.0.1/"), HasSubstr("backslashes"));
  EXPECT_THAT(refusal(rules, "https://example.com/a\r\nX: y"), HasSubstr("control"));
  EXPECT_THAT(refusal(rules, "https://example.com/" + std::string(3000, 'a')), HasSubstr("longer"));
  EXPECT_EQ(refusal(rules, "https://example.com/a@b"), "");
}

TEST(AddressRules, OnlyThePortsOfTheWeb) {
  EXPECT_THAT(refusal(AddressRules({}), "https://example.com:22/"), HasSubstr("22"));
  EXPECT_THAT(refusal(AddressRules({}), "https://8.8.8.8:6379/"), HasSubstr("443, 80"));
  EXPECT_EQ(refusal(AddressRules({.ports = {8443}}), "https://example.com:8443/"), "");
  EXPECT_THAT(refusal(AddressRules({.ports = {443}, .http = false}), "http://example.com/"), HasSubstr("https"));
}

TEST(AddressRules, WhatTheOwnerOpensIsOpen) {
  const AddressRules rules({.allowed = {"192.168.1.0/24", "127.0.0.1", "fd00::/8", "NAS.lan"}, .http = false});
  EXPECT_EQ(refusal(rules, "http://192.168.1.77:8080/a"), "");
  EXPECT_EQ(refusal(rules, "http://0x7f.1:9/a"), "") << "it is the same address";
  EXPECT_EQ(refusal(rules, "https://[fd00::5]/a"), "");
  EXPECT_EQ(refusal(rules, "http://nas.LAN:8096/a"), "");
  EXPECT_EQ(refusal(rules, "http://[::ffff:192.168.1.77]/a"), "") << "it is the same address";
  EXPECT_NE(refusal(AddressRules({.allowed = {"::/0"}}), "http://192.168.1.77/a"), "") << "it is none of IPv6";
  EXPECT_NE(refusal(rules, "http://192.168.2.1/a"), "");
  EXPECT_NE(refusal(rules, "http://127.0.0.2/a"), "");
  EXPECT_NE(refusal(rules, "https://10.0.0.1/a"), "");
  EXPECT_NE(refusal(rules, "https://nas.lan.example:8096@10.0.0.1/"), "");
}

TEST(AddressRules, ABadEntryIsRefusedWithItsText) {
  for (const char* const entry : {"192.168.1.0/33", "192.168.1.0/", "fd00::/129", "nas lan", "http://nas", "a/8", ""}) {
    try {
      const AddressRules rules({.allowed = {entry}});
      ADD_FAILURE() << entry;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("got \"" + std::string(entry)));
    }
  }
}

TEST(AddressRules, TheAddressIsAskedInItsUsualForm) {
  const AddressRules rules({.allowed = {"0.0.0.0/0"}});
  EXPECT_EQ(rules.check_url("http://0x7f.1:81/a?b=c#d"), "http://127.0.0.1:81/a?b=c");
  EXPECT_EQ(rules.check_url("HTTP://2130706433/a%20b"), "http://127.0.0.1/a%20b");
  EXPECT_EQ(rules.check_url("https://Example.COM./x"), "https://example.com/x");
  EXPECT_EQ(rules.check_url("https://[::FFFF:8.8.8.8]/x"), "https://8.8.8.8/x");
  EXPECT_EQ(rules.check_url("https://[2606:4700:0:0::1]/x"), "https://[2606:4700::1]/x");
}

TEST(AddressRules, OwnAddressesAreNotPublic) {
  const AddressRules rules({});
  ifaddrs* list = nullptr;
  ASSERT_EQ(::getifaddrs(&list), 0);
  int looked = 0;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const auto ip = entry->ifa_addr != nullptr ? IpAddress::of(*entry->ifa_addr) : std::nullopt;
    if (!ip) continue;
    ++looked;
    EXPECT_TRUE(is_own_address(*ip)) << ip->text();
    EXPECT_TRUE(rules.check_socket("example.com", *ip, 443, true)) << ip->text();
  }
  ::freeifaddrs(list);
  EXPECT_GT(looked, 0);
  EXPECT_FALSE(is_own_address(*IpAddress::parse("8.8.8.8")));
}

/// Answers every request with 200 and "here".
ScriptedServer here() {
  return ScriptedServer(
      [](const auto&, const auto& connection) { connection.send(answer_head("200 OK", 4) + "here"); });
}

std::string port_of(const ScriptedServer& server) {
  const std::string url = server.url();
  const auto colon = url.rfind(':');
  return url.substr(colon + 1, url.find('/', colon) - colon - 1);
}

struct Asked {
  long status = 0;
  std::string failure;
};

Asked ask(const std::string& url, const ExchangeOptions& options) {
  try {
    Exchange exchange(url, options, [](std::string_view) { return true; });
    const auto cut = exchange.perform({});
    return {.status = exchange.status(), .failure = cut ? cut->what() : ""};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    return {.failure = error.what()};
  }
}

TEST(GuardedExchange, ANameThatLeadsInsideIsRefusedAtTheSocket) {
  ScriptedServer server = here();
  const AddressRules rules({.ports = {std::stoi(port_of(server))}});
  const std::string url = "http://rebound.example:" + port_of(server) + "/";
  const Asked asked =
      ask(url, {.rules = &rules, .resolver = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; }});
  EXPECT_THAT(asked.failure, HasSubstr("loopback"));
  EXPECT_TRUE(server.requests().empty());
}

TEST(GuardedExchange, NoAddressOfANameIsUsedUnchecked) {
  ScriptedServer server = here();
  const AddressRules rules({.ports = {std::stoi(port_of(server))}});
  const std::string url = "http://mixed.example:" + port_of(server) + "/";
  const Asked asked =
      ask(url, {.rules = &rules, .resolver = [](const std::string&) {
                  return std::vector<std::string>{"127.0.0.1", "[::1]", "10.0.0.1", "[::ffff:127.0.0.1]"};
                }});
  EXPECT_THAT(asked.failure, StartsWith("this address is not allowed"));
  EXPECT_TRUE(server.requests().empty());
}

TEST(GuardedExchange, ARebindingNameIsLookedUpOnceAndCheckedEachTime) {
  ScriptedServer server = here();
  const AddressRules rules({.allowed = {"127.0.0.1/32"}, .ports = {std::stoi(port_of(server))}});
  const std::string url = "http://rebinds.example:" + port_of(server) + "/";
  int look_ups = 0;
  const Resolver rebinding = [&](const std::string& host) {
    EXPECT_EQ(host, "rebinds.example");
    return std::vector<std::string>{++look_ups == 1 ? "127.0.0.1" : "127.0.0.2"};
  };
  EXPECT_EQ(ask(url, {.rules = &rules, .resolver = rebinding}).status, 200);
  EXPECT_EQ(look_ups, 1) << "what is checked is what is connected to";
  EXPECT_THAT(ask(url, {.rules = &rules, .resolver = rebinding}).failure, HasSubstr("loopback"));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(GuardedExchange, TheHostThatIsAskedIsTheOneThatWasChecked) {
  ScriptedServer server = here();
  const AddressRules rules({.allowed = {"127.0.0.1"}});
  EXPECT_EQ(ask("http://0x7f.1:" + port_of(server) + "/", {.rules = &rules}).status, 200);
  EXPECT_EQ(server.requests().front().field("Host"), "127.0.0.1:" + port_of(server));
}

TEST(GuardedExchange, ARedirectIsAnAnswerAndNotFollowed) {
  ScriptedServer server([](const auto&, const auto& connection) {
    connection.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:9/\r\nContent-Length: 0\r\n\r\n");
  });
  const AddressRules rules({.allowed = {"127.0.0.1"}});
  EXPECT_EQ(ask(server.url(), {.rules = &rules}).status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

}  // namespace
}  // namespace voxlate::remote
