#pragma once

#include <optional>

#include "http/caller.h"
#include "http/problem.h"
#include "http/request_head.h"
#include "http/server.h"

namespace voxlate::http {

/// Refuses a Host that is neither a loopback name, an IP address, nor configured: a page that rebinds its
/// own name to this machine's address cannot read or change anything.
std::optional<Problem> check_host(const RequestHead& head, const Options& options);

/// Refuses unsafe methods from pages of other sites (reliability 3.5): a browser sends Sec-Fetch-Site or
/// Origin with them; a program that sends neither is not a browser, nor is one that sends a bearer token. Cookies have
/// a stricter rule in `admit`.
std::optional<Problem> check_origin(const RequestHead& head);

/// Refuses whoever is not allowed to: nobody is asked to sign in, a user is told that it is not for them.
std::optional<Problem> check_access(const Caller& caller, Access access);

}  // namespace voxlate::http
