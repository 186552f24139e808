// What attackers with many sockets, slow ones and malformed ones do to the real server.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A bare socket to the server.
class Socket {
 public:
  explicit Socket(const ServerProcess& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd_.reset();
  }

  bool connected() const { return static_cast<bool>(fd_); }

  /// False as soon as the server takes no more.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// All that comes until the server closes, or nothing comes for ten seconds.
  std::string read_all() const {
    std::string all;
    char buffer[4096];
    for (pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0}; ::poll(&wait, 1, 10'000) > 0;) {
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }

  /// One answer of a kept connection that has a short body.
  bool ask_livez() const {
    if (!send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")) return false;
    std::string all;
    char buffer[4096];
    while (all.find("\"ok\"}") == std::string::npos) {
      pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, 10'000) <= 0) return false;
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return false;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all.starts_with("HTTP/1.1 200");
  }

 private:
  UniqueFd fd_;
};

// Times of `count` requests to /livez, each on a connection of its own, in milliseconds, sorted.
std::vector<double> livez_times(const ServerProcess& server, int count) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const auto begin = Clock::now();
    EXPECT_TRUE(Socket(server).ask_livez());
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

double p99(const std::vector<double>& sorted) { return sorted.at(sorted.size() * 99 / 100); }

std::size_t thread_count(const ServerProcess& server) {
  const auto tasks = std::filesystem::path("/proc") / std::to_string(server.pid()) / "task";
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(tasks), std::filesystem::directory_iterator()));
}

bool allow_open_files(rlim_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return true;
  limit.rlim_cur = count;
  return limit.rlim_max >= count && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

class Front : public ::testing::Test {
 protected:
  static std::string upload_head(std::uint64_t length) {
    return "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
           "Content-Length: " +
           std::to_string(length) + "\r\n\r\n";
  }

  TemporaryFolder folder_;
};

/// Holds slow sockets and drips a byte into each of them now and then, until it goes.
class SlowClients {
 public:
  explicit SlowClients(const ServerProcess& server) : server_(server) {}
  ~SlowClients() { thread_ = {}; }
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;

  /// `begin` is sent at once, then `drip` again and again; empty: the socket stays idle.
  void add(int count, const std::string& begin, const std::string& drip) {
    for (int i = 0; i < count; ++i) {
      clients_.push_back({.socket = Socket(server_), .begin = begin, .drip = drip});
      EXPECT_TRUE(clients_.back().socket.connected());
      clients_.back().socket.send(begin);
    }
  }

  /// Sockets that the server closes are opened anew, as an attacker would.
  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        for (Client& client : clients_) {
          if (client.drip.empty() || client.socket.send(client.drip)) continue;
          client.socket = Socket(server_);
          client.socket.send(client.begin);
        }
        std::this_thread::sleep_for(200ms);  // the pace of the attack
      }
    });
  }

 private:
  struct Client {
    Socket socket;
    std::string begin;
    std::string drip;
  };

  const ServerProcess& server_;
  std::vector<Client> clients_;
  std::jthread thread_;
};

TEST_F(Front, SeventeenHundredSlowSocketsStopNobody) {
  if (!allow_open_files(4096)) GTEST_SKIP() << "needs 4096 open files";
  const ServerProcess server(folder_ / "data");
  livez_times(server, 50);
  const std::size_t threads_before = thread_count(server);
  SlowClients clients(server);
  clients.add(500, "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "a");
  clients.add(100, upload_head(40'000) + "--b", "x");
  clients.add(100, upload_head(400'000'000) + "--b", "x");
  clients.add(1000, "", "");
  EXPECT_LE(thread_count(server), threads_before + 4);
  clients.start();

  const auto times = livez_times(server, 500);
  RecordProperty("livez_p50_ms", std::to_string(times.at(times.size() / 2)));
  RecordProperty("livez_p99_ms", std::to_string(p99(times)));
  EXPECT_LE(p99(times), 50.0);

  if (speech_clips().size() != 5 || !has_program("ffmpeg")) GTEST_SKIP() << "needs test speech for the job";
  make_recording(folder_ / "talk.wav", /*pause_s=*/0.5);
  const Response accepted = submit(server, folder_ / "talk.wav", {{"formats", "srt"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  EXPECT_EQ(wait_until_finished(server, accepted.json.at("id")).at("status"), "completed");
}

// They send what it takes to be given a thread, and then nearly nothing.
TEST_F(Front, UploadsThatStallOnTheirThreadsStopNobody) {
  if (!allow_open_files(4096)) GTEST_SKIP() << "needs 4096 open files";
  const ServerProcess server(folder_ / "data");
  SlowClients clients(server);
  const std::string form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
  clients.add(200, upload_head(2'000'000) + form + std::string(100'000, 'x'), "x");
  clients.start();
  const auto times = livez_times(server, 300);
  RecordProperty("livez_p99_ms", std::to_string(p99(times)));
  EXPECT_LE(p99(times), 50.0);
  EXPECT_EQ(get(server, "/api/jobs").status, 200);

  const std::filesystem::path large = folder_ / "large.bin";
  std::ofstream(large) << "not media";
  std::filesystem::resize_file(large, 1 << 20);
  const auto begin = Clock::now();
  const Response refused = submit(server, large);
  EXPECT_EQ(refused.status, 415) << refused.body;
  RecordProperty("upload_s", std::to_string(std::chrono::duration<double>(Clock::now() - begin).count()));
}

TEST_F(Front, HugeHeadsAndBombsNeedNoMemory) {
  const ServerProcess server(folder_ / "data");
  const auto attack = [&] {
    {
      const Socket socket(server);
      ASSERT_TRUE(socket.connected());
      const std::string block(1 << 20, 'a');
      bool open = socket.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ");
      for (int i = 0; i < 64 && open; ++i) open = socket.send(block);
    }
    std::string many = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
    for (int i = 0; i < 100'000; ++i) many += "X" + std::to_string(i) + ": y\r\n";
    const Socket headers(server);
    headers.send(many + "\r\n");
    EXPECT_TRUE(headers.read_all().starts_with("HTTP/1.1 431 "));
    const Socket bomb(server);
    bomb.send(
        "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
    bomb.send("100\r\n" + std::string(256, '\0') + "\r\n");
    EXPECT_TRUE(bomb.read_all().starts_with("HTTP/1.1 415 "));
  };
  attack();  // the first use of everything
  const std::uint64_t before = server.peak_rss_bytes();
  for (int i = 0; i < 5; ++i) attack();
  EXPECT_LE(server.peak_rss_bytes() - before, std::uint64_t{1} << 20);
  RecordProperty("rss_growth_bytes", std::to_string(server.peak_rss_bytes() - before));
  EXPECT_EQ(get(server, "/livez").status, 200);
}

TEST_F(Front, LongUrlsAreRefusedEachWithItsOwnAnswer) {
  const ServerProcess server(folder_ / "data");
  const Socket socket(server);
  socket.send("GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(socket.read_all().starts_with("HTTP/1.1 414 "));
}

}  // namespace
}  // namespace voxlate::e2e
