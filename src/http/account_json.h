#pragma once

#include <optional>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "http/api.h"
#include "http/message.h"
#include "voxlate/account_store.h"

namespace voxlate::http {

/// The documents about accounts as JSON text; web/openapi.yaml describes each.

std::string user_json(const Api& api, const User& user);
std::string user_list_json(const Api& api, const std::vector<User>& users, const std::optional<std::string>& next);

/// Who asks, and what could be done: also for nobody, and where there are no accounts.
std::string me_json(const Api& api, const Request& request, const std::optional<User>& user);

std::string key_json(const ApiKey& key);
/// With the text that is told once.
std::string new_key_json(const accounts::NewKey& key);
std::string key_list_json(const std::vector<ApiKey>& keys);

/// `own_id`: of the session that asks.
std::string session_list_json(const std::vector<Session>& sessions, const std::string& own_id);
std::string audit_json(const std::vector<AuditRecord>& records);

}  // namespace voxlate::http
