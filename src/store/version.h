#pragma once

#include <string>

namespace voxlate::store {

/// "3.40.1 2022-12-28 …": the SQLite library in use.
std::string sqlite_version();

}  // namespace voxlate::store
