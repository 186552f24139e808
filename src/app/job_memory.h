#pragma once

#include <cstdint>
#include <vector>

#include "models/loaded_models.h"
#include "models/model_file.h"
#include "voxlate/job.h"

namespace voxlate::app {

/// What the estimate of a job's memory depends on.
struct MemoryFacts {
  std::vector<models::ModelFile> files;     ///< models that are installed
  std::vector<models::LoadedModel> loaded;  ///< those of them that are in memory
  bool computes_integers = false;           ///< weights take a byte each, whatever the file has
  int max_windows = 1;                      ///< `Config::whisper_max_windows`
  int sphinx_decoders = 1;                  ///< that the embedded recogniser may still have to load
};

/// How much memory a job is going to take beyond what is taken already: networks that are to be loaded, the state of
/// the windows that are decoded at once, decoders, the process that reads its media. Rather too much than too little:
/// by measurements of tiny to small (README, benchmarks), and in proportion beyond those.
std::uint64_t memory_needed(const Job& job, const MemoryFacts& facts);

}  // namespace voxlate::app
