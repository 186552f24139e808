#pragma once

#include <chrono>

#include "voxlate/error.h"

namespace voxlate::jobs {

/// When a failed attempt is worth another one. Pure functions.
struct RetryPolicy {
  int max_attempts = 5;
  int max_attempts_poison = 3;  ///< of a job that hangs or runs out of memory: what it is given may be why
  std::chrono::milliseconds base_delay = std::chrono::seconds(5);    ///< after the first attempt, doubled each time
  std::chrono::milliseconds max_delay = std::chrono::seconds(3600);  ///< before the jitter
  double jitter = 0.2;                                               ///< share of the delay, up and down
};

/// Whether the same job may succeed later: not for errors that lie in the input or the request.
bool is_retryable(ErrorCode code);

/// How often a job may be tried when it fails with `code`.
int max_attempts_for(const RetryPolicy& policy, ErrorCode code);

/// How long to wait after attempt number `attempt` (from 1) failed; `dice` in [0, 1] picks the jitter.
std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int attempt, double dice);

}  // namespace voxlate::jobs
