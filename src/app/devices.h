#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "voxlate/device.h"

namespace voxlate::app {

/// What a setting that names a device says: for "auto" the first CUDA device where this program was built with libtorch
/// and there is one, else the CPU. Throws `kUnavailable`, naming the setting by its `key` and saying what is missing,
/// when CUDA is asked for and not to be had.
Device find_device(const Config& config, std::string_view key, std::string_view setting);

}  // namespace voxlate::app
