#include "app/user_command.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <functional>
#include <iostream>

#include "accounts/names.h"
#include "accounts/passwords.h"
#include "app/account_settings.h"
#include "base/clock.h"
#include "base/data_folder.h"
#include "store/sqlite_account_store.h"
#include "store/sqlite_job_store.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

/// Keeps the terminal from showing what is typed while it lives.
class WithoutEcho {
 public:
  WithoutEcho() {
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~WithoutEcho() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;

 private:
  termios before_{};
  bool is_terminal_ = false;
};

std::string read_line(const char* prompt) {
  const bool asks = ::isatty(STDIN_FILENO) == 1;
  if (asks) fmt::print(stderr, "{}: ", prompt);
  std::string line;
  {
    const WithoutEcho silent;
    if (!std::getline(std::cin, line)) throw Error(ErrorCode::kInvalidInput, "no password was given");
  }
  if (asks) fmt::print(stderr, "\n");
  return line;
}

std::string read_password(const std::string& user_name) {
  std::string password = read_line("Password");
  if (const auto fault = accounts::password_fault(password, user_name)) {
    throw Error(ErrorCode::kInvalidInput, "this password cannot be used: " + *fault);
  }
  if (::isatty(STDIN_FILENO) == 1 && read_line("The same again") != password) {
    throw Error(ErrorCode::kInvalidInput, "the two passwords differ");
  }
  return password;
}

/// The accounts of a data folder that no server works on.
class OfflineAccounts {
 public:
  explicit OfflineAccounts(const Config& config)
      : data_(take(config)), storage_({.path = data_.database()}), accounts_(account_options(config), store_, clock_) {}

  accounts::Accounts& operator*() { return accounts_; }
  accounts::Accounts* operator->() { return &accounts_; }

  User require_user(const std::string& name) {
    const auto user = store_.find_user_by_login(accounts::lower_case(name));
    if (!user) throw Error(ErrorCode::kNotFound, fmt::format("there is no user \"{}\"", name));
    return *user;
  }

 private:
  static DataFolder take(const Config& config) {
    try {
      return DataFolder(config.data_dir);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConflict) throw;
      throw Error(ErrorCode::kConflict,
                  fmt::format("a server is running on {}: change users on its page \"Users\" or with its API "
                              "(/api/users) as an administrator, or stop it first",
                              config.data_dir.string()));
    }
  }

  DataFolder data_;
  store::Storage storage_;
  store::SqliteAccountStore store_{storage_};
  SystemClock clock_;
  accounts::Accounts accounts_;
};

const accounts::Origin kHere{.address = "", .user_agent = "command line"};

}  // namespace

void add_user(const Config& config, const AddUserRequest& request) {
  const std::string name = accounts::lower_case(request.name);
  if (const auto fault = accounts::user_name_fault(name)) {
    throw Error(ErrorCode::kInvalidInput, fmt::format("\"{}\" cannot be a user name: {}", request.name, *fault));
  }
  if (const auto fault = accounts::email_fault(accounts::lower_case(request.email))) {
    throw Error(ErrorCode::kInvalidInput, *fault);
  }
  OfflineAccounts accounts(config);
  const std::string password = read_password(name);
  accounts->add_user(
      {.name = name, .email = request.email, .password = password, .role = request.admin ? Role::kAdmin : Role::kUser},
      "", kHere);
  fmt::print("added {} ({})\n", name, to_string(request.admin ? Role::kAdmin : Role::kUser));
}

void change_user_password(const Config& config, const std::string& name) {
  OfflineAccounts accounts(config);
  const User user = accounts.require_user(name);
  accounts->change_user(user.id, {}, read_password(user.name), "", kHere);
  fmt::print("changed the password of {}; all sessions have ended\n", user.name);
}

void list_users(const Config& config) {
  constexpr int kPage = 100;
  OfflineAccounts accounts(config);
  std::string after;
  for (;;) {
    const auto users = accounts->store().list_users(after, kPage);
    for (const User& user : users) {
      fmt::print("{:<24} {:<6} {:<8} {}\n", user.name, to_string(user.role), user.active ? "active" : "resting",
                 user.last_login_at ? "last here " + format_utc(*user.last_login_at) : "never here");
    }
    if (static_cast<int>(users.size()) < kPage) return;
    after = users.back().id;
  }
}

}  // namespace voxlate::app
