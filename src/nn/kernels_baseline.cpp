// What every processor of the architecture has (SSE2, NEON): 16 registers hold a tile of 4 x 8.
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define VOXLATE_ISA baseline
namespace voxlate::nn::VOXLATE_ISA {
namespace {
constexpr const char* kName = "baseline";
constexpr int kVectorBytes = 16;
constexpr int kTileRows = 4;
}  // namespace
}  // namespace voxlate::nn::VOXLATE_ISA

#include "nn/kernels.inc"
