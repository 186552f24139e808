#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "base/file.h"
#include "base/hashing.h"
#include "base/temporary_folder.h"
#include "server_process.h"
#include "tests/unit/http/client.h"

namespace voxlate::e2e {
using http::Answer;
using http::Client;

inline const std::string kTus = "Host: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\n";

/// The server, which is killed and started anew; requests find it by its port of the moment.
class RestartingServer {
 public:
  explicit RestartingServer(std::filesystem::path data) : data_(std::move(data)) { start(); }

  void kill_and_restart() {
    port_ = 0;
    server_->kill_hard();
    start();
  }

  /// Waits while there is none.
  int port() const {
    int port = port_;
    while (port == 0) {
      port_.wait(0);
      port = port_;
    }
    return port;
  }

  std::filesystem::path file_of(const std::string& location) const {
    return data_ / "uploads" / location.substr(location.rfind('/') + 1);
  }

 private:
  void start() {
    server_ = std::make_unique<ServerProcess>(data_, std::vector<std::string>{"--set", "server.min_free_disk_bytes=0",
                                                                              "--set", "uploads.max_per_user=10000"});
    port_ = server_->port();
    port_.notify_all();
  }

  const std::filesystem::path data_;
  std::unique_ptr<ServerProcess> server_;
  std::atomic<int> port_ = 0;
};

/// One upload of random bytes by a client that gives up in the middle of a body a few times.
class InterruptedUpload {
 public:
  InterruptedUpload(RestartingServer& server, unsigned seed) : server_(server), random_(seed) {
    content_.resize(std::uniform_int_distribution<std::size_t>(1, 6'000'000)(random_));
    for (char& c : content_) c = static_cast<char>(random_());
    aborts_left_ = std::uniform_int_distribution<int>(1, 4)(random_);
  }

  void run() {
    create();
    while (offset_ < content_.size()) {
      send_some();
      ask_offset();
    }
  }

  const std::string& content() const { return content_; }
  const std::string& location() const { return location_; }
  int interruptions() const { return interruptions_; }

 private:
  Answer ask(const std::string& method, const std::string& path, const std::string& headers) const {
    for (;;) {
      Client client(server_.port());
      client.send(method + " " + path + " HTTP/1.1\r\n" + kTus + headers + "\r\n");
      Answer answer = client.read_answer(method == "HEAD");
      if (answer.status != 0) return answer;
    }
  }

  void create() {
    const Answer answer =
        ask("POST", "/api/uploads", "Upload-Length: " + std::to_string(content_.size()) + "\r\nContent-Length: 0\r\n");
    ASSERT_EQ(answer.status, 201) << answer.body;
    location_ = answer.header("location");
  }

  void send_some() {
    Client client(server_.port());
    const std::size_t rest = content_.size() - offset_;
    client.send("PATCH " + location_ + " HTTP/1.1\r\n" + kTus +
                "Content-Type: application/offset+octet-stream\r\nUpload-Offset: " + std::to_string(offset_) +
                "\r\nContent-Length: " + std::to_string(rest) + "\r\n\r\n");
    if (aborts_left_ > 0) {
      --aborts_left_;
      ++interruptions_;
      client.send(
          std::string_view(content_).substr(offset_, std::uniform_int_distribution<std::size_t>(0, rest)(random_)));
      return;
    }
    client.send(std::string_view(content_).substr(offset_));
    const Answer answer = client.read_answer();
    if (answer.status == 204) {
      ASSERT_EQ(answer.header("upload-offset"), std::to_string(content_.size()));
    } else {
      ++interruptions_;
    }
  }

  // What was acknowledged once stays so.
  void ask_offset() {
    const Answer answer = ask("HEAD", location_, "");
    ASSERT_EQ(answer.status, 200);
    const std::size_t offset = std::stoull(answer.header("upload-offset"));
    ASSERT_GE(offset, offset_);
    ASSERT_LE(offset, content_.size());
    offset_ = offset;
  }

  RestartingServer& server_;
  std::mt19937 random_;
  std::string content_;
  std::string location_;
  std::size_t offset_ = 0;
  int aborts_left_ = 0;
  int interruptions_ = 0;
};

/// Sends so many uploads, four at once, each broken off a few times, while the server is killed and started anew so
/// often; every one has to end byte-exact.
inline void interrupt_uploads(int uploads, int kills) {
  constexpr int kAtOnce = 4;
  const TemporaryFolder folder;
  RestartingServer server(folder / "data");
  std::atomic<int> next = 0;
  std::atomic<int> finished = 0;
  std::atomic<int> interruptions = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kAtOnce; ++i) {
      clients.emplace_back([&] {
        for (int number = next++; number < uploads; number = next++) {
          InterruptedUpload upload(server, static_cast<unsigned>(number));
          upload.run();
          EXPECT_EQ(sha256_hex(read_file(server.file_of(upload.location()), 1 << 24)), sha256_hex(upload.content()))
              << "seed " << number;
          interruptions += upload.interruptions();
          ++finished;
          finished.notify_all();
        }
      });
    }
    // Killed whenever another share of the uploads is there, hence in the middle of others.
    for (int kill = 1; kill <= kills; ++kill) {
      for (int now = finished; now < kill * uploads / (kills + 1); now = finished) finished.wait(now);
      server.kill_and_restart();
    }
  }
  EXPECT_EQ(finished, uploads);
  EXPECT_GE(interruptions, uploads);
  testing::Test::RecordProperty("interruptions", interruptions);
}

}  // namespace voxlate::e2e
