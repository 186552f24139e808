#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "voxlate/performance.h"
#include "voxlate/system_status.h"

namespace voxlate::http {

/// Parts of documents.
nlohmann::ordered_json alerts_document(const std::vector<Alert>& alerts);
nlohmann::ordered_json workers_document(const WorkerFigures& workers);

/// The documents of /api/performance; web/openapi.yaml describes each.
std::string performance_json(const Performance& performance, const SystemStatus& status);
std::string timings_json(const std::vector<StageFigures>& stages);
std::string history_json(const MetricsHistory& history);
std::string memory_profile_json(const MemoryProfile& profile, const SystemStatus& status);
std::string advice_json(const std::vector<Recommendation>& advice, const SystemStatus& status);
std::string optimized_json(const OptimizeResult& result);

/// What is told each second.
std::string system_event_json(const SystemStatus& status);

}  // namespace voxlate::http
