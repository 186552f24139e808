#pragma once

#include <atomic>
#include <cassert>
#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/heap.h"
#include "base/mutex.h"
#include "models/loaded_models.h"
#include "voxlate/error.h"

namespace voxlate::models {

/// Models in memory, shared by all who ask for the same key. A model is loaded once, however many ask for it at the
/// same time: the first loads, the others wait and share its result or its error. Beyond `capacity` the least
/// recently used one is freed, but never one that somebody uses (the cache may be over its capacity for so long).
/// Thread-safe; no thread of its own; loading and freeing happen outside the lock.
template <typename Model>
class ModelCache final : public LoadedModels {
 public:
  struct Loaded {
    std::shared_ptr<const Model> model;
    std::uint64_t size_bytes = 0;  ///< of memory
  };
  /// Throws Error; called from any thread, for different keys at the same time.
  using Loader = std::function<Loaded(const ModelKey&, std::stop_token)>;

  ModelCache(std::size_t capacity, Loader load, const Clock& clock)
      : capacity_(capacity), load_(std::move(load)), clock_(clock) {}

  /// The model; it stays in memory while the pointer lives. Throws what the loader threw, `kCancelled` when `stop`
  /// is requested while it waits. A load that the stop of its own caller broke off is begun anew by the next.
  std::shared_ptr<const Model> get(const ModelKey& key, std::stop_token stop) {
    while (true) {
      std::shared_ptr<Slot> slot;
      bool is_mine = false;
      {
        const MutexLock lock(mutex_);
        auto entry = slots_.find(key);
        is_mine = entry == slots_.end();
        if (is_mine) entry = slots_.emplace(key, std::make_shared<Slot>()).first;
        slot = entry->second;
      }
      if (is_mine) return load_into(*slot, key, std::move(stop));
      if (auto model = wait_for(*slot, stop)) return model;
    }
  }

  /// Frees what nobody has used for `time`, with zero all that is not in use. A use counts until the last call
  /// that saw it, so it is called every now and then. Returns the bytes.
  std::uint64_t unload_unused(std::chrono::milliseconds time) {
    Freed freed;
    const MutexLock lock(mutex_);
    const TimePoint now = clock_.now();
    for (auto entry = slots_.begin(); entry != slots_.end();) {
      Slot& slot = *entry->second;
      if (slot.in_use()) slot.last_use = now;
      if (slot.loading || slot.in_use() || now - slot.last_use < time) {
        ++entry;
        continue;
      }
      freed.push_back(std::move(entry->second));
      entry = slots_.erase(entry);
    }
    free_beyond_capacity(freed);
    std::uint64_t bytes = 0;
    for (const auto& slot : freed) bytes += slot->size_bytes;
    freed_ += freed.size();
    return bytes;
  }

  /// Models loaded since the start, and those of them that were freed.
  std::uint64_t created() const { return created_; }
  std::uint64_t freed() const { return freed_; }

  std::vector<LoadedModel> loaded() const override {
    const MutexLock lock(mutex_);
    std::vector<LoadedModel> models;
    for (const auto& [key, slot] : slots_) {
      if (slot->loading) continue;
      models.push_back(
          {.key = key, .size_bytes = slot->size_bytes, .last_use = slot->last_use, .in_use = slot->in_use()});
    }
    return models;
  }

  void unload(std::string_view model) override {
    Freed freed;
    const MutexLock lock(mutex_);
    for (auto entry = slots_.begin(); entry != slots_.end();) {
      if (entry->first.model == model) {
        if (!entry->second->loading) ++freed_;
        freed.push_back(std::move(entry->second));
        entry = slots_.erase(entry);
      } else {
        ++entry;
      }
    }
  }

 private:
  /// Guarded by `mutex_`. A slot that is no longer in `slots_` ends with the last who waits for it.
  struct Slot {
    bool loading = true;
    std::shared_ptr<const Model> model;
    std::optional<Error> error;
    std::uint64_t size_bytes = 0;
    TimePoint last_use{};

    // The cache holds one reference and gives out others only under the lock, so 1 means: nobody else.
    bool in_use() const { return model.use_count() > 1; }
  };
  using Slots = std::map<ModelKey, std::shared_ptr<Slot>>;
  /// Declared before the lock is taken, so that models are destroyed after it is given back.
  struct Freed : std::vector<std::shared_ptr<Slot>> {
    Freed() = default;
    Freed(const Freed&) = delete;
    Freed& operator=(const Freed&) = delete;
    ~Freed() {
      if (this->empty()) return;
      this->clear();
      return_freed_memory();
    }
  };

  std::shared_ptr<const Model> load_into(Slot& slot, const ModelKey& key, std::stop_token stop) {
    make_room();
    Loaded loaded;
    std::optional<Error> error;
    try {
      loaded = load_(key, std::move(stop));
      assert(loaded.model != nullptr);
    } catch (const Error& failure) {
      error = failure;
    } catch (const std::bad_alloc&) {
      error = Error(ErrorCode::kOutOfMemory, "not enough memory for the model " + key.model);
    } catch (const std::exception& failure) {
      error = Error(ErrorCode::kInternal, failure.what());
    }
    {
      const MutexLock lock(mutex_);
      slot.loading = false;
      slot.model = loaded.model;
      slot.size_bytes = loaded.size_bytes;
      slot.last_use = clock_.now();
      slot.error = error;
      if (!error) ++created_;
      if (const auto found = slots_.find(key); error && found != slots_.end() && found->second.get() == &slot) {
        slots_.erase(found);
      }
    }
    done_.notify_all();
    if (error) throw Error(*error);
    return loaded.model;
  }

  /// Null: the load was broken off by its own caller.
  std::shared_ptr<const Model> wait_for(Slot& slot, const std::stop_token& stop) {
    const MutexLock lock(mutex_);
    const auto is_done = [&slot] { return !slot.loading; };
    if (!done_.wait(mutex_, stop, is_done)) throw Error(ErrorCode::kCancelled, "stopped while a model was loading");
    if (slot.error && slot.error->code() == ErrorCode::kCancelled) return nullptr;
    if (slot.error) throw Error(*slot.error);
    slot.last_use = clock_.now();
    return slot.model;
  }

  /// Before a load: what is to go goes before the new one takes memory.
  void make_room() {
    Freed freed;
    const MutexLock lock(mutex_);
    free_beyond_capacity(freed);
    freed_ += freed.size();
  }

  void free_beyond_capacity(Freed& freed) REQUIRES(mutex_) {
    while (slots_.size() > capacity_) {
      auto oldest = slots_.end();
      for (auto entry = slots_.begin(); entry != slots_.end(); ++entry) {
        const Slot& slot = *entry->second;
        if (slot.loading || slot.in_use()) continue;
        if (oldest == slots_.end() || slot.last_use < oldest->second->last_use) oldest = entry;
      }
      if (oldest == slots_.end()) return;
      freed.push_back(std::move(oldest->second));
      slots_.erase(oldest);
    }
  }

  const std::size_t capacity_;
  const Loader load_;
  const Clock& clock_;

  std::atomic<std::uint64_t> created_ = 0;
  std::atomic<std::uint64_t> freed_ = 0;

  mutable Mutex mutex_;
  ConditionVariable done_;
  Slots slots_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::models
