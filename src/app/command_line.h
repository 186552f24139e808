#pragma once

#include <string>
#include <vector>

namespace voxlate::app {

/// Runs `voxlate serve | transcribe | models | doctor | version` with the program's arguments (the first is its name).
/// Never throws: failures are one line on stderr. Returns the exit status: 0 done, 1 failed, 2 wrong usage,
/// 130 stopped by a signal.
int run_command_line(std::vector<std::string> arguments);

}  // namespace voxlate::app
