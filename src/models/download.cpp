#include "models/download.h"

#include <optional>
#include <string_view>

#include "models/download_url.h"
#include "remote/address.h"
#include "remote/file_transfer.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

remote::ExchangeOptions exchange_options(const DownloadOptions& options) {
  return {.connect_timeout = options.connect_timeout, .stall_timeout = options.stall_timeout};
}

void check_redirect(const std::string& from, const std::string& to) {
  if (may_redirect(from, to)) return;
  throw Error(ErrorCode::kUnavailable,
              remote::Address(from).host() + " sends on to " + remote::Address(to).host() + " without encryption");
}

/// Where the answer sends on to.
std::string redirect(const remote::Exchange& exchange, const std::string& url) {
  std::string target = exchange.redirect_url();
  if (target.empty()) throw exchange.status_error();
  check_redirect(url, target);
  return target;
}

/// Without a body; from servers that refuse that, by asking for the first byte.
std::optional<std::uint64_t> ask_size(remote::Exchange& exchange, bool by_range, const std::stop_token& stop) {
  if (by_range) {
    exchange.ask_range(0, 0);
  } else {
    exchange.ask_head();
  }
  const std::optional<Error> cut = exchange.perform(stop);
  const long status = exchange.status();
  if (status == 404 || status == 410) throw exchange.status_error();
  if (status == 0) throw Error(cut.value_or(exchange.status_error()));
  if (status == 206) return remote::total_of_range(exchange.header("Content-Range"));
  return status == 200 ? exchange.length() : std::nullopt;
}

std::optional<std::uint64_t> look_up_size(std::string url, bool by_range, const DownloadOptions& options,
                                          const std::stop_token& stop) {
  for (int hop = 0; hop <= options.max_redirects; ++hop) {
    remote::Exchange exchange(url, exchange_options(options), [](std::string_view) { return false; });
    const auto size_bytes = ask_size(exchange, by_range, stop);
    if (exchange.status() < 300 || exchange.status() >= 400) return size_bytes;
    url = redirect(exchange, url);
  }
  return std::nullopt;
}

}  // namespace

std::string download(const DownloadRequest& request, const DownloadOptions& options, const DownloadProgress& progress,
                     const std::stop_token& stop) {
  require_download_url(request.url);
  const remote::FetchedFile fetched = remote::fetch_file(
      {.url = request.url, .target = request.target, .size_bytes = request.size_bytes, .sha256 = request.sha256},
      {.exchange = exchange_options(options),
       .max_redirects = options.max_redirects,
       .attempts = options.attempts,
       .keep_free_bytes = options.keep_free_bytes,
       .check_redirect = check_redirect},
      [&](std::uint64_t done_bytes, std::uint64_t) { progress(done_bytes); }, stop);
  return fetched.sha256;
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
    remote::Exchange exchange(next_url, exchange_options(options), [&](std::string_view bytes) {
      text += bytes;
      if (text.size() <= max_bytes) return true;
      throw Error(ErrorCode::kTooLarge, "expected at most " + std::to_string(max_bytes) + " bytes from " +
                                            remote::Address(next_url).host() + ", got more");
    });
    const std::optional<Error> cut = exchange.perform(stop);
    const long status = exchange.status();
    if (status >= 300 && status < 400) {
      next_url = redirect(exchange, next_url);
      continue;
    }
    if (status >= 400) throw exchange.status_error();
    if (cut) throw Error(*cut);
    return text;
  }
  throw remote::too_many_redirects(url, options.max_redirects);
}

}  // namespace voxlate::models
