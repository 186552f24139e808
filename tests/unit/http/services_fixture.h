#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/temporary_folder.h"
#include "http/server.h"
#include "store/sqlite_answer_store.h"
#include "store/sqlite_upload_store.h"
#include "store/sqlite_webhook_store.h"
#include "tests/unit/http/fake_performance.h"
#include "voxlate/error.h"

namespace voxlate::http {

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(1'800'000'000'000)); }
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

/// What `Services` borrow, in a folder of its own, and a server on a free port over it. Jobs are kept where the fixture
/// says that derives from this.
class ServicesTest : public testing::Test {
 protected:
  // The server is gone before the store and the rest of the fixture that it borrows.
  void TearDown() override {
    stop();
    server_.reset();
  }

  /// They do as little as they can: a test sets those that it is about.
  Services services_over(JobStore& store) {
    return {.data = data_,
            .store = store,
            .uploads = uploads_,
            .feed = feed_,
            .models = models_,
            .webhooks = webhooks_,
            .answers = answers_,
            .durability = durability_,
            .clock = clock_,
            .performance = performance_,
            .capabilities = [] { return Capabilities{}; },
            .probe = [](const std::filesystem::path&, const JobSpec&) { return MediaSummary{}; },
            .complete_spec = [](JobSpec&) {},
            .status = [] { return SystemStatus{}; },
            .caches = [] { return std::vector<CacheReport>{}; },
            .clear_cache = [](const std::string&) { return std::uint64_t{0}; },
            .transcript = [](const Job&) { return Transcript{}; },
            .check_import_url = [](const std::string& url) { return url; },
            .check_webhook_url = [](const std::string& url) { return url; },
            .wake_workers = [] {}};
  }

  void serve(Services services) {
    server_ = std::make_unique<Server>(options_, std::move(services));
    port_ = server_->bind();
    thread_ = std::jthread([this](std::stop_token stop) { server_->run(stop); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }

  void sync_or_fail(int fd, void (*sync)(int)) const {
    if (syncs_fail_) throw Error(ErrorCode::kInternal, "cannot make a file durable: Input/output error");
    sync(fd);
  }

  TemporaryFolder folder_;
  DataFolder data_{folder_.path() / "data"};
  std::atomic<bool> syncs_fail_ = false;  ///< of the content of files
  Durability durability_{{.data = [this](int fd) { sync_or_fail(fd, sync_data); },
                          .file = [this](int fd) { sync_or_fail(fd, sync_file); }}};
  store::Storage storage_{{.path = data_.database(), .ballast_bytes = 0, .durability = &durability_}};
  store::SqliteAnswerStore answers_{storage_};
  store::SqliteUploadStore uploads_{storage_};
  ChangeFeed feed_{1000};
  FakeModelStore models_;
  store::SqliteWebhookStore webhooks_{storage_};
  FixedClock clock_;
  FakePerformance performance_;
  Options options_{.port = 0, .min_free_disk_bytes = 1 << 20, .version = "0.1.0"};
  int port_ = 0;
  std::unique_ptr<Server> server_;
  std::jthread thread_;
};

}  // namespace voxlate::http
