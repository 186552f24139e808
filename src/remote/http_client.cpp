#include "remote/http_client.h"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

#include "base/mutex.h"
#include "remote/address.h"
#include "remote/curl_ptr.h"
#include "voxlate/error.h"

namespace voxlate::remote {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr long kTooManyRequests = 429;
constexpr long kServiceUnavailable = 503;

[[noreturn]] void throw_stopped() { throw Error(ErrorCode::kCancelled, "the request was stopped"); }

std::string seconds_text(milliseconds time) {
  const auto tenths = time.count() / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

/// One request and its answer.
class Exchange {
 public:
  Exchange(const HttpRequest& request, const HttpOptions& options, milliseconds time)
      : options_(options), address_(request.url), time_(time), multi_(curl_multi_init()), easy_(curl_easy_init()) {
    if (!multi_ || !easy_) throw Error(ErrorCode::kOutOfMemory, "no memory for a request");
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_USERAGENT, "voxlate/" VOXLATE_VERSION);
    set(CURLOPT_PROTOCOLS_STR, "https,http");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(time, milliseconds(1)).count()));
    if (!address_.is_https() || address_.is_this_machine()) set(CURLOPT_PROXY, "");
    set(CURLOPT_ERRORBUFFER, error_text_.data());
    set(CURLOPT_WRITEFUNCTION, &Exchange::take_bytes);
    set(CURLOPT_WRITEDATA, this);
    add_header("Accept: application/json");
    if (!request.bearer_key.empty()) add_header("Authorization: Bearer " + request.bearer_key);
    if (!request.json.empty()) {
      add_header("Content-Type: application/json");
      add_header("Expect:");  // else libcurl asks before it sends a large body, and waits a second for silent servers
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.json.size()));
      set(CURLOPT_POSTFIELDS, request.json.data());
    }
    set(CURLOPT_HTTPHEADER, headers_.get());
    if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK)
      throw Error(ErrorCode::kOutOfMemory, "no memory for a request");
  }
  ~Exchange() { curl_multi_remove_handle(multi_.get(), easy_.get()); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  HttpAnswer run(const std::stop_token& stop) {
    const CURLcode code = perform(stop);
    if (stop.stop_requested()) throw_stopped();
    if (is_too_large_) {
      throw Error(ErrorCode::kUnavailable, address_.host() + " sent more than the " +
                                               std::to_string(options_.max_answer_bytes >> 10U) +
                                               " KiB that an answer may have");
    }
    if (code != CURLE_OK) throw transport_error(code);
    HttpAnswer answer{.status = 0, .body = std::move(body_)};
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    if (answer.status >= 300 && answer.status < 400) throw redirect_error();
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
    constexpr curl_off_t kDay = 86'400;
    answer.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, kDay));
    return answer;
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) {
      throw Error(ErrorCode::kInternal, "this libcurl lacks an option that requests need: " + std::to_string(option));
    }
  }

  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw Error(ErrorCode::kOutOfMemory, "no memory for a request");
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }

  static std::size_t take_bytes(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take({bytes, count}) ? count : 0;
  }

  /// False ends the exchange; libcurl's C frames are no place for an exception.
  bool take(std::string_view bytes) {
    is_too_large_ = bytes.size() > options_.max_answer_bytes - body_.size();
    if (is_too_large_) return false;
    try {
      body_.append(bytes);
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  /// By a multi handle, which a stop can wake; an easy one looks up once a second only.
  CURLcode perform(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
    constexpr int kLookMs = 1000;
    int running = 1;
    while (!stop.stop_requested()) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running == 0) break;
      if (curl_multi_poll(multi_.get(), nullptr, 0, kLookMs, nullptr) != CURLM_OK) return CURLE_FAILED_INIT;
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    return message != nullptr ? message->data.result : CURLE_ABORTED_BY_CALLBACK;
  }

  Error transport_error(CURLcode code) const {
    if (code == CURLE_OPERATION_TIMEDOUT) {
      curl_off_t connected = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
      if (connected > 0)
        return {ErrorCode::kTimeout, address_.host() + " did not answer within " + seconds_text(time_)};
      return {ErrorCode::kTimeout, address_.host() + " could not be reached within " +
                                       seconds_text(std::min(time_, options_.connect_timeout))};
    }
    const std::string reason = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
    return {ErrorCode::kUnavailable, address_.host() + ": " + reason};
  }

  Error redirect_error() const {
    const char* target = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
    const std::string host = target != nullptr ? Address(target).host() : "";
    return {ErrorCode::kUnavailable, address_.host() + " sends on to another address" +
                                         (host.empty() ? "" : " on " + host) +
                                         ", which is not followed: configure the address that it means"};
  }

  const HttpOptions& options_;
  const Address address_;
  const milliseconds time_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  ListPtr headers_;
  std::string body_;
  bool is_too_large_ = false;
  MultiPtr multi_;
  EasyPtr easy_;
};

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
  if (stop.stop_requested()) throw_stopped();
}

}  // namespace

HttpAnswer HttpClient::ask(const HttpRequest& request, const std::stop_token& stop) {
  const RequestSlots::Slot slot(slots_, stop);
  const auto deadline = SteadyClock::now() + options_.timeout;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
    HttpAnswer answer = Exchange(request, options_, left).run(stop);
    const std::optional<milliseconds> wanted = pause_wanted(answer);
    if (!wanted || SteadyClock::now() + *wanted >= deadline) return answer;
    pause(*wanted, stop);
  }
}

}  // namespace voxlate::remote
