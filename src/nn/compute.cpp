#include "nn/compute.h"

#include "nn/buffer.h"

namespace voxlate::nn {

float* scratch(std::size_t size) {
  thread_local Buffer<float> memory;
  if (memory.size() < size) memory = Buffer<float>(size);
  return memory.data();  // NOLINT(clang-analyzer-cplusplus.NewDelete): it loses track of a buffer that moves
}

}  // namespace voxlate::nn
