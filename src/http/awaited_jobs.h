#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/change_feed.h"
#include "base/mutex.h"
#include "http/server.h"
#include "voxlate/job.h"

namespace voxlate::http {

/// Jobs whose clients wait for the result with an open request, as clients of other dialects do.
///
/// Requests that ask for the same of the same file share one job: a client that sends its request again, because the
/// first took it too long or its connection broke, finds the work that was done. A job that nobody waits for any more
/// is cancelled at once; it and its finished windows are kept for `keep`, as is a job that was answered, and then
/// deleted. Jobs that an earlier process left behind are deleted at the start. Thread-safe.
class AwaitedJobs {
 public:
  struct Limits {
    int max_waiting = 32;                      ///< requests that wait at once; each holds a thread
    std::chrono::milliseconds keep{30'000};    ///< after the last request left
    std::chrono::milliseconds brief{120'000};  ///< longest media of a job for which a worker is reserved
  };

  /// `services` outlive it.
  AwaitedJobs(const Limits& limits, const Services& services);
  ~AwaitedJobs();
  AwaitedJobs(const AwaitedJobs&) = delete;
  AwaitedJobs& operator=(const AwaitedJobs&) = delete;

  /// One of the waiting requests, while it lives.
  class Place {
   public:
    explicit Place(AwaitedJobs& jobs) : jobs_(jobs) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    AwaitedJobs& jobs_;
  };

  /// Nothing when as many wait as may.
  std::shared_ptr<Place> try_take_place();

  /// One request's interest in a job, while it lives.
  class Interest {
   public:
    Interest(AwaitedJobs& jobs, std::string key, std::string job_id)
        : jobs_(jobs), key_(std::move(key)), job_id_(std::move(job_id)) {}
    ~Interest();
    Interest(const Interest&) = delete;
    Interest& operator=(const Interest&) = delete;

    const std::string& job_id() const { return job_id_; }

    /// Waits until the job has ended. `see` gets what changes meanwhile. Nothing when `given_up`, which is asked at
    /// least four times a second, says that nobody waits any more. Throws `kNotFound` when the job was deleted.
    std::optional<Job> wait(const std::function<bool()>& given_up,
                            const std::function<void(const ChangeFeed::Batch&)>& see = {});

   private:
    AwaitedJobs& jobs_;
    const std::string key_;
    const std::string job_id_;
    bool answered_ = false;
  };

  /// The job under `key`, which says what is asked of which file and by whom; else the one that `enqueue` adds, which
  /// returns its id; null when it returns none. What `enqueue` throws is thrown.
  std::shared_ptr<Interest> submit(const std::string& key, const std::function<std::optional<std::string>()>& enqueue);

  /// Whether a worker is reserved for such media.
  bool is_brief(const MediaSummary& media) const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Entry {
    std::string job_id;
    int interests = 0;
    bool cancelled_here = false;
    Clock::time_point forget_at{};  ///< without interests
  };

  bool may_be_shared(const Entry& entry) const;
  bool resume(const std::string& key, const std::string& job_id);
  void leave(const std::string& key, const std::string& job_id, bool answered);
  void cancel(const std::string& job_id);
  void remove(const std::string& job_id);
  void remove_left_over();
  void forget_old(const std::stop_token& stop);

  const Limits limits_;
  const Services& services_;

  Mutex mutex_;
  ConditionVariable changed_;
  std::map<std::string, Entry> entries_ GUARDED_BY(mutex_);
  int waiting_ GUARDED_BY(mutex_) = 0;

  std::jthread forgetter_;
};

}  // namespace voxlate::http
