#pragma once

namespace voxlate::nn {

/// CUDA devices that this libtorch can use: none without CUDA in it, without a driver, or without a device.
int cuda_device_count();

}  // namespace voxlate::nn
