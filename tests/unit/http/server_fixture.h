#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <stop_token>

#include "tests/contract/in_memory_job_store.h"
#include "tests/unit/http/client.h"
#include "tests/unit/http/services_fixture.h"
#include "voxlate/error.h"

namespace voxlate::http {

/// A running server on a free port over a store in memory and a folder of its own.
class ServerTest : public ServicesTest {
 protected:
  /// Changes to `options_`, `probe_` and so on are made before.
  void start() {
    Services services = services_over(store_);
    services.capabilities = [] { return capabilities(); };
    services.probe = [this](const std::filesystem::path& path, const JobSpec& spec) { return probe_(path, spec); };
    services.complete_spec = [this](JobSpec& spec) { complete_spec_(spec); };
    services.earlier_work = [this](const JobSpec& spec, const std::string& owner, const std::string& sha256) {
      return earlier_work_(spec, owner, sha256);
    };
    services.status = [] { return status(); };
    services.caches = [] { return caches(); };
    services.clear_cache = [](const std::string& name) { return clear_cache(name); };
    services.transcript = [](const Job&) { return transcript(); };
    services.identify_language = [](std::string_view text) { return guesses(text); };
    services.translate = [](const Transcript& text, std::string_view target, Progress&, std::stop_token) {
      return in_capitals(text, target);
    };
    services.check_import_url = check_url;
    services.check_webhook_url = check_url;
    services.import_progress = [](const std::string&) { return ImportProgress{10, 100}; };
    services.wake_workers = [this] {
      ++wakes_;
      on_wake_();
    };
    services.upload_changed = [this] { ++upload_changes_; };
    serve(std::move(services));
  }

  static std::vector<CacheReport> caches() {
    return {{.name = "results",
             .type = "memory",
             .stats = {.entries = 2,
                       .bytes = 1024,
                       .max_entries = 1000,
                       .max_bytes = 4096,
                       .hits = 2,
                       .misses = 1,
                       .stored = 3,
                       .evictions = 1,
                       .errors = 0}},
            {.name = "translations",
             .type = "redis",
             .stats = {.errors = 4},
             .connection = CacheReport::Connection{.connected = false, .breaker = "open"}}};
  }
  static std::uint64_t clear_cache(const std::string& name) {
    if (name == "results") return 1024;
    throw Error(ErrorCode::kNotFound, "no such cache; there is: results");
  }

  /// Stands for the rules, which have tests of their own.
  static std::string check_url(const std::string& url) {
    if (url.starts_with("https://example.com/")) return url;
    throw Error(ErrorCode::kInvalidInput, "this address is not allowed: a test says so");
  }

  static std::string head(const std::string& method, const std::string& target, const std::string& more = {}) {
    return method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + "\r\n";
  }

  Answer ask(const std::string& method, const std::string& target, const std::string& more = {},
             const std::string& body = {}) const {
    Client client(port_);
    client.send(
        head(method, target, body.empty() ? more : more + "Content-Length: " + std::to_string(body.size()) + "\r\n"));
    client.send(body);
    return client.read_answer(method == "HEAD");
  }

  Answer get(const std::string& target, const std::string& more = {}) const { return ask("GET", target, more); }

  Answer post(const Form& form, const std::string& more = {}) const {
    return ask("POST", "/api/jobs", more + "Content-Type: multipart/form-data; boundary=" + form.boundary + "\r\n",
               form.text());
  }

  /// A queued job made through the API; its id.
  std::string make_job(const std::string& name = "talk.mp4", const std::string& content = "content") {
    const Answer answer = post(Form().file(name, content));
    EXPECT_EQ(answer.status, 202) << answer.body;
    return nlohmann::json::parse(answer.body).at("id");
  }

  /// Finishes the next queued job with one file.
  void finish_next(const std::string& file_name, const std::string& content) {
    const auto claimed = store_.claim_next("test", clock_.now(), std::chrono::minutes(1), {});
    ASSERT_TRUE(claimed);
    data_.workspace(claimed->job.id).write_atomically(file_name, content);
    store_.finish(claimed->lease,
                  {.files = {{.name = file_name,
                              .content_type = "text/plain; charset=utf-8",
                              .language = "en",
                              .size_bytes = content.size()}},
                   .notes = {}},
                  clock_.now());
  }

  /// Checks that `answer` is a problem document with every member.
  static void expect_problem(const Answer& answer, int status, const std::string& code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    const auto document = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(document.is_object()) << answer.body;
    EXPECT_EQ(document.value("status", 0), status);
    EXPECT_EQ(document.value("code", ""), code);
    EXPECT_EQ(document.value("request_id", ""), answer.header("x-request-id"));
    EXPECT_EQ(document.value("instance", ""), "/requests/" + answer.header("x-request-id"));
    EXPECT_TRUE(document.value("type", "").starts_with("urn:voxlate:problem:"));
    EXPECT_FALSE(document.value("title", "").empty());
    EXPECT_FALSE(document.value("detail", "").empty());
    EXPECT_EQ(document.contains("retry_after"), !answer.header("retry-after").empty());
  }

  std::size_t entries_in(const std::filesystem::path& folder) const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
  }
  std::size_t unfinished_uploads() const { return entries_in(data_.uploads()); }
  std::size_t job_folders() const { return entries_in(data_.path() / "jobs"); }

  static Capabilities capabilities() {
    return {.engines = {{.id = "sphinx", .name = "PocketSphinx", .languages = {"en"}, .notice = "rough"}},
            .routes = {{.source = "en", .target = "es", .engine = "apertium", .through = {}},
                       {.source = "en", .target = "ca", .engine = "apertium", .through = {"es"}},
                       {.source = "en", .target = "fr", .engine = "apertium", .through = {}}},
            .formats = {"srt", "vtt", "txt", "tsv", "json"},
            .profiles = {"netflix-en"}};
  }
  static SystemStatus status() {
    SystemStatus status;
    status.resources.memory_total_bytes = 1000;
    status.resources.memory_used_bytes = 250;
    status.resources.memory_source = "test";
    status.resources.cpu_percent = 12.34;
    status.models = {{.id = "base", .engine = "whisper", .device = "cpu", .compute_type = "auto", .in_use = true}};
    status.resources.gpus = {{.index = 0, .name = "GPU", .driver = "1", .memory_total_bytes = 1000}};
    status.workers_total = 3;
    status.media_sandbox = MediaSandbox{.landlock_abi = 7, .seccomp = true, .namespaces = false};
    status.versions = {{"voxlate", "0.1.0"}};
    return status;
  }
  static Transcript transcript() {
    using std::chrono::milliseconds;
    return {
        .language = "en",
        .engine = "sphinx",
        .duration = milliseconds(2000),
        .segments =
            {{.begin = milliseconds(120),
              .end = milliseconds(900),
              .text = "hello",
              .words = {{.text = "hello", .begin = milliseconds(120), .end = milliseconds(900), .confidence = 0.5F}},
              .confidence = 0.5F}},
        .notes = {}};
  }

  static std::vector<LanguageGuess> guesses(std::string_view text) {
    if (text.empty()) return {};
    return {{.language = "pt", .confidence = 0.6}, {.language = "en", .confidence = 0.3}};
  }

  /// A translation that shows what it is of.
  static Transcript in_capitals(Transcript text, std::string_view target) {
    text.language = target;
    for (Segment& segment : text.segments) {
      for (char& c : segment.text) c = c >= 'a' && c <= 'z' && c != 'x' && c != 'c' ? static_cast<char>(c - 32) : c;
    }
    return text;
  }

  contract::InMemoryJobStore store_;
  std::function<MediaSummary(const std::filesystem::path&, const JobSpec&)> probe_ = [](const std::filesystem::path&,
                                                                                        const JobSpec&) {
    return MediaSummary{.size_bytes = 0,
                        .duration = std::chrono::milliseconds(12345),
                        .content_type = "video/mp4",
                        .description = "mov,mp4: audio aac"};
  };
  std::function<void(JobSpec&)> complete_spec_ = [](JobSpec&) {};
  std::function<EarlierWork(const JobSpec&, const std::string&, const std::string&)> earlier_work_ =
      [](const JobSpec&, const std::string&, const std::string&) { return EarlierWork{}; };
  std::atomic<int> wakes_ = 0;
  std::function<void()> on_wake_ = [] {};
  std::atomic<int> upload_changes_ = 0;
};

}  // namespace voxlate::http
