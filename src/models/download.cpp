#include "models/download.h"

#include <array>
#include <charconv>
#include <exception>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/log.h"
#include "models/download_url.h"
#include "models/part_file.h"
#include "remote/address.h"
#include "remote/curl_ptr.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct ContentRange {
  std::uint64_t begin = 0;
  std::optional<std::uint64_t> total;
};

/// "bytes 100-199/200", the total may be "*" (RFC 9110, 14.4).
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const auto slash = text.find('/');
  if (!text.starts_with(kUnit) || slash == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
  };
  const std::string_view span = text.substr(kUnit.size(), slash - kUnit.size());
  const auto begin = number(span.substr(0, span.find('-')));
  if (!begin) return std::nullopt;
  return ContentRange{.begin = *begin, .total = number(text.substr(slash + 1))};
}

/// Weak ETags do not promise equal bytes, so they cannot guard a resumed download.
std::string strong(std::string_view etag) { return std::string(etag.starts_with('"') ? etag : std::string_view()); }

/// How a transfer ended, when it did not fail for good.
struct TransferEnd {
  std::string next_url;      ///< not empty: ask there now
  std::optional<Error> cut;  ///< it broke off; what came is kept
};

/// One GET for what is missing of a part.
class Transfer {
 public:
  Transfer(const std::string& url, const DownloadRequest& request, const DownloadOptions& options, PartFile& part,
           const DownloadProgress& progress, const std::stop_token& stop)
      : url_(url),
        request_(request),
        stall_timeout_(options.stall_timeout),
        part_(part),
        progress_(progress),
        stop_(stop),
        easy_(curl_easy_init()) {
    if (!easy_) throw Error(ErrorCode::kOutOfMemory, "no memory for a download");
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_USERAGENT, "voxlate");
    set(CURLOPT_PROTOCOLS_STR, "https,http");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    if (!remote::Address(url_).is_https()) set(CURLOPT_PROXY, "");  // it is on this machine
    set(CURLOPT_ERRORBUFFER, error_text_.data());
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_bytes);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::is_to_end);
    set(CURLOPT_XFERINFODATA, this);
    if (part_.size() > 0) ask_for_the_rest();
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  TransferEnd run() {
    const CURLcode code = curl_easy_perform(easy_.get());
    if (failure_) throw Error(*failure_);
    if (stop_.stop_requested()) throw Error(ErrorCode::kCancelled, "the download was stopped");
    const long status = this->status();
    if (ask_again_ || (status == 416 && part_.size() > 0)) {
      part_.restart("");
      return {.next_url = url_, .cut = std::nullopt};
    }
    if (status >= 300 && status < 400) return {.next_url = redirect(), .cut = std::nullopt};
    if (status >= 400) throw status_error(status);
    if (code != CURLE_OK) return {.next_url = {}, .cut = transport_error(code)};
    if (part_.size() < request_.size_bytes) {
      return {.next_url = {},
              .cut = Error(ErrorCode::kUnavailable, host() + " sent " + std::to_string(part_.size()) + " of " +
                                                        std::to_string(request_.size_bytes) + " bytes")};
    }
    return {};
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) {
      throw Error(ErrorCode::kInternal, "this libcurl lacks an option that downloads need: " + std::to_string(option));
    }
  }

  void ask_for_the_rest() {
    const std::string range = std::to_string(part_.size()) + "-";
    set(CURLOPT_RANGE, range.c_str());
    if (part_.etag().empty()) return;
    headers_.reset(curl_slist_append(nullptr, ("If-Range: " + part_.etag()).c_str()));
    set(CURLOPT_HTTPHEADER, headers_.get());
  }

  static std::size_t take_bytes(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take({bytes, count}) ? count : 0;
  }

  /// libcurl asks at least once a second.
  static int is_to_end(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.stalled_ = SteadyClock::now() - transfer.last_sign_ >= transfer.stall_timeout_;
    return transfer.stalled_ || transfer.stop_.stop_requested() ? 1 : 0;
  }

  /// False ends the transfer; libcurl's C frames are no place for an exception.
  bool take(std::string_view bytes) {
    last_sign_ = SteadyClock::now();
    try {
      if (!begun_ && !begin_body()) return false;
      begun_ = true;
      if (bytes.size() > request_.size_bytes - part_.size()) {
        part_.discard();
        throw Error(ErrorCode::kCorrupt, wrong_size("more"));
      }
      part_.append(bytes);
      progress_(part_.size());
    } catch (const Error& error) {
      failure_ = error;
    } catch (const std::exception& error) {
      failure_ = Error(ErrorCode::kInternal, error.what());
    }
    return !failure_ && !stop_.stop_requested();
  }

  /// Looks at the head of the answer before its first byte is kept. False: the body is not what was asked for.
  bool begin_body() {
    const long status = this->status();
    const std::string etag = strong(header("ETag"));
    if (status == 200) {
      curl_off_t length = -1;
      curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
      if (length >= 0 && static_cast<std::uint64_t>(length) != request_.size_bytes) {
        throw Error(ErrorCode::kCorrupt, wrong_size(std::to_string(length)));
      }
      part_.restart(etag);
      return true;
    }
    if (status != 206) return false;
    const auto range = parse_content_range(header("Content-Range"));
    if (range && range->total && *range->total != request_.size_bytes) {
      throw Error(ErrorCode::kCorrupt, wrong_size(std::to_string(*range->total)));
    }
    const bool same_version = part_.etag().empty() || etag.empty() || etag == part_.etag();
    ask_again_ = !range || range->begin != part_.size() || !same_version;
    return !ask_again_;
  }

  std::string redirect() const {
    const char* target = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
    if (target == nullptr) throw status_error(status());
    if (!may_redirect(url_, target)) {
      throw Error(ErrorCode::kUnavailable,
                  host() + " sends on to " + remote::Address(target).host() + " without encryption");
    }
    return target;
  }

  Error status_error(long status) const {
    const bool absent = status == 404 || status == 410;
    return {absent ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
            host() + " answered with HTTP status " + std::to_string(status)};
  }

  Error transport_error(CURLcode code) const {
    if (stalled_) {
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(stall_timeout_).count();
      return {ErrorCode::kTimeout, host() + " sent nothing for " + std::to_string(seconds) + " s"};
    }
    const std::string reason = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
    return {code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable, host() + ": " + reason};
  }

  std::string wrong_size(const std::string& got) const {
    return "expected a file of " + std::to_string(request_.size_bytes) + " bytes, " + host() + " offers " + got;
  }

  long status() const {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  std::string header(const char* name) const {
    curl_header* found = nullptr;
    return curl_easy_header(easy_.get(), name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
  }

  std::string host() const { return remote::Address(url_).host(); }

  const std::string url_;
  const DownloadRequest& request_;
  const std::chrono::milliseconds stall_timeout_;
  PartFile& part_;
  const DownloadProgress& progress_;
  const std::stop_token& stop_;
  remote::ListPtr headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  SteadyClock::time_point last_sign_ = SteadyClock::now();
  bool stalled_ = false;
  bool begun_ = false;
  bool ask_again_ = false;  // for the whole file: the answer does not continue what is there
  std::optional<Error> failure_;
  remote::EasyPtr easy_;
};

/// One attempt, redirects included. Returns why it broke off, if it did.
std::optional<Error> fetch_rest(const DownloadRequest& request, const DownloadOptions& options, PartFile& part,
                                const DownloadProgress& progress, const std::stop_token& stop) {
  std::string url = request.url;
  for (int hop = 0; hop <= options.max_redirects; ++hop) {
    TransferEnd end = Transfer(url, request, options, part, progress, stop).run();
    if (end.next_url.empty()) return std::move(end.cut);
    url = std::move(end.next_url);
  }
  throw Error(ErrorCode::kUnavailable, remote::Address(request.url).host() + " redirects more than " +
                                           std::to_string(options.max_redirects) + " times");
}

void require_space(const DownloadRequest& request, const DownloadOptions& options, const PartFile& part) {
  const std::uint64_t needed = request.size_bytes - part.size() + options.keep_free_bytes;
  const std::uint64_t free = disk_space(request.target.parent_path()).free_bytes;
  if (free >= needed) return;
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
  throw Error(ErrorCode::kStorageFull, "the download needs " + std::to_string(needed / kMebibyte) +
                                           " MiB of free disk space, there are " + std::to_string(free / kMebibyte));
}

}  // namespace

void download(const DownloadRequest& request, const DownloadOptions& options, const DownloadProgress& progress,
              const std::stop_token& stop) {
  require_download_url(request.url);
  PartFile part(request.target);
  if (part.size() > request.size_bytes) part.restart("");
  part.hash_existing(stop);
  require_space(request, options, part);
  for (int attempt = 1; part.size() < request.size_bytes; ++attempt) {
    const std::uint64_t before = part.size();
    const std::optional<Error> cut = fetch_rest(request, options, part, progress, stop);
    if (cut && (attempt >= options.attempts || part.size() <= before)) throw Error(*cut);
    if (cut) log::info("download resumed", {{"bytes", part.size()}, {"why", cut->what()}});
  }
  const std::string got = part.finish_checksum();
  if (got != request.sha256) {
    part.discard();
    throw Error(ErrorCode::kCorrupt,
                "the download is not the file that was asked for: expected SHA-256 " + request.sha256 + ", got " + got);
  }
  part.publish();
}

}  // namespace voxlate::models
