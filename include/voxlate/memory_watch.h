#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/job.h"
#include "voxlate/memory_holder.h"

namespace voxlate {

/// How short memory is; each level does what those before it do.
enum class MemoryLevel {
  kNormal,
  kElevated,  ///< what costs nothing is given back now and then
  kHigh,      ///< everything that nobody uses is given back, and no job starts
  kCritical,  ///< no job is accepted, and the newest one that runs goes back to the queue
};

constexpr std::string_view to_string(MemoryLevel level) {
  switch (level) {
    case MemoryLevel::kNormal: return "normal";
    case MemoryLevel::kElevated: return "elevated";
    case MemoryLevel::kHigh: return "high";
    case MemoryLevel::kCritical: return "critical";
  }
  return "normal";
}

/// What one holder gave back.
struct FreedMemory {
  std::string name;  ///< `MemoryHolder::name`
  std::uint64_t bytes = 0;

  bool operator==(const FreedMemory&) const = default;
};

/// One clean-up.
struct MemoryRelease {
  TimePoint at{};
  ReleaseMode mode = ReleaseMode::kNormal;
  std::string cause;  ///< "elevated", "high", "rising", "requested"
  double percent_before = 0;
  double percent_after = 0;
  std::vector<FreedMemory> freed;  ///< in the order it was asked for, those that gave nothing left out
  std::uint64_t freed_bytes =
      0;  ///< by which the memory of this process fell, or what the holders gave if that is more
  std::chrono::milliseconds took{};

  bool operator==(const MemoryRelease&) const = default;
};

/// What the memory watchdog sees and did.
struct MemoryWatch {
  MemoryLevel level = MemoryLevel::kNormal;
  double percent = 0;          ///< of the last look
  double percent_per_s = 0;    ///< its trend
  double cheap_percent = 0;    ///< from here `kElevated`
  double release_percent = 0;  ///< from here `kHigh`; lower than set while use rises fast
  double refuse_percent = 0;   ///< from here `kCritical`
  bool admits_jobs = true;     ///< queued jobs may start
  bool refuses_jobs = false;   ///< submissions are answered with 503
  std::uint64_t releases = 0;
  std::uint64_t freed_bytes = 0;
  std::uint64_t jobs_requeued = 0;
  std::vector<MemoryRelease> latest;  ///< newest first
};

}  // namespace voxlate
