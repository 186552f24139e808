#pragma once

#include <string>

#include "http/message.h"

namespace voxlate::http {

/// Status line and headers of an answer over `HTTP/1.<minor_version>`, with the empty line; `close` says to the client
/// that the connection ends. Written by cpp-httplib: this is the only place that knows the library, and it never
/// sees a byte of a client's request. Thread-safe.
std::string response_head(const Response& response, int minor_version, bool close);

}  // namespace voxlate::http
