#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

#include "remote/request_slots.h"

namespace voxlate::remote {

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{5'000};  ///< to the end of the TLS handshake
  std::chrono::milliseconds timeout{60'000};         ///< for a request as a whole, pauses asked for included
  std::size_t max_answer_bytes = std::size_t{8} << 20U;
  int max_requests = 4;  ///< under way at once; more wait for their turn, which is not counted as their time
};

struct HttpRequest {
  std::string url;
  std::string json;        ///< the body of a POST; empty: GET
  std::string bearer_key;  ///< empty: none. Printable ASCII
};

struct HttpAnswer {
  long status = 0;
  std::string body;
  std::chrono::seconds retry_after{};  ///< 0: not said
};

/// Asks other machines for JSON, blocking. Redirects are not followed: a key or a text goes to nobody but the address
/// in the configuration. Of the proxies of the environment only the one for https is used, and not for this machine.
/// Neither key nor body is ever part of a message or of the log. Thread-safe.
class HttpClient {
 public:
  explicit HttpClient(const HttpOptions& options) : options_(options), slots_(options.max_requests) {}

  /// Every status below 300 and above 399 is an answer. A server that asks for a pause (429 or 503 with Retry-After)
  /// is asked again after it while there is time; 429 without a time is taken for a second.
  /// Throws `kUnavailable` (host and reason), `kTimeout`, `kCancelled` within 100 ms of `stop`.
  HttpAnswer ask(const HttpRequest& request, const std::stop_token& stop);

  const HttpOptions& options() const { return options_; }

 private:
  const HttpOptions options_;
  RequestSlots slots_;
};

}  // namespace voxlate::remote
