#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "voxlate/job.h"

namespace voxlate::app {

struct TranscribeRequest {
  std::vector<std::string> files;
  JobSpec spec;             ///< `source_name` is filled for each file
  std::string output_stem;  ///< path of the results without language and extension; empty: beside the input
  bool overwrite = false;   ///< replace files that voxlate did not write
};

/// Runs the pipeline over each file without a server; results lie beside the input as "talk.en.srt". A file that
/// voxlate did not write is never replaced unless asked for. A progress line goes to stderr when it is a
/// terminal. One bad file does not stop the others. Returns whether all succeeded.
/// Throws `kInvalidInput` for a request that is wrong for every file, `kCancelled`.
bool transcribe_files(const Config& config, const TranscribeRequest& request, std::stop_token stop);

}  // namespace voxlate::app
