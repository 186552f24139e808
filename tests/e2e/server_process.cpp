#include "server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace voxlate::e2e {
namespace {

using namespace std::chrono_literals;

constexpr auto kPoll = 20ms;  // between looks at another process, which cannot signal us

pid_t spawn(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Response to_response(const httplib::Result& result) {
  if (!result) throw std::runtime_error("no answer: " + httplib::to_string(result.error()));
  Response response{.status = result->status, .body = result->body, .json = nullptr};
  if (result->get_header_value("Content-Type").find("json") != std::string::npos) {
    response.json = nlohmann::json::parse(result->body);
  }
  return response;
}

httplib::Client client_of(const ServerProcess& server) {
  httplib::Client client("127.0.0.1", server.port());
  client.set_read_timeout(60s);
  client.set_write_timeout(60s);
  return client;
}

std::uint64_t status_kib(pid_t pid, std::string_view key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stoull(line.substr(key.size() + 1)) * 1024;
  }
  return 0;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '\'') {
      word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

}  // namespace

ServerProcess::ServerProcess(const std::filesystem::path& data_dir, std::vector<std::string> extra_flags)
    : log_path_(data_dir.string() + ".log") {
  std::filesystem::remove(log_path_);
  std::vector<std::string> arguments{VOXLATE_BINARY, "serve",           "--port",     "0",
                                     "--set",        "models.default=", "--data-dir", data_dir.string()};
  arguments.insert(arguments.end(), extra_flags.begin(), extra_flags.end());
  pid_ = spawn(arguments, log_path_);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  static const std::regex kListening(R"(listening url=http://127\.0\.0\.1:(\d+))");
  while (std::chrono::steady_clock::now() < deadline) {
    const std::string text = log();
    if (std::smatch match; std::regex_search(text, match, kListening)) {
      port_ = std::stoi(match[1]);
      return;
    }
    if (!is_alive()) break;
    std::this_thread::sleep_for(kPoll);
  }
  throw std::runtime_error("the server did not start:\n" + log());
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) terminate();
}

bool ServerProcess::is_alive() const {
  siginfo_t info{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

std::uint64_t ServerProcess::peak_rss_bytes() const { return status_kib(pid_, "VmHWM:"); }
std::uint64_t ServerProcess::rss_bytes() const { return status_kib(pid_, "VmRSS:"); }

void ServerProcess::kill_hard() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int ServerProcess::terminate() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string ServerProcess::log() const { return read_text(log_path_); }

Response get(const ServerProcess& server, const std::string& path) { return to_response(client_of(server).Get(path)); }

Response post(const ServerProcess& server, const std::string& path) {
  return to_response(client_of(server).Post(path, "", "application/json"));
}

Response post_json(const ServerProcess& server, const std::string& path, const nlohmann::json& document) {
  return to_response(client_of(server).Post(path, document.dump(), "application/json"));
}

Response remove(const ServerProcess& server, const std::string& path) {
  return to_response(client_of(server).Delete(path));
}

Response submit(const ServerProcess& server, const std::filesystem::path& file,
                const std::vector<std::pair<std::string, std::string>>& fields,
                const std::vector<std::pair<std::string, std::string>>& headers) {
  httplib::MultipartFormDataItems items;
  for (const auto& [name, value] : fields) items.push_back({name, value, "", ""});
  httplib::Headers sent;
  for (const auto& [name, value] : headers) sent.emplace(name, value);
  auto stream = std::make_shared<std::ifstream>(file, std::ios::binary);
  auto buffer = std::make_shared<std::vector<char>>(1 << 16);
  const httplib::MultipartFormDataProviderItems providers{
      {"file",
       [stream, buffer](std::size_t, httplib::DataSink& sink) {
         stream->read(buffer->data(), static_cast<std::streamsize>(buffer->size()));
         if (stream->gcount() == 0) {
           sink.done();
           return true;
         }
         return sink.write(buffer->data(), static_cast<std::size_t>(stream->gcount()));
       },
       file.filename().string(), "application/octet-stream"}};
  return to_response(client_of(server).Post("/api/jobs", sent, items, providers));
}

nlohmann::json wait_until_finished(const ServerProcess& server, const std::string& id, int limit_s) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(limit_s);
  nlohmann::json job;
  while (std::chrono::steady_clock::now() < deadline) {
    job = get(server, "/api/jobs/" + id).json;
    const std::string state = job.at("status");
    if (state != "queued" && state != "processing") return job;
    std::this_thread::sleep_for(kPoll);
  }
  ADD_FAILURE() << "job not finished within " << limit_s << " s: " << job.dump(1) << "\n" << server.log();
  return job;
}

int run_program(const std::vector<std::string>& arguments) {
  const pid_t pid = spawn(arguments, "/dev/null");
  int status = -1;
  if (pid > 0) ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool has_program(std::string_view name) {
  std::istringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(path, folder, ':');) {
    if (::access((std::filesystem::path(folder) / name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

double word_error_rate(std::string_view expected, std::string_view got) {
  const std::vector<std::string> a = words_of(expected);
  const std::vector<std::string> b = words_of(got);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return a.empty() ? static_cast<double>(b.size()) : static_cast<double>(row[b.size()]) / static_cast<double>(a.size());
}

}  // namespace voxlate::e2e
