#include "remote/exchange.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>

#include "remote/address.h"
#include "remote/address_rules.h"
#include "remote/curl_ptr.h"

namespace voxlate::remote {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int kLookMs = 1000;

std::string seconds_text(milliseconds time) {
  const auto tenths = time.count() / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

/// The port is at the same place for both families.
int port_of(const curl_sockaddr& to) {
  sockaddr_in in{};
  std::memcpy(&in, &to.addr, sizeof in);
  return ntohs(in.sin_port);
}

}  // namespace

struct Exchange::Transfer {
  Transfer(const std::string& given_url, const ExchangeOptions& given, TakeBytes take_bytes)
      : options(given),
        url(options.rules != nullptr ? options.rules->check_url(given_url) : given_url),
        address(url),
        take(std::move(take_bytes)),
        multi(curl_multi_init()),
        easy(curl_easy_init()) {
    if (!multi || !easy) throw no_memory();
  }
  ~Transfer() {
    if (added) curl_multi_remove_handle(multi.get(), easy.get());
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  static Error no_memory() { return {ErrorCode::kOutOfMemory, "no memory for a request"}; }

  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK) {
      throw Error(ErrorCode::kInternal, "this libcurl lacks an option that requests need: " + std::to_string(option));
    }
  }

  /// libcurl's C frames are no place for an exception.
  static std::size_t receive(char* bytes, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.last_sign = SteadyClock::now();
    bool more = false;
    try {
      more = transfer.take({bytes, count});
    } catch (const Error& error) {
      transfer.failure = error;
    } catch (const std::exception& error) {
      transfer.failure = Error(ErrorCode::kInternal, error.what());
    }
    return more ? count : 0;
  }

  /// The last word of the rules: nothing is connected to that did not pass here.
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* to) {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      const auto ip = IpAddress::of(to->addr);
      const auto reason = ip ? transfer.options.rules->check_socket(transfer.address.name(), *ip, port_of(*to),
                                                                    transfer.address.is_https())
                             : std::optional<std::string>("its host has no IP address");
      if (!reason) return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
      transfer.refusal = Error(ErrorCode::kInvalidInput, "this address is not allowed: " + *reason);
    } catch (const std::exception&) {
      transfer.refusal = no_memory();
    }
    return CURL_SOCKET_BAD;
  }

  void obey_rules() {
    set(CURLOPT_PROXY, "");
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    if (!options.resolver || IpAddress::parse(address.name(), IpSpelling::kAny)) return;
    std::string entry = address.name() + ":" + address.port() + ":";
    for (const std::string& found : options.resolver(address.name()))
      entry += (entry.ends_with(':') ? "" : ",") + found;
    resolved.reset(curl_slist_append(nullptr, entry.c_str()));
    set(CURLOPT_RESOLVE, resolved.get());
  }

  /// By a multi handle, which a stop can wake; an easy one looks up once a second only.
  CURLcode run(const std::stop_token& stop) {
    if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) throw no_memory();
    added = true;
    last_sign = SteadyClock::now();
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
    int running = 1;
    while (!stop.stop_requested()) {
      if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running == 0) break;
      stalled = options.stall_timeout.count() > 0 && SteadyClock::now() - last_sign >= options.stall_timeout;
      if (stalled) return CURLE_OPERATION_TIMEDOUT;
      if (curl_multi_poll(multi.get(), nullptr, 0, wait_ms(), nullptr) != CURLM_OK) return CURLE_FAILED_INIT;
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi.get(), &left);
    return message != nullptr ? message->data.result : CURLE_ABORTED_BY_CALLBACK;
  }

  int wait_ms() const {
    if (options.stall_timeout.count() == 0) return kLookMs;
    const auto left = std::chrono::ceil<milliseconds>(last_sign + options.stall_timeout - SteadyClock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, kLookMs));
  }

  Error error(CURLcode code) const {
    if (stalled) {
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.stall_timeout).count();
      return {ErrorCode::kTimeout, address.host() + " sent nothing for " + std::to_string(seconds) + " s"};
    }
    if (code == CURLE_OPERATION_TIMEDOUT) return timeout();
    const std::string reason = error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(code);
    return {ErrorCode::kUnavailable, address.host() + ": " + reason};
  }

  Error timeout() const {
    curl_off_t connected = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected > 0)
      return {ErrorCode::kTimeout, address.host() + " did not answer within " + seconds_text(options.timeout)};
    const milliseconds limit =
        options.timeout.count() > 0 ? std::min(options.timeout, options.connect_timeout) : options.connect_timeout;
    return {ErrorCode::kTimeout, address.host() + " could not be reached within " + seconds_text(limit)};
  }

  const ExchangeOptions options;
  const std::string url;
  const Address address;
  const TakeBytes take;
  std::array<char, CURL_ERROR_SIZE> error_text{};
  ListPtr headers;
  ListPtr resolved;
  SteadyClock::time_point last_sign = SteadyClock::now();
  bool stalled = false;
  bool added = false;
  std::optional<Error> failure;
  std::optional<Error> refusal;
  MultiPtr multi;
  EasyPtr easy;
};

Exchange::Exchange(const std::string& url, const ExchangeOptions& options, TakeBytes take)
    : transfer_(std::make_unique<Transfer>(url, options, std::move(take))) {
  Transfer& to = *transfer_;
  to.set(CURLOPT_URL, to.url.c_str());
  to.set(CURLOPT_USERAGENT, "voxlate/" VOXLATE_VERSION);
  to.set(CURLOPT_PROTOCOLS_STR, "https,http");
  to.set(CURLOPT_NOSIGNAL, 1L);
  to.set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server
  to.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  to.set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  if (!to.address.is_https() || to.address.is_this_machine()) to.set(CURLOPT_PROXY, "");
  to.set(CURLOPT_ERRORBUFFER, to.error_text.data());
  to.set(CURLOPT_WRITEFUNCTION, &Transfer::receive);
  to.set(CURLOPT_WRITEDATA, &to);
  if (options.rules != nullptr) to.obey_rules();
}

Exchange::~Exchange() = default;

void Exchange::add_header(const std::string& line) {
  curl_slist* const longer = curl_slist_append(transfer_->headers.get(), line.c_str());
  if (longer == nullptr) throw Transfer::no_memory();
  static_cast<void>(transfer_->headers.release());  // the same list, or one that begins with it
  transfer_->headers.reset(longer);
  transfer_->set(CURLOPT_HTTPHEADER, longer);
}

void Exchange::post(std::string_view body) {
  add_header("Expect:");  // else libcurl asks before it sends a large body, and waits a second for silent servers
  transfer_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  transfer_->set(CURLOPT_POSTFIELDS, body.data());
}

void Exchange::ask_head() { transfer_->set(CURLOPT_NOBODY, 1L); }

void Exchange::ask_range(std::uint64_t begin, std::optional<std::uint64_t> last) {
  const std::string range = std::to_string(begin) + "-" + (last ? std::to_string(*last) : "");
  transfer_->set(CURLOPT_RANGE, range.c_str());
}

std::optional<Error> Exchange::perform(const std::stop_token& stop) {
  const CURLcode code = transfer_->run(stop);
  if (transfer_->failure) throw Error(*transfer_->failure);
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the request was stopped");
  if (code != CURLE_OK && transfer_->refusal) throw Error(*transfer_->refusal);
  return code != CURLE_OK ? std::optional(transfer_->error(code)) : std::nullopt;
}

long Exchange::status() const {
  long status = 0;
  curl_easy_getinfo(transfer_->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::string Exchange::host() const { return transfer_->address.host(); }

std::string Exchange::header(const char* name) const {
  curl_header* found = nullptr;
  CURL* const easy = transfer_->easy.get();
  return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

std::optional<std::uint64_t> Exchange::length() const {
  curl_off_t length = -1;
  curl_easy_getinfo(transfer_->easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length >= 0 ? std::optional(static_cast<std::uint64_t>(length)) : std::nullopt;
}

std::chrono::seconds Exchange::retry_after() const {
  constexpr curl_off_t kDay = 86'400;
  curl_off_t seconds = 0;
  curl_easy_getinfo(transfer_->easy.get(), CURLINFO_RETRY_AFTER, &seconds);
  return std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, kDay));
}

std::string Exchange::redirect_url() const {
  const char* target = nullptr;
  curl_easy_getinfo(transfer_->easy.get(), CURLINFO_REDIRECT_URL, &target);
  return target != nullptr ? target : "";
}

Error Exchange::status_error() const {
  const bool absent = status() == 404 || status() == 410;
  return {absent ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
          host() + " answered with HTTP status " + std::to_string(status())};
}

}  // namespace voxlate::remote
