#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <stop_token>
#include <vector>

#include "nn/batcher.h"
#include "voxlate/job.h"
#include "whisper/decoding_options.h"
#include "whisper/net/network.h"
#include "whisper/tokenizer.h"
#include "whisper/window_decoder.h"

namespace voxlate::whisper {

/// Decodes the windows of all jobs that use a network together, as `nn::Batcher` says. Thread-safe.
class WindowBatcher {
 public:
  struct Options {
    std::size_t max_windows = 8;  ///< decoded at once; each holds its keys and values in memory
    std::size_t max_encoded = 1;  ///< joining between two steps; more in one go is faster on a GPU, not on a CPU
  };

  struct Request {
    std::vector<float> samples;
    std::shared_ptr<const EncodedAudio> audio;  ///< the samples encoded, where that was done before
    DecodingOptions decoding;
    WindowDecoder::Prompt prompt;
    const void* job = nullptr;  ///< whose it is: any address of the job's own
    Priority priority = Priority::kNormal;
  };

  struct Result {
    DecodedWindow decoded;
    std::shared_ptr<const EncodedAudio> audio;
  };

  /// Both outlive the batcher.
  WindowBatcher(const Network& network, const Tokenizer& tokenizer, const Options& options);

  /// The future throws `kCancelled` soon after `stop` is requested, or when the batcher ends.
  std::future<Result> submit(Request request, std::stop_token stop);

 private:
  nn::Batcher batcher_;
};

}  // namespace voxlate::whisper
