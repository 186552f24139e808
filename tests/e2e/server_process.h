#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voxlate::e2e {

/// The real server program on a free port of 127.0.0.1; ended with SIGTERM by the destructor.
class ServerProcess {
 public:
  /// Starts it and waits until it listens. Fails the test when it does not within 20 s.
  explicit ServerProcess(const std::filesystem::path& data_dir, std::vector<std::string> extra_flags = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  pid_t process_id() const { return pid_; }
  bool is_alive() const;

  /// Largest resident set so far and now, in bytes.
  std::uint64_t peak_rss_bytes() const;
  std::uint64_t rss_bytes() const;

  /// kill -9, and waits until it is gone.
  void kill_hard();

  /// SIGTERM; returns the exit status.
  int terminate();

  std::string log() const;

 private:
  std::filesystem::path log_path_;
  pid_t pid_ = -1;
  int port_ = 0;
};

struct Response {
  int status = 0;
  std::string body;
  nlohmann::json json;  ///< null unless the body is JSON
};

Response get(const ServerProcess& server, const std::string& path);
Response post(const ServerProcess& server, const std::string& path);
Response post_json(const ServerProcess& server, const std::string& path, const nlohmann::json& document);
Response remove(const ServerProcess& server, const std::string& path);

/// POST /api/jobs with the file's content, streamed, and text fields.
Response submit(const ServerProcess& server, const std::filesystem::path& file,
                const std::vector<std::pair<std::string, std::string>>& fields = {},
                const std::vector<std::pair<std::string, std::string>>& headers = {});

/// Polls until the job is in no waiting state any more; fails the test after `limit_s` seconds.
nlohmann::json wait_until_finished(const ServerProcess& server, const std::string& id, int limit_s = 300);

/// Runs a program without a shell; returns its exit status.
int run_program(const std::vector<std::string>& arguments);

bool has_program(std::string_view name);

/// Share of the words of `expected` that `got` has wrong (substitutions, insertions, deletions); case and
/// punctuation do not count.
double word_error_rate(std::string_view expected, std::string_view got);

}  // namespace voxlate::e2e
