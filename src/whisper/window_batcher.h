#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <future>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "voxlate/job.h"
#include "whisper/decoding_options.h"
#include "whisper/net/network.h"
#include "whisper/tokenizer.h"
#include "whisper/window_decoder.h"

namespace voxlate::whisper {

/// One thread per loaded network that decodes the windows of all jobs together: all that are live take each step of the
/// decoder at once, finished ones leave and waiting ones join between two steps, encoded then. What comes of a window
/// does not depend on what else is decoded.
///
/// A window of the most urgent job is begun first, among equals one of the job that had the fewest, and of one job the
/// oldest. No job has more than its share of the places, and one alone leaves one place free, so that a short job
/// begins at once while a long one runs. When the device has not enough memory, those under way fail, and from then on
/// half as many are decoded at once. After a second without work the memory that it used goes back to the system.
/// Thread-safe.
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
  ~WindowBatcher();
  WindowBatcher(const WindowBatcher&) = delete;
  WindowBatcher& operator=(const WindowBatcher&) = delete;

  /// The future throws `kCancelled` soon after `stop` is requested, or when the batcher ends.
  std::future<Result> submit(Request request, std::stop_token stop);

 private:
  struct Waiting {
    Request request;
    std::stop_token stop;
    std::promise<Result> promise;
  };

  struct Live {
    const void* job = nullptr;
    std::stop_token stop;
    std::promise<Result> promise;
    std::shared_ptr<const EncodedAudio> audio;
    std::unique_ptr<WindowDecoder> decoder;
  };

  void work(const std::stop_token& stop);
  void wait_for_work(const std::stop_token& stop);
  std::vector<Waiting> take_waiting();
  std::deque<Waiting>::iterator next_waiting(const std::vector<Waiting>& taken) REQUIRES(mutex_);
  void begin(std::vector<Waiting> waiting);
  void step();
  void settle();
  void abandon(const std::exception_ptr& reason);
  void learn_from(const std::exception_ptr& failure);

  const Network& network_;
  const Tokenizer& tokenizer_;
  const Options options_;

  Mutex mutex_;
  ConditionVariable arrived_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);

  // Of the thread alone.
  std::size_t places_;                        ///< windows decoded at once
  std::map<const void*, std::size_t> begun_;  ///< windows of the jobs that have some live or waiting
  std::unique_ptr<DecoderSession> session_;
  std::vector<Live> live_;

  std::jthread thread_;
};

}  // namespace voxlate::whisper
