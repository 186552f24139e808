#pragma once

#include <string>

#include "config/config.h"

namespace voxlate::app {

/// What `voxlate user add` was asked for.
struct AddUserRequest {
  std::string name;
  std::string email;
  bool admin = false;
};

/// `voxlate user …`, without a server: they work on the database, whose folder a running server holds. The password
/// is asked for twice on a terminal, without showing it; else it is the first line of the input. All throw `kConflict`
/// (a server runs on the data folder; the name is taken), `kInvalidInput` (the name or the password cannot be used),
/// `kNotFound`.
void add_user(const Config& config, const AddUserRequest& request);
void change_user_password(const Config& config, const std::string& name);
void list_users(const Config& config);

}  // namespace voxlate::app
