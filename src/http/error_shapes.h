#pragma once

#include <string>

#include "http/message.h"

namespace voxlate::http {

/// The status of a problem as the clients of a dialect know it: they have 400 where our own API tells 422 and 415.
int status_of(const Problem& problem, ErrorShape shape);

/// The document of a problem in any shape but our own.
std::string error_json(const Problem& problem, ErrorShape shape);

}  // namespace voxlate::http
