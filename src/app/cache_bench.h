#pragma once

#include <string>

#include "config/config.h"

namespace voxlate::app {

struct CacheBenchRequest {
  std::string redis_url;  ///< of a Redis to measure too, whose other keys stay; empty: none
  bool as_json = false;
};

/// Measures how many values a second each kind of cache takes and gives, and prints that beside what the systems before
/// did. Takes some seconds. Files are made in the data folder where there is one, else where temporary files are, and
/// removed again. Throws `kInvalidInput` for an address that is none, `kUnavailable` when no Redis is there.
void run_cache_bench(const Config& config, const CacheBenchRequest& request);

}  // namespace voxlate::app
