#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/accounts.h"
#include "http/api.h"
#include "http/caller.h"
#include "http/message.h"
#include "http/problem.h"

namespace voxlate::http {

/// Finds out who makes the request, from the session of its cookie or the key of its bearer token, fills
/// `request.caller`, counts the request, and refuses what the caller may not do: without a valid session or key, from
/// a page of another site (api.md, section 6), too often, or beyond the rights. With accounts off everybody is local.
std::optional<Problem> admit(Api& api, Request& request, Access access);

/// What the request signs in with; empty when nothing does. A bearer token comes before a cookie. A cookie that is
/// given twice is none: one of them was planted.
struct Credentials {
  enum class Kind { kNone, kCookie, kBearer };
  Kind kind = Kind::kNone;
  std::string value;
};
Credentials find_credentials(const RequestHead& head, bool secure);

/// Whether what a request signed in with is still good, for answers that take long. Notes no use.
std::function<bool()> still_signed_in(const Api& api, const Request& request);

/// For unsafe methods with a cookie: Sec-Fetch-Site must be same-origin; without it, Origin, else Referer, must be our
/// own origin; a request with none of them is refused.
bool is_from_own_page(const RequestHead& head, bool secure);

/// The Set-Cookie that begins or ends a session: `__Host-sid` over https, else `sid`.
std::string session_cookie(std::string_view token, std::chrono::seconds lifetime, bool secure);
std::string ended_session_cookie(bool secure);

/// Of the client, for sessions and the record.
accounts::Origin origin_of(const Request& request);

/// Whether the client is on this machine, as far as can be told: a request that a proxy passed on is not.
bool is_from_here(const Request& request);

}  // namespace voxlate::http
