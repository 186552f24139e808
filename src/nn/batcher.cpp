#include "nn/batcher.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <tuple>
#include <utility>

#include "base/heap.h"
#include "base/log.h"
#include "voxlate/error.h"

namespace voxlate::nn {
namespace {

std::exception_ptr cancelled() {
  return std::make_exception_ptr(Error(ErrorCode::kCancelled, "cancelled while computing"));
}

}  // namespace

Batcher::Batcher(std::unique_ptr<BatchModel> model, const Options& options)
    : options_(options),
      model_(std::move(model)),
      places_(options.places),
      session_(model_->new_session()),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Batcher::~Batcher() {
  thread_.request_stop();
  thread_.join();
  const MutexLock lock(mutex_);
  for (const auto& item : waiting_) item->fail(cancelled());
}

void Batcher::submit(std::unique_ptr<BatchItem> item) {
  {
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(item));
  }
  arrived_.notify_one();
}

void Batcher::work(const std::stop_token& stop) {
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

/// Where memory was short, fewer items are decoded at once from now on.
void Batcher::learn_from(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOutOfMemory) return;
  } catch (const std::bad_alloc&) {  // main memory: all the same
  } catch (...) {
    return;
  }
  places_ = std::max<std::size_t>(1, places_ / 2);
  log::warning("not enough memory to decode so many at once", {{"what", options_.items}, {"now", places_}});
}

/// What a burst of work leaves behind goes back to the system after a pause.
void Batcher::wait_for_work(const std::stop_token& stop) {
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
Batcher::Items Batcher::take_waiting() {
  const MutexLock lock(mutex_);
  std::erase_if(waiting_, [](const std::unique_ptr<BatchItem>& item) {
    if (!item->owner().stop.stop_requested()) return false;
    item->fail(cancelled());
    return true;
  });
  Items taken;
  while (taken.size() < options_.max_begun && live_.size() + taken.size() < places_) {
    const auto next = next_waiting(taken);
    if (next == waiting_.end()) break;
    ++begun_[(*next)->owner().job];
    taken.push_back(std::move(*next));
    waiting_.erase(next);
  }
  return taken;
}

/// The one to begin, if there is one whose job has less than its share.
std::deque<std::unique_ptr<BatchItem>>::iterator Batcher::next_waiting(const Items& taken) {
  std::map<const void*, std::size_t> live;
  for (const auto& one : live_) ++live[one->owner().job];
  for (const auto& one : taken) ++live[one->owner().job];
  for (const auto& one : waiting_) live.try_emplace(one->owner().job, 0);
  std::erase_if(begun_, [&](const auto& job) { return !live.contains(job.first); });
  const std::size_t share =
      std::max<std::size_t>(1, live.size() > 1 ? (places_ + live.size() - 1) / live.size() : places_ - 1);
  // Larger is sooner: urgency, then how few its job had, then length.
  const auto rank = [&](const BatchItem& item) {
    return std::tuple(item.owner().priority, ~begun_[item.owner().job], item.length());
  };
  auto best = waiting_.end();
  for (auto one = waiting_.begin(); one != waiting_.end(); ++one) {
    if (live[(*one)->owner().job] >= share) continue;
    if (best == waiting_.end() || rank(**one) > rank(**best)) best = one;
  }
  return best;
}

void Batcher::begin(Items items) {
  if (items.empty()) return;
  try {
    model_->begin(items, *session_);
  } catch (...) {
    learn_from(std::current_exception());
    for (const auto& item : items) item->fail(std::current_exception());
    return;
  }
  for (auto& item : items) live_.push_back(std::move(item));
}

void Batcher::step() {
  std::vector<DecoderSession::Input> inputs;
  std::vector<std::size_t> rows;
  for (const auto& item : live_) {
    const std::size_t before = inputs.size();
    item->request(inputs);
    rows.push_back(inputs.size() - before);
  }
  if (!inputs.empty()) model_->accept(live_, rows, session_->step(inputs));
}

/// Finished and cancelled items leave.
void Batcher::settle() {
  std::erase_if(live_, [](const std::unique_ptr<BatchItem>& item) {
    if (item->owner().stop.stop_requested())
      item->fail(cancelled());
    else if (item->finished())
      item->succeed();
    else
      return false;
    return true;
  });
}

/// A failed step leaves the sequences undefined: all that took part in it end, and a new session begins.
void Batcher::abandon(const std::exception_ptr& reason) {
  for (const auto& item : live_) item->fail(reason);
  live_.clear();
  session_ = model_->new_session();
}

}  // namespace voxlate::nn
