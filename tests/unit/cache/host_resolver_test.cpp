#include "cache/host_resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "voxlate/error.h"

namespace voxlate::cache {
namespace {

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

TEST(HostResolver, AnAddressNeedsNobody) {
  HostResolver host("127.0.0.1", 6379);
  const std::vector<SocketAddress> addresses = host.resolve(in(std::chrono::milliseconds(0)));
  ASSERT_EQ(addresses.size(), 1U);
  EXPECT_EQ(addresses.front().storage.ss_family, AF_INET);
  HostResolver six("::1", 6379);
  EXPECT_EQ(six.resolve(in(std::chrono::milliseconds(0))).front().storage.ss_family, AF_INET6);
}

// The sanitizer knows nothing of threads that libc starts for itself.
#if !defined(__SANITIZE_THREAD__)
TEST(HostResolver, ANameIsAskedForMoreThanOnce) {
  HostResolver host("localhost", 6379);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(host.resolve(in(std::chrono::seconds(10))).empty());
}

TEST(HostResolver, WhatIsNotKnownInTimeIsKnownLater) {
  HostResolver host("localhost", 6379);
  std::size_t found = 0;
  for (int i = 0; i < 100'000 && found == 0; ++i) {
    try {
      found = host.resolve(in(std::chrono::milliseconds(i == 0 ? 0 : 1))).size();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kTimeout) << error.what();
    }
  }
  EXPECT_GT(found, 0U);
}

TEST(HostResolver, ANameThatNobodyHasIsAnError) {
  HostResolver host("no host has.this name", 6379);
  try {
    host.resolve(in(std::chrono::seconds(30)));
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  }
}
#endif

}  // namespace
}  // namespace voxlate::cache
