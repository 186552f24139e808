#include "accounts/login_throttle.h"

#include <algorithm>

#include "base/hashing.h"
#include "base/ip_address.h"

namespace voxlate::accounts {
namespace {

constexpr std::chrono::seconds kMinute{60};
constexpr std::chrono::seconds kLongest{900};

/// Names an account and an address in the store without spelling them out.
std::string failure_key(const LoginThrottle::Attempt& attempt) {
  return sha256_hex(attempt.login + '\n' + address_group(attempt.address));
}

}  // namespace

std::string address_group(std::string_view address) {
  const auto parsed = IpAddress::parse(address);
  if (!parsed) return std::string(address);
  return parsed->is_ipv4() ? parsed->text() : parsed->network().text() + "/64";
}

bool is_loopback(std::string_view address) {
  const auto parsed = IpAddress::parse(address);
  return parsed ? parsed->is_loopback() : address == "localhost";
}

std::chrono::seconds back_off(int failures) {
  constexpr int kMostDoublings = 10;
  if (failures <= kFreeFailures) return {};
  const int doublings = std::min(failures - kFreeFailures - 1, kMostDoublings);
  return std::min(std::chrono::seconds(1LL << doublings), kLongest);
}

LoginThrottle::LoginThrottle(Options options, AccountStore& store, RateLimiter::SteadyClock now)
    : store_(store),
      accounts_({.quota = options.attempts_per_minute_account, .window = kMinute}, now),
      addresses_({.quota = options.attempts_per_minute_address, .window = kMinute}, now) {}

std::optional<std::chrono::seconds> LoginThrottle::refuse(const Attempt& attempt, TimePoint now) {
  const auto by_address = addresses_.take(address_group(attempt.address));
  if (!by_address.allowed) return by_address.retry_after;
  const LoginFailures failures = store_.login_failures(failure_key(attempt));
  // A clock that was set back must not make the wait longer than it was.
  const auto since = std::max(now - failures.last_at, std::chrono::milliseconds(0));
  const auto wait = back_off(failures.count);
  if (since < wait) return std::chrono::ceil<std::chrono::seconds>(wait - since);
  if (attempt.known) return std::nullopt;
  const auto by_account = accounts_.take(sha256_hex(attempt.login));
  if (!by_account.allowed) return by_account.retry_after;
  return std::nullopt;
}

void LoginThrottle::failed(const Attempt& attempt, TimePoint now) {
  store_.add_login_failure(failure_key(attempt), now);
}

void LoginThrottle::succeeded(const Attempt& attempt) {
  if (store_.login_failures(failure_key(attempt)).count > 0) store_.forget_login_failures(failure_key(attempt));
}

}  // namespace voxlate::accounts
