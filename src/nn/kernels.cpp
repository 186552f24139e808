#include "nn/kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <vector>

namespace voxlate::nn {

#if defined(__x86_64__)
namespace avx512_vnni {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}
namespace avx_vnni {
extern const Kernels kKernels;
}
namespace avx2 {
extern const Kernels kKernels;
}
#endif
namespace baseline {
extern const Kernels kKernels;
}

#if defined(__x86_64__)
namespace {

/// Not every compiler knows it by name: Intel's manual, CPUID, leaf 7, sub-leaf 1, bit 4 of EAX.
bool has_avx_vnni() {
  unsigned int eax = 0;
  unsigned int ebx = 0;
  unsigned int ecx = 0;
  unsigned int edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax >> 4U & 1U) != 0;
}

}  // namespace
#endif

std::span<const Kernels* const> available_kernels() {
  static const std::vector<const Kernels*> kAvailable = [] {
    std::vector<const Kernels*> kernels;
#if defined(__x86_64__)
    // Every processor with AVX2 has F16C.
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx512 && __builtin_cpu_supports("avx512vnni")) kernels.push_back(&avx512_vnni::kKernels);
    if (avx512) kernels.push_back(&avx512::kKernels);
    if (avx2 && has_avx_vnni()) kernels.push_back(&avx_vnni::kKernels);
    if (avx2) kernels.push_back(&avx2::kKernels);
#endif
    kernels.push_back(&baseline::kKernels);
    return kernels;
  }();
  return kAvailable;
}

}  // namespace voxlate::nn
