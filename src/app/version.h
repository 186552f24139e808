#pragma once

#include <string>
#include <utility>
#include <vector>

namespace voxlate::app {

/// Of the program and of the libraries it runs with, by name.
std::vector<std::pair<std::string, std::string>> versions();

}  // namespace voxlate::app
