#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "base/mutex.h"

namespace voxlate::accounts {

/// Token buckets by name: each holds `quota` tokens and gains as many over each `window`, by the steady clock. Keeps at
/// most `kMaxBuckets`; beyond that the ones that nobody used for longest are forgotten. Thread-safe.
class RateLimiter {
 public:
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;
  static constexpr std::size_t kMaxBuckets = 20'000;

  struct Policy {
    int quota = 600;  ///< 0: everything is allowed
    std::chrono::seconds window{60};
  };

  explicit RateLimiter(Policy policy, SteadyClock now = std::chrono::steady_clock::now)
      : policy_(policy), now_(std::move(now)) {}

  struct Decision {
    bool allowed = true;
    int remaining = 0;                   ///< tokens left
    std::chrono::seconds full_after{};   ///< until all are there again
    std::chrono::seconds retry_after{};  ///< until one is there; 0 when allowed
  };

  /// Takes a token, if there is one.
  Decision take(const std::string& name);

  /// Whether there is one, without taking it.
  Decision look(const std::string& name);

  /// Gives one back: what it was taken for did not count.
  void give_back(const std::string& name);

  const Policy& policy() const { return policy_; }

 private:
  struct Bucket {
    double tokens = 0;
    std::chrono::steady_clock::time_point filled_at{};
  };

  Bucket& fill(const std::string& name, std::chrono::steady_clock::time_point now) REQUIRES(mutex_);
  Decision decide(const Bucket& bucket) const;
  void forget_some(std::chrono::steady_clock::time_point now) REQUIRES(mutex_);

  const Policy policy_;
  const SteadyClock now_;

  Mutex mutex_;
  std::map<std::string, Bucket> buckets_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::accounts
