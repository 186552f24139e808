#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/error.h"

namespace voxlate::remote {

class AddressRules;

/// The addresses of a host name, instead of those of the system's resolver.
using Resolver = std::function<std::vector<std::string>(const std::string& host)>;

struct ExchangeOptions {
  std::chrono::milliseconds connect_timeout{20'000};  ///< to the end of the TLS handshake
  std::chrono::milliseconds stall_timeout{};          ///< without a byte of the answer; 0: no such limit
  std::chrono::milliseconds timeout{};                ///< for the whole; 0: no such limit

  /// For an address that a user gave: it is refused unless it and every socket obey the rules, which outlive the
  /// exchange (see Note [Addresses given by users]). No proxy is used then.
  const AddressRules* rules = nullptr;
  Resolver resolver{};  ///< of tests; asked once
};

/// One request to a server and the body of its answer: the only wrapper of libcurl. Redirects are not followed, they
/// are answers. Of the proxies of the environment only the one for https is used, and not for this machine.
/// Neither headers nor bodies are ever part of a message. Not thread-safe; used once.
class Exchange {
 public:
  /// Takes a piece of the body; false ends the transfer. What it throws comes out of `perform`.
  using TakeBytes = std::function<bool(std::string_view)>;

  /// Throws `kInvalidInput` when the rules refuse the URL.
  Exchange(const std::string& url, const ExchangeOptions& options, TakeBytes take);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void add_header(const std::string& line);

  /// Sends `body`, which outlives the object; else it is a GET.
  void post(std::string_view body);
  /// Asks for the head of the answer only.
  void ask_head();
  /// Asks for the bytes from `begin` on, or up to and including `last`.
  void ask_range(std::uint64_t begin, std::optional<std::uint64_t> last = std::nullopt);

  /// Returns why the transfer broke off, if it did, `take` having ended it included: `kTimeout` or `kUnavailable`, with
  /// the host. Throws what `take` threw, `kInvalidInput` when the rules refuse where the host is, and `kCancelled`
  /// within 100 ms of `stop`.
  std::optional<Error> perform(const std::stop_token& stop);

  /// HTTP status of the answer; 0: there was none.
  long status() const;
  std::string host() const;
  /// Of the answer; empty when it has none.
  std::string header(const char* name) const;
  /// What Content-Length says.
  std::optional<std::uint64_t> length() const;
  /// What Retry-After says, at most a day; 0: nothing.
  std::chrono::seconds retry_after() const;
  /// Where an answer of status 3xx sends on to; empty when it does not say.
  std::string redirect_url() const;

  /// `kNotFound` (404, 410) or `kUnavailable`: for a status that is no success.
  Error status_error() const;

 private:
  struct Transfer;
  const std::unique_ptr<Transfer> transfer_;
};

}  // namespace voxlate::remote
