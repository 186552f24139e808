#pragma once

#include <string>

#include "http/api.h"
#include "http/message.h"

namespace voxlate::http {

/// Makes a job of the body of `POST /api/jobs`: a form with a file, or a form or JSON document that names a resumable
/// upload. `key` is the request's Idempotency-Key, which the caller holds; empty: none.
Response receive_job(Api& api, Request& request, const std::string& key);

}  // namespace voxlate::http
