#include "models/exchange.h"

#include <utility>

#include "models/download_url.h"
#include "remote/address.h"

namespace voxlate::models {

Exchange::Exchange(const std::string& url, const DownloadOptions& options, const std::stop_token& stop, TakeBytes take)
    : url_(url), stall_timeout_(options.stall_timeout), stop_(stop), take_(std::move(take)), easy_(curl_easy_init()) {
  if (!easy_) throw Error(ErrorCode::kOutOfMemory, "no memory for a download");
  set(CURLOPT_URL, url_.c_str());
  set(CURLOPT_USERAGENT, "voxlate");
  set(CURLOPT_PROTOCOLS_STR, "https,http");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  if (!remote::Address(url_).is_https()) set(CURLOPT_PROXY, "");  // it is on this machine
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_WRITEFUNCTION, &Exchange::take_bytes);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Exchange::is_to_end);
  set(CURLOPT_XFERINFODATA, this);
}

void Exchange::add_header(const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) throw Error(ErrorCode::kOutOfMemory, "no memory for a download");
  static_cast<void>(headers_.release());  // the same list, or one that begins with it
  headers_.reset(longer);
  set(CURLOPT_HTTPHEADER, headers_.get());
}

CURLcode Exchange::perform() {
  const CURLcode code = curl_easy_perform(easy_.get());
  if (failure_) throw Error(*failure_);
  if (stop_.stop_requested()) throw Error(ErrorCode::kCancelled, "the download was stopped");
  return code;
}

/// libcurl's C frames are no place for an exception.
std::size_t Exchange::take_bytes(char* bytes, std::size_t, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.last_sign_ = std::chrono::steady_clock::now();
  bool more = false;
  try {
    more = exchange.take_({bytes, count});
  } catch (const Error& error) {
    exchange.failure_ = error;
  } catch (const std::exception& error) {
    exchange.failure_ = Error(ErrorCode::kInternal, error.what());
  }
  return more && !exchange.stop_.stop_requested() ? count : 0;
}

/// libcurl asks at least once a second.
int Exchange::is_to_end(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.stalled_ = std::chrono::steady_clock::now() - exchange.last_sign_ >= exchange.stall_timeout_;
  return exchange.stalled_ || exchange.stop_.stop_requested() ? 1 : 0;
}

long Exchange::status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::string Exchange::host() const { return remote::Address(url_).host(); }

std::string Exchange::header(const char* name) const {
  curl_header* found = nullptr;
  return curl_easy_header(easy_.get(), name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

std::optional<std::uint64_t> Exchange::length() const {
  curl_off_t length = -1;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length >= 0 ? std::optional(static_cast<std::uint64_t>(length)) : std::nullopt;
}

std::string Exchange::redirect() const {
  const char* target = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
  if (target == nullptr) throw status_error();
  if (!may_redirect(url_, target)) {
    throw Error(ErrorCode::kUnavailable,
                host() + " sends on to " + remote::Address(target).host() + " without encryption");
  }
  return target;
}

Error Exchange::status_error() const {
  const bool absent = status() == 404 || status() == 410;
  return {absent ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
          host() + " answered with HTTP status " + std::to_string(status())};
}

Error Exchange::transport_error(CURLcode code) const {
  if (stalled_) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(stall_timeout_).count();
    return {ErrorCode::kTimeout, host() + " sent nothing for " + std::to_string(seconds) + " s"};
  }
  const std::string reason = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  return {code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable, host() + ": " + reason};
}

}  // namespace voxlate::models
