#pragma once

#include <string>

#include "config/config.h"

namespace voxlate::app {

struct BenchRequest {
  std::string model;  ///< as `voxlate models list` has it; empty: the best one installed
  bool as_json = false;
};

/// Measures how fast this machine computes a Whisper model and prints it: loading, encoding a window of 30 s, decoder
/// steps of 1, 5 and 8 sequences, all as medians, and the memory. Takes some seconds for a small model, minutes for a
/// large one. Throws `kUnavailable` when no model is installed, and what loading it throws.
void run_bench(const Config& config, const BenchRequest& request);

}  // namespace voxlate::app
