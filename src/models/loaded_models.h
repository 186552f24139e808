#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "voxlate/device.h"
#include "voxlate/job.h"

namespace voxlate::models {

/// One way of having a model in memory.
struct ModelKey {
  std::string model;  ///< id
  Device device;
  std::string engine;  ///< `TranscriberInfo::id`
  ComputeType compute_type = ComputeType::kAuto;

  bool operator==(const ModelKey&) const = default;
  bool operator<(const ModelKey& other) const { return members() < other.members(); }

 private:
  std::tuple<const std::string&, DeviceKind, int, const std::string&, ComputeType> members() const {
    return {model, device.kind, device.index, engine, compute_type};
  }
};

struct LoadedModel {
  ModelKey key;
  std::uint64_t size_bytes = 0;
  TimePoint last_use{};
  bool in_use = false;
};

/// What a cache of models shows to those who do not know its type. Thread-safe.
class LoadedModels {
 public:
  virtual ~LoadedModels() = default;

  /// Ordered by key.
  virtual std::vector<LoadedModel> loaded() const = 0;

  /// Forgets every form of the model: its memory goes with the last user, and new users load it again.
  virtual void unload(std::string_view model) = 0;
};

/// Several caches as one; they outlive it.
class JoinedModels final : public LoadedModels {
 public:
  explicit JoinedModels(std::vector<LoadedModels*> parts) : parts_(std::move(parts)) {}

  std::vector<LoadedModel> loaded() const override {
    std::vector<LoadedModel> all;
    for (const LoadedModels* part : parts_) {
      for (LoadedModel& one : part->loaded()) all.push_back(std::move(one));
    }
    std::sort(all.begin(), all.end(), [](const LoadedModel& a, const LoadedModel& b) { return a.key < b.key; });
    return all;
  }

  void unload(std::string_view model) override {
    for (LoadedModels* part : parts_) part->unload(model);
  }

 private:
  const std::vector<LoadedModels*> parts_;
};

}  // namespace voxlate::models
