#include "nn/kernels.h"

#include <vector>

namespace voxlate::nn {

#if defined(__x86_64__)
namespace avx512 {
extern const Kernels kKernels;
}
namespace avx2 {
extern const Kernels kKernels;
}
#endif
namespace baseline {
extern const Kernels kKernels;
}

std::span<const Kernels* const> available_kernels() {
  static const std::vector<const Kernels*> kAvailable = [] {
    std::vector<const Kernels*> kernels;
#if defined(__x86_64__)
    // Every processor with AVX2 has F16C.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) kernels.push_back(&avx512::kKernels);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels.push_back(&avx2::kKernels);
#endif
    kernels.push_back(&baseline::kKernels);
    return kernels;
  }();
  return kAvailable;
}

}  // namespace voxlate::nn
