#include "models/download_url.h"

#include <curl/curl.h>

#include <memory>

#include "voxlate/error.h"

namespace voxlate::models {
namespace {

struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

/// A URL as libcurl itself takes it apart, so that what is checked is what is asked.
class Url {
 public:
  explicit Url(const std::string& text) : handle_(curl_url()) {
    valid_ = handle_ && curl_url_set(handle_.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  }

  bool is_https() const { return part(CURLUPART_SCHEME) == "https"; }

  bool is_http_to_this_machine() const {
    const std::string host = part(CURLUPART_HOST);
    return part(CURLUPART_SCHEME) == "http" && (host == "localhost" || host == "[::1]" || is_loopback_ipv4(host));
  }

  std::string host() const {
    const std::string port = part(CURLUPART_PORT);
    return part(CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
  }

 private:
  struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };

  // Numeric addresses come out of libcurl in dotted form, whatever form they went in.
  static bool is_loopback_ipv4(const std::string& host) {
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
  }

  std::string part(CURLUPart which) const {
    char* text = nullptr;
    if (!valid_ || curl_url_get(handle_.get(), which, &text, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, FreeText> owned(text);
    return text;
  }

  std::unique_ptr<CURLU, Free> handle_;
  bool valid_ = false;
};

}  // namespace

void require_download_url(const std::string& url) {
  const Url parsed(url);
  if (parsed.is_https() || parsed.is_http_to_this_machine()) return;
  const std::string host = parsed.host();
  throw Error(ErrorCode::kInvalidInput,
              "models are downloaded over https, or over http from this machine itself; got " +
                  (host.empty() ? "no such address" : "an address on " + host));
}

bool is_https(const std::string& url) { return Url(url).is_https(); }

bool may_redirect(const std::string& from, const std::string& to) {
  const Url target(to);
  return target.is_https() || (!Url(from).is_https() && target.is_http_to_this_machine());
}

std::string host_of(const std::string& url) { return Url(url).host(); }

}  // namespace voxlate::models
