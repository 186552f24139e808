#pragma once

#include <map>
#include <string>
#include <vector>

#include "voxlate/job.h"
#include "voxlate/performance.h"
#include "voxlate/system_status.h"

namespace voxlate::http {

struct MetricsFacts {
  SystemStatus status;
  std::map<JobState, int> queue;
  std::vector<StageFigures> stages;
  std::vector<HolderFigures> holders;
};

/// The figures as Prometheus reads them (text format 0.0.4): names begin with voxlate_, units are bytes and seconds,
/// counters end in _total. What is not known is left out.
std::string metrics_text(const MetricsFacts& facts);

}  // namespace voxlate::http
