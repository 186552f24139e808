#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
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

}  // namespace voxlate::models
