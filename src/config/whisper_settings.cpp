#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> whisper_settings() {
  return {
      {"whisper.threads", "threads that compute, 0 to 256; 0: one a core", whole(&Config::whisper_threads, 0, 256)},
      {"whisper.device",
       "auto (CUDA where there is a device, else the CPU), cpu, cuda, or cuda:1 for the second device",
       device(&Config::whisper_device)},
      {"whisper.compute_type",
       "auto (float16 on CUDA, else int8 for quantised models and float32 for others), float32, float16 or int8",
       choice(&Config::whisper_compute_type, {"auto", "float32", "float16", "int8"})},
      {"whisper.long_audio",
       "chunked (cut at pauses, windows decoded together) or sequential (one after another, with context)",
       choice(&Config::whisper_long_audio, {"chunked", "sequential"})},
      {"whisper.beam_size", "texts followed at once while decoding, 1 to 16; 1 is fastest",
       whole(&Config::whisper_beam_size, 1, 16)},
      {"whisper.best_of", "samples of which the best is taken where the first text was doubtful, 1 to 16",
       whole(&Config::whisper_best_of, 1, 16)},
      {"whisper.fallback", "a doubtful text is decoded again at higher temperatures", flag(&Config::whisper_fallback)},
      {"whisper.max_windows", "windows of 30 s decoded together, over all jobs, 1 to 64",
       whole(&Config::whisper_max_windows, 1, 64)},
      {"whisper.whole_windows",
       "encode 30 s for audio below 15 s too, as OpenAI's code does, instead of 2 s of silence behind it",
       flag(&Config::whisper_whole_windows)},
      {"whisper.cuda_allocator",
       "how libtorch manages the memory of a GPU, in its own words",
       plain(&Config::cuda_allocator),
       {"PYTORCH_CUDA_ALLOC_CONF"}},
  };
}

}  // namespace voxlate::config
