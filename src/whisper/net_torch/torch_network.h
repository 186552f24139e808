#pragma once

#include <filesystem>
#include <memory>

#include "voxlate/device.h"
#include "whisper/net/network.h"

namespace voxlate::whisper {

/// `Network::load` for a device that libtorch knows. The weights and all that is computed stay on the device but for
/// the spectra, which `compute` makes, and the logits. `kAuto` is float16 on CUDA and float32 on the CPU, where the
/// network of our own kernels is faster; this one is there for comparison.
///
/// Throws what `Network::load` throws, `kUnsupported` for a type that the device does not have, `kUnavailable` for a
/// CUDA device that is not there. The network throws `kOutOfMemory` when the memory of the device does not suffice,
/// `kInternal` with libtorch's own words for what else fails there. Thread-safe as every network is.
std::shared_ptr<const Network> load_torch_network(const std::filesystem::path& path, const Device& device,
                                                  ComputeType type, nn::Compute& compute);

}  // namespace voxlate::whisper
