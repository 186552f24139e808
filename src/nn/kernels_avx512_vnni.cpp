// AVX-512 with instructions that multiply pairs of integers and add them up.
#include <immintrin.h>

#define VOXLATE_ISA avx512_vnni
namespace voxlate::nn::VOXLATE_ISA {
namespace {
constexpr const char* kName = "avx512_vnni";
constexpr int kVectorBytes = 64;
constexpr int kTileRows = 12;
}  // namespace
}  // namespace voxlate::nn::VOXLATE_ISA

#include "nn/kernels.inc"
