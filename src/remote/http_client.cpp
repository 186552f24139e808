#include "remote/http_client.h"

#include <algorithm>
#include <string_view>

#include "base/mutex.h"
#include "remote/address.h"
#include "remote/exchange.h"
#include "voxlate/error.h"

namespace voxlate::remote {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr long kTooManyRequests = 429;
constexpr long kServiceUnavailable = 503;

Error redirect_error(const Exchange& exchange) {
  const std::string host = Address(exchange.redirect_url()).host();
  return {ErrorCode::kUnavailable, exchange.host() + " sends on to another address" +
                                       (host.empty() ? "" : " on " + host) +
                                       ", which is not followed: configure the address that it means"};
}

HttpAnswer ask_once(const HttpRequest& request, const HttpOptions& options, milliseconds time,
                    const std::stop_token& stop) {
  std::string body;
  Exchange exchange(request.url,
                    {.connect_timeout = options.connect_timeout, .timeout = std::max(time, milliseconds(1))},
                    [&](std::string_view bytes) {
                      if (bytes.size() > options.max_answer_bytes - body.size()) {
                        throw Error(ErrorCode::kUnavailable, Address(request.url).host() + " sent more than the " +
                                                                 std::to_string(options.max_answer_bytes >> 10U) +
                                                                 " KiB that an answer may have");
                      }
                      body.append(bytes);
                      return true;
                    });
  exchange.add_header("Accept: application/json");
  if (!request.bearer_key.empty()) exchange.add_header("Authorization: Bearer " + request.bearer_key);
  if (!request.json.empty()) {
    exchange.add_header("Content-Type: application/json");
    exchange.post(request.json);
  }
  if (const std::optional<Error> cut = exchange.perform(stop)) throw Error(*cut);
  const long status = exchange.status();
  if (status >= 300 && status < 400) throw redirect_error(exchange);
  return {.status = status, .body = std::move(body), .retry_after = exchange.retry_after()};
}

/// How long the server wants not to be asked, if it does.
std::optional<milliseconds> pause_wanted(const HttpAnswer& answer) {
  if (answer.status != kTooManyRequests && answer.status != kServiceUnavailable) return std::nullopt;
  if (answer.retry_after.count() > 0) return answer.retry_after;
  if (answer.status == kTooManyRequests) return std::chrono::seconds(1);
  return std::nullopt;
}

void pause(milliseconds time, const std::stop_token& stop) NO_THREAD_SAFETY_ANALYSIS {
  Mutex mutex;
  ConditionVariable never;
  const MutexLock lock(mutex);
  never.wait_for(mutex, stop, time, [] { return false; });
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the request was stopped");
}

}  // namespace

HttpAnswer HttpClient::ask(const HttpRequest& request, const std::stop_token& stop) {
  const RequestSlots::Slot slot(slots_, stop);
  const auto deadline = SteadyClock::now() + options_.timeout;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
    HttpAnswer answer = ask_once(request, options_, left, stop);
    const std::optional<milliseconds> wanted = pause_wanted(answer);
    if (!wanted || SteadyClock::now() + *wanted >= deadline) return answer;
    pause(*wanted, stop);
  }
}

}  // namespace voxlate::remote
