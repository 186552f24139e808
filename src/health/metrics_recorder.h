#pragma once

#include <chrono>
#include <optional>

#include "base/mutex.h"
#include "voxlate/metrics_store.h"
#include "voxlate/performance.h"
#include "voxlate/resource_sample.h"

namespace voxlate::health {

/// The figures of one look.
MetricsPoint metrics_of(const ResourceSample& sample, int workers_active);

/// Puts the looks of every ten seconds together and has them kept. Thread-safe.
class MetricsRecorder {
 public:
  static constexpr std::chrono::seconds kEvery{10};

  /// Borrows `store`.
  explicit MetricsRecorder(MetricsStore& store) : store_(store) {}

  /// Samples are given in the order of their times. Throws what the store throws; the looks are gone then.
  void observe(const ResourceSample& sample, int workers_active);

 private:
  MetricsStore& store_;
  Mutex mutex_;
  MetricsSum sum_ GUARDED_BY(mutex_);
  std::optional<TimePoint> begin_ GUARDED_BY(mutex_);
};

/// The last `range` up to `now`, from the finest step that is kept so long, thinned out to at most 720 points, with at
/// most 200 marks.
struct HistoryLimits {
  std::chrono::hours raw{6};
  std::chrono::hours minutes{7 * 24};
};
MetricsHistory read_history(const MetricsStore& store, std::chrono::seconds range, TimePoint now,
                            const HistoryLimits& limits);

}  // namespace voxlate::health
