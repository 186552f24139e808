#include "whisper/window_batcher.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

#include "base/heap.h"
#include "base/log.h"
#include "voxlate/error.h"

namespace voxlate::whisper {
namespace {

std::exception_ptr cancelled() {
  return std::make_exception_ptr(Error(ErrorCode::kCancelled, "cancelled while transcribing"));
}

}  // namespace

WindowBatcher::WindowBatcher(const Network& network, const Tokenizer& tokenizer, const Options& options)
    : network_(network),
      tokenizer_(tokenizer),
      options_(options),
      places_(options.max_windows),
      session_(network.new_session()),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

WindowBatcher::~WindowBatcher() {
  thread_.request_stop();
  thread_.join();
  const MutexLock lock(mutex_);
  for (Waiting& waiting : waiting_) waiting.promise.set_exception(cancelled());
}

std::future<WindowBatcher::Result> WindowBatcher::submit(Request request, std::stop_token stop) {
  Waiting waiting{.request = std::move(request), .stop = std::move(stop), .promise = {}};
  std::future<Result> result = waiting.promise.get_future();
  {
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(waiting));
  }
  arrived_.notify_one();
  return result;
}

void WindowBatcher::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (live_.empty()) wait_for_work(stop);
    try {
      begin(take_waiting());
      step();
      settle();
    } catch (...) {
      learn_from(std::current_exception());
      abandon(std::current_exception());
    }
  }
  abandon(cancelled());
}

/// Where memory was short, fewer windows are decoded at once from now on.
void WindowBatcher::learn_from(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOutOfMemory) return;
  } catch (...) {
    return;
  }
  places_ = std::max<std::size_t>(1, places_ / 2);
  log::warning("not enough memory to decode so many windows at once", {{"windows_now", places_}});
}

/// What a burst of work leaves behind goes back to the system after a pause.
void WindowBatcher::wait_for_work(const std::stop_token& stop) {
  constexpr std::chrono::seconds kPause{1};
  const auto has_work = [&]() REQUIRES(mutex_) { return !waiting_.empty(); };
  {
    const MutexLock lock(mutex_);
    if (arrived_.wait_for(mutex_, stop, kPause, has_work) || stop.stop_requested()) return;
  }
  return_freed_memory();
  const MutexLock lock(mutex_);
  arrived_.wait(mutex_, stop, has_work);
}

/// Those that may join now.
std::vector<WindowBatcher::Waiting> WindowBatcher::take_waiting() {
  const MutexLock lock(mutex_);
  std::erase_if(waiting_, [](Waiting& waiting) {
    if (!waiting.stop.stop_requested()) return false;
    waiting.promise.set_exception(cancelled());
    return true;
  });
  std::vector<Waiting> taken;
  while (taken.size() < options_.max_encoded && live_.size() + taken.size() < places_) {
    const auto next = next_waiting(taken);
    if (next == waiting_.end()) break;
    ++begun_[next->request.job];
    taken.push_back(std::move(*next));
    waiting_.erase(next);
  }
  return taken;
}

/// The one to begin, if there is one whose job has less than its share.
std::deque<WindowBatcher::Waiting>::iterator WindowBatcher::next_waiting(const std::vector<Waiting>& taken) {
  std::map<const void*, std::size_t> live;
  for (const Live& one : live_) ++live[one.job];
  for (const Waiting& one : taken) ++live[one.request.job];
  for (const Waiting& one : waiting_) live.try_emplace(one.request.job, 0);
  std::erase_if(begun_, [&](const auto& job) { return !live.contains(job.first); });
  const std::size_t share =
      std::max<std::size_t>(1, live.size() > 1 ? (places_ + live.size() - 1) / live.size() : places_ - 1);
  auto best = waiting_.end();
  for (auto one = waiting_.begin(); one != waiting_.end(); ++one) {
    if (live[one->request.job] >= share) continue;
    if (best == waiting_.end() || one->request.priority > best->request.priority ||
        (one->request.priority == best->request.priority && begun_[one->request.job] < begun_[best->request.job]))
      best = one;
  }
  return best;
}

void WindowBatcher::begin(std::vector<Waiting> waiting) {
  std::vector<WindowAudio> windows;
  for (const Waiting& one : waiting) {
    if (one.request.audio == nullptr)
      windows.push_back({.samples = one.request.samples, .before = {}, .whole = one.request.decoding.whole_windows});
  }
  try {
    auto encoded = network_.encode(windows);
    auto next = encoded.begin();
    for (Waiting& one : waiting) {
      if (one.request.audio == nullptr) one.request.audio = std::move(*next++);
    }
  } catch (...) {
    learn_from(std::current_exception());
    for (Waiting& one : waiting) one.promise.set_exception(std::current_exception());
    return;
  }
  for (Waiting& one : waiting) {
    Live live{.job = one.request.job,
              .stop = std::move(one.stop),
              .promise = std::move(one.promise),
              .audio = one.request.audio,
              .decoder = {}};
    try {
      live.decoder = std::make_unique<WindowDecoder>(network_, tokenizer_, *session_, one.request.decoding, live.audio,
                                                     one.request.prompt);
      live_.push_back(std::move(live));
    } catch (...) {
      live.promise.set_exception(std::current_exception());
    }
  }
}

void WindowBatcher::step() {
  std::vector<DecoderSession::Input> inputs;
  std::vector<std::size_t> counts;
  for (Live& live : live_) {
    const std::size_t before = inputs.size();
    live.decoder->request(inputs);
    counts.push_back(inputs.size() - before);
  }
  if (inputs.empty()) return;
  std::span<float> logits = session_->step(inputs);
  const auto vocabulary = static_cast<std::size_t>(network_.shape().n_vocab);
  for (std::size_t i = 0; i < live_.size(); ++i) {
    live_[i].decoder->accept(logits.first(counts[i] * vocabulary));
    logits = logits.subspan(counts[i] * vocabulary);
  }
}

/// Finished and cancelled windows leave.
void WindowBatcher::settle() {
  for (Live& live : live_) {
    if (live.stop.stop_requested()) {
      live.promise.set_exception(cancelled());
      live.decoder.reset();
    } else if (live.decoder->finished()) {
      live.promise.set_value({.decoded = live.decoder->result(), .audio = std::move(live.audio)});
      live.decoder.reset();
    }
  }
  std::erase_if(live_, [](const Live& live) { return live.decoder == nullptr; });
}

/// A failed step leaves the sequences undefined: all that took part in it end, and a new session begins.
void WindowBatcher::abandon(const std::exception_ptr& reason) {
  for (Live& live : live_) live.promise.set_exception(reason);
  live_.clear();
  session_ = network_.new_session();
}

}  // namespace voxlate::whisper
