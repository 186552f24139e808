#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "http/message.h"

namespace voxlate::http {

/// Sees to it that one request at a time works on an upload. The newest wins: a client that comes back after a broken
/// line must not wait for its own dead request (reliability 3.3). Thread-safe.
class UploadTurns {
 public:
  /// Held while it lives.
  class Turn {
   public:
    Turn(UploadTurns& turns, std::string id, BodyReader* body, std::uint64_t arrival)
        : turns_(turns), id_(std::move(id)), body_(body), arrival_(arrival) {}
    ~Turn() { turns_.end(*this); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    /// A newer request waits: keep what has come, and end.
    bool is_over() const { return over_; }

   private:
    friend class UploadTurns;

    UploadTurns& turns_;
    const std::string id_;
    BodyReader* const body_;  ///< may be null
    const std::uint64_t arrival_;
    std::atomic<bool> over_ = false;
  };

  /// Ends the turn that an older request has, and waits for that. Null when a newer one has it, or the other did not
  /// end in time. Older and newer are told by the arrival: which thread comes first says nothing. `body` is cut when
  /// the turn is over; may be null.
  std::unique_ptr<Turn> take(const std::string& id, const Request& request, BodyReader* body);

 private:
  void end(const Turn& turn);

  static constexpr std::chrono::seconds kPatience{10};

  Mutex mutex_;
  ConditionVariable ended_;
  std::map<std::string, Turn*> turns_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::http
