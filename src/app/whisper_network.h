#pragma once

#include <filesystem>
#include <memory>

#include "config/config.h"
#include "nn/compute.h"
#include "voxlate/device.h"
#include "whisper/net/network.h"

namespace voxlate::app {

/// How many threads compute: what `whisper.threads` says, else one a core.
int whisper_threads(const Config& config);

/// What `whisper.compute_type` says.
ComputeType whisper_compute_type(const Config& config);

/// Where Whisper networks live: what `whisper.device` says, as `find_device` does.
Device whisper_device(const Config& config);

/// `Network::load` on a device: our own kernels on the CPU, libtorch on CUDA.
std::shared_ptr<const whisper::Network> load_whisper_network(const std::filesystem::path& path, const Device& device,
                                                             ComputeType type, nn::Compute& compute);

}  // namespace voxlate::app
