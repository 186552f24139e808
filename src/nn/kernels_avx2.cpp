// AVX2, FMA and F16C: 16 registers hold a tile of 6 x 16.
#include <immintrin.h>

#define VOXLATE_ISA avx2
namespace voxlate::nn::VOXLATE_ISA {
namespace {
constexpr const char* kName = "avx2";
constexpr int kVectorBytes = 32;
constexpr int kTileRows = 6;
}  // namespace
}  // namespace voxlate::nn::VOXLATE_ISA

#include "nn/kernels.inc"
