#pragma once

#include <memory>

#include "translation/net/network.h"
#include "voxlate/device.h"

namespace voxlate::translation {

/// `Network::build` for a device that libtorch knows. Weights of all kinds become `type`, and all is computed on the
/// device but for the choice of the best tokens, for which `compute` gets the logits. `kAuto` is float16 on CUDA and
/// float32 on the CPU, where the network of our own kernels is faster; this one is there for comparison.
///
/// Throws what `Network::build` throws, `kUnsupported` for a type that the device does not have, `kUnavailable` for a
/// CUDA device that is not there. The network throws `kOutOfMemory` when the memory of the device does not suffice,
/// `kInternal` with libtorch's own words for what else fails there. Thread-safe as every network is.
std::shared_ptr<const Network> build_torch_network(const NetworkReader& reader, const Device& device, ComputeType type,
                                                   nn::Compute& compute);

}  // namespace voxlate::translation
