// AVX-512: 32 registers hold a tile of 12 x 32.
#include <immintrin.h>

#define VOXLATE_ISA avx512
namespace voxlate::nn::VOXLATE_ISA {
namespace {
constexpr const char* kName = "avx512";
constexpr int kVectorBytes = 64;
constexpr int kTileRows = 12;
}  // namespace
}  // namespace voxlate::nn::VOXLATE_ISA

#include "nn/kernels.inc"
