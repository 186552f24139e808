#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "store/storage.h"
#include "voxlate/metrics_store.h"

namespace voxlate::store {

class Database;

/// Figures over time in SQLite, in two tables for each kind, of which the older one is emptied as a whole when the
/// other one holds its retention (migrations/0008_metrics.sql). On a full disk it throws `kStorageFull` and what was
/// to be kept is lost. Thread-safe.
class SqliteMetricsStore final : public MetricsStore {
 public:
  /// How long things are kept at least; twice that at most.
  struct Options {
    std::chrono::hours raw{6};
    std::chrono::hours minutes{7 * 24};  ///< marks, too
    std::chrono::hours hours{400 * 24};  ///< jobs, too
  };

  SqliteMetricsStore(Storage& storage, Options options) : storage_(storage), options_(options) {}

  void add(const MetricsPoint& point) override;
  std::vector<MetricsPoint> points(MetricsStep step, TimePoint begin, TimePoint end) const override;
  void mark(const MetricsMark& mark) override;
  std::vector<MetricsMark> marks(TimePoint begin, TimePoint end, int limit) const override;
  void add_job(const JobRecord& job) override;
  std::vector<JobRecord> jobs(int limit) const override;

 private:
  std::chrono::hours retention(MetricsStep step) const;
  void insert(Database& database, MetricsStep step, const MetricsPoint& point) const;
  void roll_up(Database& database, MetricsStep from, TimePoint earlier, TimePoint now) const;

  Storage& storage_;
  const Options options_;
};

}  // namespace voxlate::store
