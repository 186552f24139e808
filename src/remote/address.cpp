#include "remote/address.h"

#include "remote/curl_ptr.h"

namespace voxlate::remote {
namespace {

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  const TextPtr owned(text);
  return text;
}

// Numeric addresses come out of libcurl in dotted form, whatever form they went in.
bool is_loopback_ipv4(const std::string& host) {
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

Address::Address(const std::string& url) {
  const UrlPtr handle(curl_url());
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return;
  scheme_ = part(handle.get(), CURLUPART_SCHEME);
  host_ = part(handle.get(), CURLUPART_HOST);
  port_ = part(handle.get(), CURLUPART_PORT);
}

bool Address::is_this_machine() const { return host_ == "localhost" || host_ == "[::1]" || is_loopback_ipv4(host_); }

}  // namespace voxlate::remote
