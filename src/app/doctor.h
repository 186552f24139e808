#pragma once

#include "config/config.h"

namespace voxlate::app {

/// Prints what was found, the effective settings with their origin, and what to do about each thing that is
/// wrong. False when something keeps the server from working.
bool report_health(const Config& config);

}  // namespace voxlate::app
