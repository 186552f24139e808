#pragma once

#include <cstddef>

#include "base/heap.h"
#include "nn/compute_pool.h"
#include "nn/kernels.h"

namespace voxlate::nn {

/// What the operations of this module compute with: the threads and the kernels of this processor. One of it
/// serves the whole process. Thread-safe.
class Compute {
 public:
  explicit Compute(int threads, const Kernels& kernels = *available_kernels().front())
      : pool_(threads), kernels_(kernels) {
    keep_freed_memory();
  }

  ComputePool& pool() { return pool_; }
  const Kernels& kernels() const { return kernels_; }

 private:
  ComputePool pool_;
  const Kernels& kernels_;
};

/// How many pieces of that size make up the total, the last one perhaps smaller.
constexpr int pieces(int total, int piece) { return (total + piece - 1) / piece; }

/// Memory that a thread keeps between tasks: grows to the largest piece asked for, and is never shared.
float* scratch(std::size_t size);

}  // namespace voxlate::nn
