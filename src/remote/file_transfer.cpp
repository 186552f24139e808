#include "remote/file_transfer.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "remote/address.h"
#include "remote/part_file.h"

namespace voxlate::remote {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

struct ContentRange {
  std::optional<std::uint64_t> begin;  ///< none: "*", nothing of it was sent
  std::optional<std::uint64_t> total;
};

/// "bytes 100-199/200", either side may be "*" (RFC 9110, 14.4).
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
  if (!begin && span != "*") return std::nullopt;
  return ContentRange{.begin = begin, .total = number(text.substr(slash + 1))};
}

/// Weak ETags do not promise equal bytes, so they cannot guard a resumed download.
std::string strong(std::string_view etag) { return std::string(etag.starts_with('"') ? etag : std::string_view()); }

/// Whether a body comes as fast as it must.
class RateCheck {
 public:
  RateCheck(std::uint64_t min_bytes_per_second, milliseconds window)
      : least_bytes_(min_bytes_per_second * static_cast<std::uint64_t>(window.count()) / 1000), window_(window) {}

  /// Throws `kTimeout`.
  void add(std::size_t bytes, const std::string& host) {
    bytes_ += bytes;
    const auto now = SteadyClock::now();
    if (least_bytes_ == 0 || now - begin_ < window_) return;
    if (bytes_ < least_bytes_) {
      throw Error(ErrorCode::kTimeout, host + " sends too slowly: expected at least " + std::to_string(least_bytes_) +
                                           " bytes in " + std::to_string(window_.count() / 1000) + " s, got " +
                                           std::to_string(bytes_));
    }
    begin_ = now;
    bytes_ = 0;
  }

 private:
  const std::uint64_t least_bytes_;
  const milliseconds window_;
  std::uint64_t bytes_ = 0;
  SteadyClock::time_point begin_ = SteadyClock::now();
};

/// How a transfer ended, when it did not fail for good.
struct TransferEnd {
  std::string next_url{};      ///< not empty: ask there now
  std::optional<Error> cut{};  ///< it broke off; what came is kept
  std::string disposition{};
};

void require_space(const FileRequest& request, std::uint64_t missing_bytes, const FetchOptions& options) {
  const std::uint64_t needed = missing_bytes + options.keep_free_bytes;
  const std::uint64_t free = disk_space(request.target.parent_path()).free_bytes;
  if (free >= needed) return;
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
  throw Error(ErrorCode::kStorageFull, "the download needs " + std::to_string(needed / kMebibyte) +
                                           " MiB of free disk space, there are " + std::to_string(free / kMebibyte));
}

/// One GET for what is missing of a part.
class Transfer {
 public:
  Transfer(const std::string& url, const FileRequest& request, const FetchOptions& options,
           const ExchangeOptions& exchange, PartFile& part, const FetchProgress& progress)
      : url_(url),
        request_(request),
        options_(options),
        part_(part),
        progress_(progress),
        rate_(options.min_bytes_per_second, options.rate_window),
        exchange_(url, exchange, [this](std::string_view bytes) { return take(bytes); }) {
    if (part_.size() == 0) return;
    exchange_.ask_range(part_.size());
    if (!part_.etag().empty()) exchange_.add_header("If-Range: " + part_.etag());
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  TransferEnd run(const std::stop_token& stop) {
    const std::optional<Error> cut = exchange_.perform(stop);
    const long status = exchange_.status();
    if (is_whole_already(status)) return {};
    if (ask_again_ || (status == 416 && part_.size() > 0)) {
      part_.restart("");
      return {.next_url = url_};
    }
    if (status >= 300 && status < 400) return {.next_url = redirect()};
    if (status >= 400) throw exchange_.status_error();
    if (cut) return {.cut = cut};
    if (!begun_ && !begin_body()) return {.cut = exchange_.status_error()};  // an empty body
    if (part_.size() < total_.value_or(0)) {
      return {.cut = Error(ErrorCode::kUnavailable, exchange_.host() + " sent " + std::to_string(part_.size()) +
                                                        " of " + std::to_string(*total_) + " bytes")};
    }
    return {.disposition = exchange_.header("Content-Disposition")};
  }

 private:
  /// There is nothing behind what an earlier attempt brought of this very version.
  bool is_whole_already(long status) const {
    if (status != 416 || part_.size() == 0 || part_.etag().empty()) return false;
    const auto range = parse_content_range(exchange_.header("Content-Range"));
    return range && !range->begin && range->total == part_.size();
  }

  std::string redirect() const {
    std::string target = exchange_.redirect_url();
    if (target.empty()) throw exchange_.status_error();
    if (options_.check_redirect) options_.check_redirect(url_, target);
    return target;
  }

  bool take(std::string_view bytes) {
    if (!begun_ && !begin_body()) return false;
    const std::uint64_t limit = total_.value_or(request_.max_bytes);
    if (bytes.size() > limit - part_.size()) {
      part_.discard();
      if (total_) throw Error(ErrorCode::kCorrupt, wrong_size("more"));
      throw too_large();
    }
    part_.append(bytes);
    rate_.add(bytes.size(), exchange_.host());
    progress_(part_.size(), total_.value_or(0));
    return true;
  }

  /// Looks at the head of the answer before its first byte is kept. False: the body is not what was asked for.
  bool begin_body() {
    const long status = exchange_.status();
    const std::string etag = strong(exchange_.header("ETag"));
    if (status == 200) {
      accept_total(exchange_.length());
      part_.restart(etag);
    } else if (status == 206) {
      const auto range = parse_content_range(exchange_.header("Content-Range"));
      if (range) accept_total(range->total);
      const bool same_version = part_.etag().empty() || etag.empty() || etag == part_.etag();
      ask_again_ = !range || range->begin != part_.size() || !same_version;
      if (ask_again_) return false;
    } else {
      return false;
    }
    begun_ = true;
    require_space(request_, total_.value_or(part_.size()) - part_.size(), options_);
    return true;
  }

  /// What the server says of the size of the whole.
  void accept_total(std::optional<std::uint64_t> offered) {
    total_ = request_.size_bytes ? request_.size_bytes : offered;
    if (offered && *offered != *total_) throw Error(ErrorCode::kCorrupt, wrong_size(std::to_string(*offered)));
    if (total_.value_or(0) > request_.max_bytes) throw too_large();
  }

  std::string wrong_size(const std::string& got) const {
    return "expected a file of " + std::to_string(total_.value_or(0)) + " bytes, " + exchange_.host() + " offers " +
           got;
  }

  Error too_large() const {
    return {ErrorCode::kTooLarge, "expected a file of at most " + std::to_string(request_.max_bytes) + " bytes, " +
                                      exchange_.host() + " offers " + (total_ ? std::to_string(*total_) : "more")};
  }

  const std::string url_;
  const FileRequest& request_;
  const FetchOptions& options_;
  PartFile& part_;
  const FetchProgress& progress_;
  RateCheck rate_;
  std::optional<std::uint64_t> total_;
  bool begun_ = false;
  bool ask_again_ = false;  // for the whole file: the answer does not continue what is there
  Exchange exchange_;
};

/// The time left of the whole; throws `kTimeout` when it is up.
ExchangeOptions limited(const FetchOptions& options, SteadyClock::time_point begin, const std::string& url) {
  ExchangeOptions exchange = options.exchange;
  if (options.timeout.count() == 0) return exchange;
  exchange.timeout = std::chrono::ceil<milliseconds>(begin + options.timeout - SteadyClock::now());
  if (exchange.timeout.count() > 0) return exchange;
  throw Error(ErrorCode::kTimeout, Address(url).host() + " did not send the whole file within " +
                                       std::to_string(options.timeout.count() / 1000) + " s");
}

/// One attempt, redirects included.
TransferEnd fetch_rest(const FileRequest& request, const FetchOptions& options, SteadyClock::time_point begin,
                       PartFile& part, const FetchProgress& progress, std::string& url, const std::stop_token& stop) {
  url = request.url;
  for (int hop = 0; hop <= options.max_redirects; ++hop) {
    TransferEnd end = Transfer(url, request, options, limited(options, begin, url), part, progress).run(stop);
    if (end.next_url.empty()) return end;
    url = std::move(end.next_url);
  }
  throw too_many_redirects(request.url, options.max_redirects);
}

}  // namespace

Error too_many_redirects(const std::string& url, int max_redirects) {
  return {ErrorCode::kUnavailable,
          Address(url).host() + " redirects more than " + std::to_string(max_redirects) + " times"};
}

std::optional<std::uint64_t> total_of_range(const std::string& content_range) {
  const auto range = parse_content_range(content_range);
  return range ? range->total : std::nullopt;
}

FetchedFile fetch_file(const FileRequest& request, const FetchOptions& options, const FetchProgress& progress,
                       const std::stop_token& stop) {
  const auto begin = SteadyClock::now();
  PartFile part(request.target);
  if (part.size() > request.size_bytes.value_or(request.max_bytes)) part.restart("");
  part.hash_existing(stop);
  require_space(request, request.size_bytes.value_or(part.size()) - part.size(), options);
  FetchedFile fetched{.sha256 = {}, .disposition = {}, .url = request.url};
  bool whole = request.size_bytes == part.size();
  for (int attempt = 1; !whole; ++attempt) {
    const std::uint64_t before = part.size();
    TransferEnd end = fetch_rest(request, options, begin, part, progress, fetched.url, stop);
    if (end.cut && (attempt >= options.attempts || part.size() <= before)) throw Error(*end.cut);
    if (end.cut) log::info("download resumed", {{"bytes", part.size()}, {"why", end.cut->what()}});
    whole = !end.cut;
    fetched.disposition = std::move(end.disposition);
  }
  fetched.size_bytes = part.size();
  fetched.sha256 = part.finish_checksum();
  if (!request.sha256.empty() && fetched.sha256 != request.sha256) {
    part.discard();
    throw Error(ErrorCode::kCorrupt, "the download is not the file that was asked for: expected SHA-256 " +
                                         request.sha256 + ", got " + fetched.sha256);
  }
  part.publish();
  return fetched;
}

}  // namespace voxlate::remote
