#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "base/file.h"
#include "base/temporary_folder.h"
#include "cache/redis_connection.h"
#include "cache/redis_url.h"

namespace voxlate::contract {

/// A redis-server on a free port of 127.0.0.1 that keeps nothing on the disk, and ends with the object.
class RedisProcess {
 public:
  static constexpr const char* kProgram = "/usr/bin/redis-server";

  static bool is_installed() { return std::filesystem::exists(kProgram); }

  explicit RedisProcess(std::vector<std::string> more = {}) : more_(std::move(more)), port_(free_port()) { start(); }

  int port() const { return port_; }
  cache::RedisServer server() const {
    cache::RedisServer server;
    server.host = "127.0.0.1";
    server.port = port_;
    return server;
  }

  /// SIGKILL, and what was held is gone.
  void kill() {
    signal(SIGKILL);
    process_.reset();
  }
  void signal(int number) const { ::kill(process_->pid(), number); }

  /// On the same port.
  void start() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("cannot make a pipe");
    const UniqueFd output(ends[0]);
    const UniqueFd input_of_child(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const UniqueFd output_of_child(ends[1]);
    Command command{.program = kProgram,
                    .arguments = {"--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", "", "--appendonly",
                                  "no", "--enable-debug-command", "yes", "--dir", folder_.path().string()}};
    command.arguments.insert(command.arguments.end(), more_.begin(), more_.end());
    process_ = std::make_unique<ChildProcess>(command, input_of_child.get(), output_of_child.get());
    await_readiness(output.get());
    output_ = std::make_unique<UniqueFd>(::dup(output.get()));  // so that what it says later goes somewhere
  }

  /// One command on a connection of its own.
  cache::RedisReply ask(const cache::RedisCommand& command,
                        std::chrono::milliseconds limit = std::chrono::seconds(10)) const {
    cache::HostResolver host("127.0.0.1", port_);
    const auto deadline = std::chrono::steady_clock::now() + limit;
    cache::RedisConnection connection(host, server(), deadline);
    return connection.run({&command, 1}, deadline).front();
  }

 private:
  static int free_port() {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) throw_errno("cannot bind a port");
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
  }

  static void await_readiness(int output) {
    std::string said;
    char buffer[4096];
    while (said.find("Ready to accept connections") == std::string::npos) {
      const ssize_t got = ::read(output, buffer, sizeof buffer);
      if (got <= 0) throw std::runtime_error("redis-server did not start: " + said);
      said.append(buffer, static_cast<std::size_t>(got));
    }
  }

  const TemporaryFolder folder_;
  const std::vector<std::string> more_;
  const int port_;
  std::unique_ptr<UniqueFd> output_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace voxlate::contract
