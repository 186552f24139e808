// AVX2, FMA and F16C with instructions that multiply pairs of integers and add them up.
#include <immintrin.h>

#define VOXLATE_ISA avx_vnni
namespace voxlate::nn::VOXLATE_ISA {
namespace {
constexpr const char* kName = "avx_vnni";
constexpr int kVectorBytes = 32;
constexpr int kTileRows = 6;
}  // namespace
}  // namespace voxlate::nn::VOXLATE_ISA

#include "nn/kernels.inc"
