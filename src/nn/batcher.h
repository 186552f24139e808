#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "nn/decoder_session.h"
#include "voxlate/job.h"

namespace voxlate::nn {

/// One input of a network on its way through encoder and decoder. Used by one thread at a time.
class BatchItem {
 public:
  struct Owner {
    const void* job = nullptr;  ///< any address of the job's own
    Priority priority = Priority::kNormal;
    std::stop_token stop;
  };

  explicit BatchItem(Owner owner) : owner_(std::move(owner)) {}
  virtual ~BatchItem() = default;
  BatchItem(const BatchItem&) = delete;
  BatchItem& operator=(const BatchItem&) = delete;

  const Owner& owner() const { return owner_; }

  /// Of the waiting items of a job the longest is begun first.
  virtual std::size_t length() const { return 0; }

  /// Adds what the next step has to take for it; nothing once it is finished.
  virtual void request(std::vector<DecoderSession::Input>& inputs) = 0;
  virtual bool finished() const = 0;

  /// Exactly one of the two is called, and is the last call; the sequences of the session are given back by then.
  virtual void succeed() = 0;
  virtual void fail(const std::exception_ptr& reason) = 0;

 private:
  const Owner owner_;
};

/// What a batcher needs of the network. Called by its thread only.
class BatchModel {
 public:
  virtual ~BatchModel() = default;

  virtual std::unique_ptr<DecoderSession> new_session() = 0;

  /// Encodes waiting items, which take part in the steps of `session` from then on. What it throws ends them all; it
  /// may end single ones itself, which are then finished.
  virtual void begin(std::span<const std::unique_ptr<BatchItem>> items, DecoderSession& session) = 0;

  /// Gives each item the logits [rows[i], vocabulary] of what it requested.
  virtual void accept(std::span<const std::unique_ptr<BatchItem>> items, std::span<const std::size_t> rows,
                      std::span<float> logits) = 0;
};

/// One thread per loaded network that decodes the items of all jobs together: all that are live take each step of the
/// decoder at once, finished ones leave and waiting ones join between two steps, encoded then. What comes of an item
/// does not depend on what else is decoded.
///
/// An item of the most urgent job is begun first, among equals one of the job that had the fewest, and of one job the
/// longest, then the oldest. No job has more than its share of the places, and one alone leaves one place free, so
/// that a short job begins at once while a long one runs. When the device has not enough memory, those under way
/// fail, and from then on half as many are decoded at once. After a second without work the memory that it used goes
/// back to the system. Thread-safe.
class Batcher {
 public:
  struct Options {
    std::string items;          ///< what they are, for the log: "windows"
    std::size_t places = 8;     ///< decoded at once; each holds its keys and values in memory
    std::size_t max_begun = 1;  ///< joining between two steps; more in one go is faster on a GPU, not on a CPU
  };

  explicit Batcher(std::unique_ptr<BatchModel> model, const Options& options);
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// It fails with `kCancelled` soon after its owner's stop is requested, or when the batcher ends.
  void submit(std::unique_ptr<BatchItem> item);

 private:
  using Items = std::vector<std::unique_ptr<BatchItem>>;

  void work(const std::stop_token& stop);
  void wait_for_work(const std::stop_token& stop);
  Items take_waiting();
  std::deque<std::unique_ptr<BatchItem>>::iterator next_waiting(const Items& taken) REQUIRES(mutex_);
  void begin(Items items);
  void step();
  void settle();
  void abandon(const std::exception_ptr& reason);
  void learn_from(const std::exception_ptr& failure);

  const Options options_;
  const std::unique_ptr<BatchModel> model_;

  Mutex mutex_;
  ConditionVariable arrived_;
  std::deque<std::unique_ptr<BatchItem>> waiting_ GUARDED_BY(mutex_);

  // Of the thread alone.
  std::size_t places_;                        ///< items decoded at once
  std::map<const void*, std::size_t> begun_;  ///< items of the jobs that have some live or waiting
  std::unique_ptr<DecoderSession> session_;
  Items live_;

  std::jthread thread_;
};

}  // namespace voxlate::nn
