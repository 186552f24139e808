#pragma once

#include "accounts/accounts.h"
#include "config/config.h"

namespace voxlate::app {

/// Whether the server has users. Throws `kInvalidInput` when it would stand open to a network without them and nobody
/// said that it may.
bool accounts_on(const Config& config);

/// What Config means to the module.
accounts::Accounts::Options account_options(const Config& config);

}  // namespace voxlate::app
