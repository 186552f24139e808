#include "jobs/retry_policy.h"

#include <algorithm>

namespace voxlate::jobs {

bool is_retryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kStorageFull:
    case ErrorCode::kInternal: return true;
    case ErrorCode::kInvalidInput:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kTooLarge:
    case ErrorCode::kUnsupported:
    case ErrorCode::kCorrupt:
    case ErrorCode::kCancelled: return false;
  }
  return false;
}

int max_attempts_for(const RetryPolicy& policy, ErrorCode code) {
  if (!is_retryable(code)) return 1;
  if (code != ErrorCode::kOutOfMemory && code != ErrorCode::kTimeout) return policy.max_attempts;
  return std::min(policy.max_attempts, policy.max_attempts_poison);
}

std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int attempt, double dice) {
  std::chrono::milliseconds delay = policy.base_delay;
  for (int doubled = 1; doubled < attempt && delay < policy.max_delay; ++doubled) delay *= 2;
  delay = std::min(delay, policy.max_delay);
  const double factor = 1 + policy.jitter * (2 * dice - 1);
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * factor));
}

}  // namespace voxlate::jobs
