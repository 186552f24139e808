#include "models/download.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/log.h"
#include "models/download_url.h"
#include "models/exchange.h"
#include "models/part_file.h"
#include "remote/address.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

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

Error too_many_redirects(const std::string& url, const DownloadOptions& options) {
  return {ErrorCode::kUnavailable,
          remote::Address(url).host() + " redirects more than " + std::to_string(options.max_redirects) + " times"};
}

/// One GET for what is missing of a part.
class Transfer {
 public:
  Transfer(const std::string& url, const DownloadRequest& request, const DownloadOptions& options, PartFile& part,
           const DownloadProgress& progress, const std::stop_token& stop)
      : url_(url),
        request_(request),
        part_(part),
        progress_(progress),
        exchange_(url, options, stop, [this](std::string_view bytes) { return take(bytes); }) {
    if (part_.size() > 0) ask_for_the_rest();
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  TransferEnd run() {
    const CURLcode code = exchange_.perform();
    const long status = exchange_.status();
    if (ask_again_ || (status == 416 && part_.size() > 0)) {
      part_.restart("");
      return {.next_url = url_, .cut = std::nullopt};
    }
    if (status >= 300 && status < 400) return {.next_url = exchange_.redirect(), .cut = std::nullopt};
    if (status >= 400) throw exchange_.status_error();
    if (code != CURLE_OK) return {.next_url = {}, .cut = exchange_.transport_error(code)};
    if (part_.size() < request_.size_bytes) {
      return {.next_url = {},
              .cut = Error(ErrorCode::kUnavailable, exchange_.host() + " sent " + std::to_string(part_.size()) +
                                                        " of " + std::to_string(request_.size_bytes) + " bytes")};
    }
    return {};
  }

 private:
  void ask_for_the_rest() {
    const std::string range = std::to_string(part_.size()) + "-";
    exchange_.set(CURLOPT_RANGE, range.c_str());
    if (!part_.etag().empty()) exchange_.add_header("If-Range: " + part_.etag());
  }

  bool take(std::string_view bytes) {
    if (!begun_ && !begin_body()) return false;
    begun_ = true;
    if (bytes.size() > request_.size_bytes - part_.size()) {
      part_.discard();
      throw Error(ErrorCode::kCorrupt, wrong_size("more"));
    }
    part_.append(bytes);
    progress_(part_.size());
    return true;
  }

  /// Looks at the head of the answer before its first byte is kept. False: the body is not what was asked for.
  bool begin_body() {
    const long status = exchange_.status();
    const std::string etag = strong(exchange_.header("ETag"));
    if (status == 200) {
      const auto length = exchange_.length();
      if (length && *length != request_.size_bytes) {
        throw Error(ErrorCode::kCorrupt, wrong_size(std::to_string(*length)));
      }
      part_.restart(etag);
      return true;
    }
    if (status != 206) return false;
    const auto range = parse_content_range(exchange_.header("Content-Range"));
    if (range && range->total && *range->total != request_.size_bytes) {
      throw Error(ErrorCode::kCorrupt, wrong_size(std::to_string(*range->total)));
    }
    const bool same_version = part_.etag().empty() || etag.empty() || etag == part_.etag();
    ask_again_ = !range || range->begin != part_.size() || !same_version;
    return !ask_again_;
  }

  std::string wrong_size(const std::string& got) const {
    return "expected a file of " + std::to_string(request_.size_bytes) + " bytes, " + exchange_.host() + " offers " +
           got;
  }

  const std::string url_;
  const DownloadRequest& request_;
  PartFile& part_;
  const DownloadProgress& progress_;
  bool begun_ = false;
  bool ask_again_ = false;  // for the whole file: the answer does not continue what is there
  Exchange exchange_;
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
  throw too_many_redirects(request.url, options);
}

void require_space(const DownloadRequest& request, const DownloadOptions& options, const PartFile& part) {
  const std::uint64_t needed = request.size_bytes - part.size() + options.keep_free_bytes;
  const std::uint64_t free = disk_space(request.target.parent_path()).free_bytes;
  if (free >= needed) return;
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
  throw Error(ErrorCode::kStorageFull, "the download needs " + std::to_string(needed / kMebibyte) +
                                           " MiB of free disk space, there are " + std::to_string(free / kMebibyte));
}

/// Without a body; from servers that refuse that, by asking for the first byte.
std::optional<std::uint64_t> ask_size(Exchange& exchange, bool by_range) {
  if (by_range) {
    exchange.set(CURLOPT_RANGE, "0-0");
  } else {
    exchange.set(CURLOPT_NOBODY, 1L);
  }
  const CURLcode code = exchange.perform();
  const long status = exchange.status();
  if (status == 404 || status == 410) throw exchange.status_error();
  if (status == 0) throw exchange.transport_error(code);
  if (status == 206) {
    const auto range = parse_content_range(exchange.header("Content-Range"));
    return range ? range->total : std::nullopt;
  }
  return status == 200 ? exchange.length() : std::nullopt;
}

std::optional<std::uint64_t> look_up_size(std::string url, bool by_range, const DownloadOptions& options,
                                          const std::stop_token& stop) {
  for (int hop = 0; hop <= options.max_redirects; ++hop) {
    Exchange exchange(url, options, stop, [](std::string_view) { return false; });
    const auto size_bytes = ask_size(exchange, by_range);
    if (exchange.status() < 300 || exchange.status() >= 400) return size_bytes;
    url = exchange.redirect();
  }
  return std::nullopt;
}

}  // namespace

std::string download(const DownloadRequest& request, const DownloadOptions& options, const DownloadProgress& progress,
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
  std::string got = part.finish_checksum();
  if (!request.sha256.empty() && got != request.sha256) {
    part.discard();
    throw Error(ErrorCode::kCorrupt,
                "the download is not the file that was asked for: expected SHA-256 " + request.sha256 + ", got " + got);
  }
  part.publish();
  return got;
}

std::uint64_t look_up_size(const std::string& url, const DownloadOptions& options, const std::stop_token& stop) {
  require_download_url(url);
  auto size_bytes = look_up_size(url, /*by_range=*/false, options, stop);
  if (!size_bytes.value_or(0)) size_bytes = look_up_size(url, /*by_range=*/true, options, stop);
  return size_bytes.value_or(0);
}

std::string fetch_text(const std::string& url, std::uint64_t max_bytes, const DownloadOptions& options,
                       const std::stop_token& stop) {
  require_download_url(url);
  std::string next_url = url;
  for (int hop = 0; hop <= options.max_redirects; ++hop) {
    std::string text;
    Exchange exchange(next_url, options, stop, [&](std::string_view bytes) {
      text += bytes;
      if (text.size() <= max_bytes) return true;
      throw Error(ErrorCode::kTooLarge, "expected at most " + std::to_string(max_bytes) + " bytes from " +
                                            remote::Address(next_url).host() + ", got more");
    });
    const CURLcode code = exchange.perform();
    const long status = exchange.status();
    if (status >= 300 && status < 400) {
      next_url = exchange.redirect();
      continue;
    }
    if (status >= 400) throw exchange.status_error();
    if (code != CURLE_OK) throw exchange.transport_error(code);
    return text;
  }
  throw too_many_redirects(url, options);
}

}  // namespace voxlate::models
