#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <thread>

#include "accounts/access_tokens.h"
#include "accounts/accounts.h"
#include "base/hashing.h"
#include "base/ids.h"
#include "base/temporary_folder.h"
#include "http/server.h"
#include "store/sqlite_account_store.h"
#include "store/sqlite_job_store.h"
#include "store/sqlite_upload_store.h"
#include "store/sqlite_webhook_store.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {

/// A server with accounts on, over one database, as the product has it. Users are put into the store directly with
/// one hash for all, so that only tests of signing in pay for hashing.
class AccountsServerTest : public testing::Test {
 protected:
  static constexpr const char* kPassword = "correct horse battery";

  void TearDown() override { stop(); }

  void start() {
    accounts_ = std::make_unique<accounts::Accounts>(account_options_, account_store_, clock_);
    server_ = std::make_unique<Server>(
        options_,
        Services{.data = data_,
                 .store = store_,
                 .uploads = uploads_,
                 .feed = feed_,
                 .models = models_,
                 .webhooks = webhook_store_,
                 .clock = clock_,
                 .performance = performance_,
                 .capabilities = [] { return Capabilities{}; },
                 .probe =
                     [](const std::filesystem::path&, const JobSpec&) {
                       return MediaSummary{.size_bytes = 0,
                                           .duration = std::chrono::seconds(90),
                                           .content_type = "audio/wav",
                                           .description = "wav"};
                     },
                 .complete_spec = [](JobSpec&) {},
                 .status = [] { return SystemStatus{}; },
                 .transcript = [](const Job&) { return Transcript{}; },
                 .check_webhook_url = [](const std::string& url) { return url; },
                 .wake_workers = [] {},
                 .accounts = accounts_.get(),
                 .purge_user =
                     [this](const std::string& id) {
                       for (const Job& job : store_.list({.owner = id, .state = {}, .search = {}, .after_id = {}}).jobs)
                         store_.remove(job.id);
                       account_store_.finish_deletion(id);
                     }});
    port_ = server_->bind();
    thread_ = std::jthread([this](std::stop_token stop) { server_->run(stop); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }

  /// The headers that sign a request in.
  static std::string cookie(const std::string& token) {
    return "Cookie: sid=" + token + "\r\nSec-Fetch-Site: same-origin\r\n";
  }
  static std::string bearer(const std::string& key) { return "Authorization: Bearer " + key + "\r\n"; }

  Answer ask(const std::string& method, const std::string& target, const std::string& headers = {},
             const std::string& body = {}, const std::string& content_type = "application/json") const {
    Client client(port_);
    std::string head = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers;
    if (!body.empty()) {
      head += "Content-Type: " + content_type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    }
    client.send(head + "\r\n" + body);
    return client.read_answer(method == "HEAD");
  }

  User add_user(const std::string& name, Role role = Role::kUser) {
    User user;
    user.id = random_id();
    user.name = name;
    user.role = role;
    user.password_hash = "no password";
    user.created_at = user.password_changed_at = clock_.now();
    account_store_.add_user(user);
    return user;
  }

  /// A user with a password, made as the product does.
  User add_real_user(const std::string& name, Role role = Role::kUser) {
    return *accounts_->add_user({.name = name, .email = "", .password = kPassword, .role = role}, "", {});
  }

  struct Signed {
    std::string id;  ///< of the session
    std::string token;
  };
  Signed sign_in(const User& user) {
    Signed made{.id = random_id(), .token = accounts::random_token()};
    account_store_.add_session({.id = made.id,
                                .user_id = user.id,
                                .token_hash = accounts::token_hash(made.token),
                                .address = "127.0.0.1",
                                .user_agent = "test",
                                .created_at = clock_.now(),
                                .last_used_at = clock_.now(),
                                .expires_at = clock_.now() + std::chrono::hours(24)},
                               10);
    return made;
  }

  accounts::NewKey add_key(const User& user, KeyScope scope) {
    return accounts_->make_key(user, "test", scope, {}, {});
  }

  std::string add_job(const std::string& owner, bool finished = false) {
    NewJob job;
    job.id = random_id();
    job.owner = owner;
    job.spec.source_name = "talk.wav";
    job.media.size_bytes = 3;
    const Workspace workspace = data_.workspace(job.id);
    workspace.create();
    write_file_atomically(workspace.source(), "abc");
    store_.enqueue(job, clock_.now());
    if (finished) {
      const auto claimed = store_.claim_next("test", clock_.now(), std::chrono::minutes(1), {});
      workspace.write_atomically("talk.en.srt", "1");
      store_.finish(
          claimed->lease,
          {.files = {{.name = "talk.en.srt", .content_type = "text/plain", .language = "en", .size_bytes = 1}},
           .notes = {}},
          clock_.now());
    }
    return job.id;
  }

  static std::string code(const Answer& answer) {
    return nlohmann::json::parse(answer.body, nullptr, false).value("code", "");
  }

  TemporaryFolder folder_;
  DataFolder data_{folder_.path() / "data"};
  store::Storage storage_{{.path = data_.database(), .ballast_bytes = 0}};
  store::SqliteJobStore store_{storage_};
  store::SqliteAccountStore account_store_{storage_};
  store::SqliteWebhookStore webhook_store_{storage_};
  store::SqliteUploadStore uploads_{storage_};
  ChangeFeed feed_{1000};
  FakeModelStore models_;
  FixedClock clock_;
  FakePerformance performance_;
  accounts::Accounts::Options account_options_{.requests = {.quota = 0}};
  std::unique_ptr<accounts::Accounts> accounts_;
  Options options_{.port = 0, .min_free_disk_bytes = 1 << 20, .version = "0.1.0"};
  int port_ = 0;
  std::unique_ptr<Server> server_;
  std::jthread thread_;
};

}  // namespace voxlate::http
