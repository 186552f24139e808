// A server that is no Redis, or one that lies.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <random>
#include <thread>

#include "base/file.h"
#include "cache/packed_value.h"
#include "cache/redis_cache.h"

namespace voxlate::cache {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// Answers the commands of one connection after another with what it was told, whatever they are; the last answer is
/// for all that follow. With `trickle` it sends that byte for byte, for ever.
class FakeServer {
 public:
  explicit FakeServer(std::vector<std::string> answers, bool trickle = false)
      : answers_(std::move(answers)),
        trickle_(trickle),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        closing_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    ::listen(listener_.get(), 16);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~FakeServer() { ::eventfd_write(closing_.get(), 1); }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  RedisServer server() const {
    RedisServer server;
    server.host = "127.0.0.1";
    server.port = port_;
    return server;
  }

 private:
  /// False when the test ends.
  bool wait(int fd) const { return wait(fd, -1) >= 0; }
  /// 1: something to read; 0: nothing in time; -1: the test ends.
  int wait(int fd, int limit_ms) const {
    pollfd waits[] = {{.fd = fd, .events = POLLIN, .revents = 0},
                      {.fd = closing_.get(), .events = POLLIN, .revents = 0}};
    const int ready = ::poll(waits, 2, limit_ms);
    if (waits[1].revents != 0) return -1;
    return ready > 0 ? 1 : 0;
  }

  void serve() const {
    while (wait(listener_.get())) {
      const UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (socket) talk(socket.get());
    }
  }

  void talk(int socket) const {
    char buffer[65536];
    for (std::size_t turn = 0; wait(socket); ++turn) {
      if (::recv(socket, buffer, sizeof buffer, 0) <= 0) return;
      const std::string& answer = answers_[std::min(turn, answers_.size() - 1)];
      if (answer.empty()) return;
      const bool is_last = turn + 1 >= answers_.size();
      if (!trickle_ || !is_last) {
        ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
        continue;
      }
      for (std::size_t i = 0; wait(closing_.get(), /*limit_ms=*/2) == 0; ++i) {
        if (::send(socket, &answer[i % answer.size()], 1, MSG_NOSIGNAL) <= 0) return;
      }
    }
  }

  const std::vector<std::string> answers_;
  const bool trickle_;
  const UniqueFd listener_;
  const UniqueFd closing_;
  int port_ = 0;
  std::jthread thread_;
};

const std::string kPong = "+PONG\r\n";

RedisCache::Options options(const FakeServer& server) { return {.server = server.server(), .name = "test"}; }

milliseconds time_of(const std::function<void()>& work) {
  const SteadyClock::time_point start = SteadyClock::now();
  work();
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - start);
}

std::string bulk(const std::string& value) { return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n"; }

TEST(RedisReplies, AProperAnswerIsTaken) {
  const FakeServer server({kPong, bulk(pack_value("value", true))});
  RedisCache cache(options(server));
  EXPECT_EQ(cache.get("key"), "value");
}

TEST(RedisReplies, WhatIsNoReplyIsAMiss) {
  const std::string nested = [] {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "*1\r\n";
    return text + "+x\r\n";
  }();
  std::string many_arrays = "*60000\r\n";
  for (int i = 0; i < 5000; ++i) many_arrays += "*60000\r\n";
  const std::vector<std::string> answers = {"HTTP/1.1 400 Bad Request\r\n\r\n",
                                            "\r\n",
                                            "$\r\n",
                                            "$-2\r\n",
                                            "$x\r\n",
                                            "$5\r\nabc",
                                            "$5\r\nabcdefgh\r\n",
                                            "$99999999999999999999\r\n",
                                            "$9223372036854775807\r\nx",
                                            "$2147483647\r\nx",
                                            "*1000000000\r\n",
                                            "*2147483647\r\n+x\r\n",
                                            "*9223372036854775807\r\n",
                                            "*-2\r\n",
                                            ":12345678901234567890123\r\n",
                                            ":1\r\n",
                                            "*0\r\n",
                                            "+OK\r\n",
                                            "-ERR something\r\n",
                                            "-\r\n",
                                            std::string("\0\0\0\0", 4),
                                            std::string(100'000, '$'),
                                            std::string(100'000, 'x'),
                                            nested,
                                            many_arrays,
                                            bulk("not packed"),
                                            bulk(pack_value("v", true)) + bulk(pack_value("second", true)),
                                            bulk(pack_value("v", true)) + "$5\r\nab",
                                            "%1\r\n+a\r\n+b\r\n",
                                            "_\r\n",
                                            "#t\r\n",
                                            ",1.5\r\n",
                                            ""};
  for (const std::string& answer : answers) {
    const FakeServer server({kPong, answer});
    RedisCache cache(options(server));
    EXPECT_LE(time_of([&] { EXPECT_EQ(cache.get("key"), std::nullopt) << answer.substr(0, 40); }), milliseconds(1000));
    cache.put("key", "value");
    cache.clear();
  }
}

TEST(RedisReplies, NorIsItWhenConnecting) {
  for (const std::string answer :
       {"+OK\r\n+PONG\r\n", ":1\r\n", "$4\r\nPONG\r\n", "-LOADING wait\r\n", "SSH-2.0-x\r\n", ""}) {
    const FakeServer server({answer});
    RedisCache cache(options(server));
    EXPECT_EQ(cache.get("key"), std::nullopt);
    EXPECT_EQ(cache.breaker(), CircuitBreaker::State::kOpen) << answer;
    EXPECT_EQ(cache.stats().errors, 1U);
  }
}

TEST(RedisReplies, AnswersThatNeverEndTakeNoLonger) {
  for (const std::string answer : {"x", "$1000000\r\nxxxxxxxx", "+"}) {
    const FakeServer server({kPong, answer}, /*trickle=*/true);
    RedisCache cache(options(server));
    EXPECT_LE(time_of([&] { EXPECT_EQ(cache.get("key"), std::nullopt); }), milliseconds(1000));
    EXPECT_EQ(cache.breaker(), CircuitBreaker::State::kOpen);
  }
  const FakeServer slow({"+PONG"}, /*trickle=*/true);
  RedisCache cache(options(slow));
  EXPECT_LE(time_of([&] { EXPECT_EQ(cache.get("key"), std::nullopt); }), milliseconds(1000));
}

TEST(RedisReplies, RandomBytesAreNoHarm) {
  std::mt19937 random(1);
  constexpr std::string_view kLikely = "$*+-:0123456789\r\n\r\nOKx";
  for (int round = 0; round < 300; ++round) {
    std::string answer;
    for (unsigned i = random() % 60; i > 0; --i) answer += kLikely[random() % kLikely.size()];
    const FakeServer server({kPong, answer + "\r\n"});
    RedisCache::Options short_ones = options(server);
    short_ones.call_limit = milliseconds(5);
    RedisCache cache(short_ones);
    EXPECT_EQ(cache.get("key"), std::nullopt) << answer;
    EXPECT_EQ(cache.stats().bytes, 0U);
  }
}

TEST(RedisReplies, KeysThatWereNotAskedForAreNotRemoved) {
  const std::string key = "of another program";
  const FakeServer server({kPong, "*2\r\n$1\r\n0\r\n*1\r\n" + bulk(key), "+never asked\r\n"});
  RedisCache cache(options(server));
  EXPECT_EQ(cache.clear(), 0U);
  EXPECT_EQ(cache.stats().errors, 0U);
}

}  // namespace
}  // namespace voxlate::cache
