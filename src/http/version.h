#pragma once

#include <string>

namespace voxlate::http {

/// Version of the HTTP library in use.
std::string httplib_version();

}  // namespace voxlate::http
