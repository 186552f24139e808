#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/rate_limiter.h"
#include "voxlate/account_store.h"

namespace voxlate::accounts {

/// What limits are counted by: an IPv4 address, or the /64 of an IPv6 address, which is one customer's.
std::string address_group(std::string_view address);

/// Whether the address is of this machine itself.
bool is_loopback(std::string_view address);

/// How long to wait after so many failures in a row: nothing up to `kFreeFailures`, then 1 s, doubled with each
/// further one, up to 900 s. It never becomes a lock-out.
inline constexpr int kFreeFailures = 5;
std::chrono::seconds back_off(int failures);

/// Slows guessing down. Three measures: attempts a minute from an address; attempts a minute on an account, from
/// addresses at which it has never signed in; and the back-off of one address on one account, which is stored and
/// so outlives a restart. Whoever signed in from an address before cannot be kept out by others' attempts.
/// Accounts that do not exist are treated as those that do. Thread-safe.
class LoginThrottle {
 public:
  struct Options {
    int attempts_per_minute_account = 5;
    int attempts_per_minute_address = 20;
  };

  LoginThrottle(Options options, AccountStore& store, RateLimiter::SteadyClock now);

  struct Attempt {
    std::string login;    ///< as typed, in lower case
    std::string address;  ///< as text
    bool known = false;   ///< the account has signed in from there
  };

  /// How long the client has to wait before it may try; nothing when it may, and the attempt is counted.
  std::optional<std::chrono::seconds> refuse(const Attempt& attempt, TimePoint now);
  void failed(const Attempt& attempt, TimePoint now);
  void succeeded(const Attempt& attempt);

  /// Failures are forgotten after this time without another.
  static constexpr std::chrono::hours kMemory{24};

 private:
  AccountStore& store_;
  RateLimiter accounts_;
  RateLimiter addresses_;
};

}  // namespace voxlate::accounts
