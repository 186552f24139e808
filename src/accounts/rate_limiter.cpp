#include "accounts/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace voxlate::accounts {
namespace {

std::chrono::seconds whole_seconds(double seconds) {
  return std::chrono::seconds(static_cast<long long>(std::ceil(std::max(seconds, 0.0))));
}

}  // namespace

RateLimiter::Decision RateLimiter::take(const std::string& name) {
  if (policy_.quota <= 0) return {};
  const auto now = now_();
  const MutexLock lock(mutex_);
  Bucket& bucket = fill(name, now);
  const bool allowed = decide(bucket).allowed;
  if (allowed) bucket.tokens = std::max(bucket.tokens - 1, 0.0);
  Decision decision = decide(bucket);
  decision.allowed = allowed;
  if (allowed) decision.retry_after = {};
  return decision;
}

RateLimiter::Decision RateLimiter::look(const std::string& name) {
  if (policy_.quota <= 0) return {};
  const auto now = now_();
  const MutexLock lock(mutex_);
  if (!buckets_.contains(name)) return {.remaining = policy_.quota};
  return decide(fill(name, now));
}

/// The bucket with what it has gained since it was filled last.
RateLimiter::Bucket& RateLimiter::fill(const std::string& name, std::chrono::steady_clock::time_point now) {
  const double rate = policy_.quota / std::chrono::duration<double>(policy_.window).count();
  if (buckets_.size() >= kMaxBuckets && !buckets_.contains(name)) forget_some(now);
  Bucket& bucket = buckets_.try_emplace(name, Bucket{.tokens = double(policy_.quota), .filled_at = now}).first->second;
  const double gained = std::chrono::duration<double>(now - bucket.filled_at).count() * rate;
  bucket.tokens = std::min(bucket.tokens + std::max(gained, 0.0), double(policy_.quota));
  bucket.filled_at = now;
  return bucket;
}

RateLimiter::Decision RateLimiter::decide(const Bucket& bucket) const {
  // Sums of fractions: what is short of a token by a rounding error is one.
  constexpr double kAlmostOne = 1 - 1e-9;
  const double rate = policy_.quota / std::chrono::duration<double>(policy_.window).count();
  Decision decision;
  decision.allowed = bucket.tokens >= kAlmostOne;
  decision.remaining = static_cast<int>(bucket.tokens);
  decision.full_after = whole_seconds((policy_.quota - bucket.tokens) / rate);
  if (!decision.allowed)
    decision.retry_after = std::max(whole_seconds((1 - bucket.tokens) / rate), std::chrono::seconds(1));
  return decision;
}

void RateLimiter::give_back(const std::string& name) {
  const MutexLock lock(mutex_);
  const auto found = buckets_.find(name);
  if (found != buckets_.end()) found->second.tokens = std::min(found->second.tokens + 1, double(policy_.quota));
}

// First those that are full again, which loses nothing; then, when that is not enough, the quarter unused for longest.
void RateLimiter::forget_some(std::chrono::steady_clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) { return now - entry.second.filled_at >= policy_.window; });
  if (buckets_.size() < kMaxBuckets - kMaxBuckets / 4) return;
  std::vector<std::chrono::steady_clock::time_point> times;
  times.reserve(buckets_.size());
  for (const auto& [name, bucket] : buckets_) times.push_back(bucket.filled_at);
  const auto quarter = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4);
  std::nth_element(times.begin(), quarter, times.end());
  std::size_t left = times.size() / 4 + 1;
  std::erase_if(buckets_,
                [&](const auto& entry) { return entry.second.filled_at <= *quarter && left > 0 && left-- > 0; });
}

}  // namespace voxlate::accounts
