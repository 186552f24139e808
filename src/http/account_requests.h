#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "accounts/accounts.h"
#include "http/json_body.h"
#include "http/message.h"

namespace voxlate::http {

/// What the routes of accounts share.

/// The 409 of a server without accounts.
Response accounts_off(const Request& request);

/// The 429 when too many passwords are being hashed.
Response too_busy(const Request& request);

/// The 403 for API keys where only a person who signed in may do something.
Response needs_session(const Request& request);

/// They note in `body` what is wrong with new names and passwords.
void check_names(JsonBody& body, const std::optional<std::string>& name, const std::optional<std::string>& email);
void check_new_password(JsonBody& body, const std::string& member, std::string_view password, std::string_view name);

/// Name, e-mail and password of a new account; faults are noted in `body`.
accounts::Accounts::NewUser read_new_user(JsonBody& body);

}  // namespace voxlate::http
