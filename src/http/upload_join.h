#pragma once

#include <string>
#include <variant>
#include <vector>

#include "http/api.h"
#include "http/problem.h"
#include "voxlate/upload_store.h"

namespace voxlate::http {

/// Makes one upload of the complete parts that the caller named (tus, concatenation). The parts are gone afterwards;
/// when it fails, or the server is killed, they are as they were.
std::variant<Upload, Problem> join_uploads(Api& api, const Request& request, const std::vector<std::string>& parts,
                                           const std::string& metadata);

}  // namespace voxlate::http
