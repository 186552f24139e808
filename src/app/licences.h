#pragma once

#include <string>

namespace voxlate::app {

/// The licence of voxlate and of everything it links, starts or carries inside: a table for people, one line each.
std::string licences();

}  // namespace voxlate::app
