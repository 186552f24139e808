#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/change_feed.h"
#include "base/clock.h"
#include "base/data_folder.h"
#include "base/durability.h"
#include "base/ip_address.h"
#include "voxlate/answer_store.h"
#include "voxlate/import_store.h"
#include "voxlate/job.h"
#include "voxlate/job_store.h"
#include "voxlate/language_identifier.h"
#include "voxlate/model_store.h"
#include "voxlate/performance.h"
#include "voxlate/progress.h"
#include "voxlate/system_status.h"
#include "voxlate/transcript.h"
#include "voxlate/upload_store.h"
#include "voxlate/webhook_store.h"

namespace voxlate::accounts {
class Accounts;
}

namespace voxlate::http {

/// Limits and times of the server. Every wait and every buffer has one.
struct Options {
  std::string host = "127.0.0.1";
  int port = 5000;                           ///< 0: any free one
  std::vector<std::string> allowed_hosts{};  ///< names in `Host` besides loopback names, `host` and IP addresses
  std::uint64_t max_upload_bytes = std::uint64_t{1} << 30;
  std::uint64_t min_free_disk_bytes = std::uint64_t{2} << 30;        ///< kept free for results and the database
  std::optional<std::chrono::seconds> max_media_duration{};          ///< only reported; enforced by `Services::probe`
  std::chrono::milliseconds upload_expiry = std::chrono::hours(24);  ///< without new bytes
  int max_uploads_of_user = 100;                                     ///< resumable ones, until a job takes them
  int max_queued_jobs = 1000;
  int max_webhooks = 20;  ///< of each user
  bool imports = true;    ///< whether jobs may name an address
  int max_jobs_per_page = 200;
  int max_uploads_per_user = 4;           ///< at the same time; with accounts
  int max_missed_ids_per_minute = 20;     ///< of each user or address; 0: no limit (http/guessing.h)
  int max_connections = 4096;             ///< in all; one that waits or is slow costs no thread
  int max_connections_per_address = 256;  ///< loopback and trusted proxies may have all
  int request_threads = 64;               ///< requests that are worked on at once
  int max_event_streams = 1000;
  int max_waiting_requests = 32;          ///< that hold a thread until their work is done
  std::chrono::seconds brief_media{120};  ///< longest media of a waiting request for which a worker is reserved
  std::size_t max_translation_characters = 20'000;  ///< of one request for a text
  std::size_t max_translation_texts = 500;          ///< in one request
  std::vector<IpRange> trusted_proxies{};           ///< whose X-Forwarded-For and X-Forwarded-Proto are believed
  std::chrono::milliseconds head_timeout{10'000};   ///< from the first byte of a request to the end of its head
  std::chrono::milliseconds idle_timeout{15'000};   ///< between requests
  std::chrono::milliseconds write_timeout{60'000};  ///< an answer must bring `min_answer_bytes_per_second` over each
  std::uint64_t min_answer_bytes_per_second = 1024;
  std::chrono::milliseconds body_rate_window{30'000};    ///< a body must bring `min_body_bytes_per_second` over each
  std::chrono::milliseconds crowded_body_window{3'000};  ///< the same while others wait for a thread
  std::chrono::milliseconds request_wait{30'000};        ///< for a thread, before 503
  std::uint64_t min_body_bytes_per_second = 16 * 1024;
  std::chrono::milliseconds event_keep_alive{15'000};
  std::chrono::milliseconds shutdown_grace{25'000};
  std::string version{};  ///< of the product
};

/// What the routes work with. The references are borrowed: they outlive the server. The functions are
/// called from any number of threads at once; each may throw Error.
struct Services {
  DataFolder& data;
  JobStore& store;
  UploadStore& uploads;
  ChangeFeed& feed;
  ModelStore& models;
  WebhookStore& webhooks;
  AnswerStore& answers;
  Durability& durability;
  const Clock& clock;
  Performance& performance;
  std::function<Capabilities()> capabilities;
  /// Looks into the uploaded file. `kUnsupported` becomes 415, `kCorrupt` and `kInvalidInput` 422.
  std::function<MediaSummary(const std::filesystem::path&, const JobSpec&)> probe;
  /// Fills defaults and refuses what cannot be done; everything it throws but `kUnavailable` becomes 422.
  std::function<void(JobSpec&)> complete_spec;
  std::function<SystemStatus()> status;
  std::function<std::vector<CacheReport>()> caches{};
  /// Returns the bytes that were freed. Throws `kNotFound`.
  std::function<std::uint64_t(const std::string& name)> clear_cache{};
  /// What is recognised so far, in order; the whole transcript once the job is completed.
  std::function<Transcript(const Job&)> transcript;
  /// What of a text of any length is in which language, the most probable one first; nothing where it cannot be told.
  std::function<std::vector<LanguageGuess>(std::string_view text)> identify_language{};
  /// `Translator::translate`.
  std::function<Transcript(const Transcript&, std::string_view target, Progress&, std::stop_token)> translate{};
  /// The address as it is to be asked. Throws `kInvalidInput` where the server does not go.
  std::function<std::string(const std::string& url)> check_import_url{};
  std::function<std::string(const std::string& url)> check_webhook_url{};
  /// Of a source that is being fetched at the moment; nothing for any other job.
  std::function<std::optional<ImportProgress>(const std::string& job_id)> import_progress{};
  /// Memory is so short that no job is accepted.
  std::function<bool()> refuses_jobs = [] { return false; };
  /// The queued job that there is no room for at the moment.
  std::function<std::optional<ResourceWait>()> resource_wait = [] { return std::nullopt; };
  /// A job may have become runnable, or is to be stopped; or there is a message to send.
  std::function<void()> wake_workers;
  /// An upload got more bytes, or is gone.
  std::function<void()> upload_changed = [] {};
  /// Users and their keys; none: accounts are off, and everybody is the local user.
  accounts::Accounts* accounts = nullptr;
  /// Deletes the jobs of a user with their files, and everything that is left of the user then.
  std::function<void(const std::string& user_id)> purge_user{};
};

/// The HTTP side of the product: connection front, routes, embedded client. Owns the threads that answer
/// requests and the one that tells events. `bind` and `run` are called from one thread.
class Server {
 public:
  Server(Options options, Services services);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Opens the port and returns its number; connections wait until `run`. Throws `kUnavailable` when the
  /// port is in use, `kInvalidInput` when the address cannot be used.
  int bind();

  /// Serves until `stop` is requested, then shuts down: not ready and no new connections at once, event
  /// streams and idle connections end, answers under way are finished within the grace. Returns with no
  /// connection left. The calling thread is the one that waits for all sockets.
  void run(std::stop_token stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace voxlate::http
