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
#include "voxlate/job.h"
#include "voxlate/job_store.h"
#include "voxlate/model_store.h"
#include "voxlate/system_status.h"
#include "voxlate/transcript.h"
#include "voxlate/upload_store.h"

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
  int max_jobs_per_page = 200;
  int max_connections = 256;
  int max_event_streams = 64;
  std::chrono::milliseconds head_timeout{10'000};      ///< from the first byte of a request to the end of its head
  std::chrono::milliseconds idle_timeout{15'000};      ///< between requests
  std::chrono::milliseconds write_timeout{60'000};     ///< without any progress
  std::chrono::milliseconds body_rate_window{30'000};  ///< a body must bring `min_body_bytes_per_second` over each
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
  const Clock& clock;
  std::function<Capabilities()> capabilities;
  /// Looks into the uploaded file. `kUnsupported` becomes 415, `kCorrupt` and `kInvalidInput` 422.
  std::function<MediaSummary(const std::filesystem::path&, const JobSpec&)> probe;
  /// Fills defaults and refuses what cannot be done; everything it throws but `kUnavailable` becomes 422.
  std::function<void(JobSpec&)> complete_spec;
  std::function<SystemStatus()> status;
  /// What is recognised so far, in order; the whole transcript once the job is completed.
  std::function<Transcript(const Job&)> transcript;
  /// A job may have become runnable, or is to be stopped.
  std::function<void()> wake_workers;
  /// An upload got more bytes, or is gone.
  std::function<void()> upload_changed = [] {};
};

/// The HTTP side of the product: connection front, routes, embedded client. Owns the threads of its
/// connections. `bind` and `run` are called from one thread.
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
  /// connection left.
  void run(std::stop_token stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace voxlate::http
