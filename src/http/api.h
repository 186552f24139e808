#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "accounts/rate_limiter.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "http/awaited_jobs.h"
#include "http/message.h"
#include "http/server.h"
#include "http/translated_files.h"
#include "http/upload.h"
#include "http/upload_turns.h"
#include "http/whisper_cpp_model.h"

namespace voxlate::http {

/// Idempotency keys of requests under way, so that a repetition cannot overtake the first. Thread-safe.
class KeysInFlight {
 public:
  /// Holds a key while it lives.
  class Hold {
   public:
    Hold(KeysInFlight& keys, std::string key) : keys_(keys), key_(std::move(key)) {}
    ~Hold() { keys_.release(key_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    KeysInFlight& keys_;
    const std::string key_;
  };

  /// Nothing when another request holds it.
  std::shared_ptr<Hold> try_take(const std::string& key) {
    const MutexLock lock(mutex_);
    return keys_.insert(key).second ? std::make_shared<Hold>(*this, key) : nullptr;
  }

 private:
  void release(const std::string& key) {
    const MutexLock lock(mutex_);
    keys_.erase(key);
  }

  Mutex mutex_;
  std::set<std::string> keys_ GUARDED_BY(mutex_);
};

/// How many things of a kind each user has under way. Thread-safe.
class UserCounts {
 public:
  /// False when the user has `most` already.
  bool try_take(const std::string& user_id, int most) {
    const MutexLock lock(mutex_);
    int& count = counts_[user_id];
    if (count < most) return ++count > 0;
    if (count == 0) counts_.erase(user_id);
    return false;
  }

  void give_back(const std::string& user_id) {
    const MutexLock lock(mutex_);
    if (--counts_[user_id] <= 0) counts_.erase(user_id);
  }

 private:
  Mutex mutex_;
  std::map<std::string, int> counts_ GUARDED_BY(mutex_);
};

/// What all routes share. Thread-safe.
struct Api {
  const Options options;
  const Services services;
  const std::string instance = random_id().substr(0, 8);  ///< of this process, in the ids of events

  SpaceLedger space{};
  KeysInFlight keys{};
  UserCounts uploads{};
  accounts::RateLimiter misses{{.quota = options.max_missed_ids_per_minute}};  ///< of ids, by user or address
  UploadTurns turns{};
  std::atomic<int> event_streams = 0;
  AwaitedJobs awaited{{.max_waiting = options.max_waiting_requests, .brief = options.brief_media}, services};
  WhisperCppModel whisper_cpp_model{};
  TranslatedFiles translated_files{};
  std::stop_source draining{};  ///< stopped at the start of the shutdown
};

}  // namespace voxlate::http
