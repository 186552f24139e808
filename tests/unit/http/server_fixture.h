#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <thread>

#include "base/temporary_folder.h"
#include "http/server.h"
#include "store/sqlite_upload_store.h"
#include "store/sqlite_webhook_store.h"
#include "tests/contract/in_memory_job_store.h"
#include "tests/unit/http/client.h"
#include "tests/unit/http/fake_performance.h"
#include "voxlate/error.h"

namespace voxlate::http {

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(1'800'000'000'000)); }
};

struct Form {
  std::string boundary = "XyZ-boundary";
  std::string body;

  Form& field(const std::string& name, const std::string& value) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    return *this;
  }
  Form& file(const std::string& file_name, const std::string& content, const std::string& part = "file") {
    std::string quoted;
    for (const char c : file_name) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part + "\"; filename=\"" + quoted +
            "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n";
    return *this;
  }
  std::string text() const { return body + "--" + boundary + "--\r\n"; }
};

/// Remembers what it was asked; `error` is thrown by everything but `list`.
class FakeModelStore final : public ModelStore {
 public:
  std::vector<ModelInfo> list() override { return models; }
  ModelOffer list_offered(std::stop_token) override { return {.models = models, .problem = "no connection"}; }
  ModelInfo look_up(std::string_view id, std::stop_token) override {
    return change("look up", id, ModelState::kAvailable);
  }
  std::vector<std::string> awaited() const override { return downloads; }
  ModelInfo start_download(std::string_view id) override { return change("download", id, ModelState::kDownloading); }
  ModelInfo unload(std::string_view id) override { return change("unload", id, ModelState::kInstalled); }
  void remove(std::string_view id) override { change("remove", id, ModelState::kAvailable); }

  std::vector<ModelInfo> models{{.id = "base-q5_1",
                                 .file = "ggml-base-q5_1.bin",
                                 .quantisation = "q5_1",
                                 .listed = true,
                                 .size_bytes = 59'707'625,
                                 .sha256 = "422f",
                                 .reason = "connection lost",
                                 .downloaded_bytes = 1000},
                                {.id = "mine", .file = "mine.bin", .state = ModelState::kUnlisted, .usable = true}};
  std::vector<std::string> downloads;
  std::optional<Error> error;
  std::vector<std::string> calls;

 private:
  ModelInfo change(const std::string& verb, std::string_view id, ModelState state) {
    calls.push_back(verb + " " + std::string(id));
    if (error) throw Error(*error);
    ModelInfo model = models.front();
    model.state = state;
    return model;
  }
};

/// A running server on a free port over a store in memory and a folder of its own.
class ServerTest : public testing::Test {
 protected:
  void TearDown() override { stop(); }

  /// Changes to `options_`, `probe_` and so on are made before.
  void start() {
    server_ = std::make_unique<Server>(
        options_,
        Services{.data = data_,
                 .store = store_,
                 .uploads = uploads_,
                 .feed = feed_,
                 .models = models_,
                 .webhooks = webhooks_,
                 .clock = clock_,
                 .performance = performance_,
                 .capabilities = [] { return capabilities(); },
                 .probe = [this](const std::filesystem::path& path, const JobSpec& spec) { return probe_(path, spec); },
                 .complete_spec = [this](JobSpec& spec) { complete_spec_(spec); },
                 .status = [] { return status(); },
                 .transcript = [](const Job&) { return transcript(); },
                 .identify_language = [](std::string_view text) { return guesses(text); },
                 .translate = [](const Transcript& text, std::string_view target, Progress&,
                                 std::stop_token) { return in_capitals(text, target); },
                 .check_import_url = check_url,
                 .check_webhook_url = check_url,
                 .import_progress =
                     [](const std::string&) {
                       return ImportProgress{10, 100};
                     },
                 .wake_workers =
                     [this] {
                       ++wakes_;
                       on_wake_();
                     },
                 .upload_changed = [this] { ++upload_changes_; }});
    port_ = server_->bind();
    thread_ = std::jthread([this](std::stop_token stop) { server_->run(stop); });
  }

  /// Stands for the rules, which have tests of their own.
  static std::string check_url(const std::string& url) {
    if (url.starts_with("https://example.com/")) return url;
    throw Error(ErrorCode::kInvalidInput, "this address is not allowed: a test says so");
  }

  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
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

  TemporaryFolder folder_;
  DataFolder data_{folder_.path() / "data"};
  contract::InMemoryJobStore store_;
  store::Storage storage_{{.path = data_.database(), .ballast_bytes = 0}};
  store::SqliteUploadStore uploads_{storage_};
  ChangeFeed feed_{1000};
  FakeModelStore models_;
  store::SqliteWebhookStore webhooks_{storage_};
  FixedClock clock_;
  FakePerformance performance_;
  Options options_{.port = 0, .min_free_disk_bytes = 1 << 20, .version = "0.1.0"};
  std::function<MediaSummary(const std::filesystem::path&, const JobSpec&)> probe_ = [](const std::filesystem::path&,
                                                                                        const JobSpec&) {
    return MediaSummary{.size_bytes = 0,
                        .duration = std::chrono::milliseconds(12345),
                        .content_type = "video/mp4",
                        .description = "mov,mp4: audio aac"};
  };
  std::function<void(JobSpec&)> complete_spec_ = [](JobSpec&) {};
  std::atomic<int> wakes_ = 0;
  std::function<void()> on_wake_ = [] {};
  std::atomic<int> upload_changes_ = 0;
  int port_ = 0;
  std::unique_ptr<Server> server_;
  std::jthread thread_;
};

}  // namespace voxlate::http
