#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "nn/compute.h"
#include "translation/net/network.h"
#include "voxlate/device.h"

namespace voxlate::translation {

/// A way of computing translation networks, on the CPU.
struct Computing {
  enum class Backend {
    kOwn,    ///< our own kernels
    kTorch,  ///< libtorch, where it is built in; in float32
  };

  ComputeType type = ComputeType::kFloat32;
  Backend backend = Backend::kOwn;

  /// Whether a result is the same to the bit whatever is computed beside it.
  bool is_exact() const { return backend == Backend::kOwn; }

  std::shared_ptr<const Network> build(const NetworkReader& reader, nn::Compute& compute) const;

  /// The same for whom a function is wanted; `compute` outlives it.
  NetworkBuilder builder(nn::Compute& compute) const;
};

/// Those among `types` that our own kernels compute, and libtorch's where it is built in.
std::vector<Computing> ways_of_computing(const std::vector<ComputeType>& types);

/// "OwnFloat32", for the names of tests.
std::string name_of(const Computing& computing);

inline void PrintTo(const Computing& computing, std::ostream* out) { *out << name_of(computing); }

}  // namespace voxlate::translation
