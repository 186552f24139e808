#include "models/download_url.h"

#include "remote/address.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

bool is_http_to_this_machine(const remote::Address& address) { return address.is_http() && address.is_this_machine(); }

}  // namespace

void require_download_url(const std::string& url) {
  const remote::Address address(url);
  if (address.is_https() || is_http_to_this_machine(address)) return;
  const std::string host = address.host();
  throw Error(ErrorCode::kInvalidInput,
              "models are downloaded over https, or over http from this machine itself; got " +
                  (host.empty() ? "no such address" : "an address on " + host));
}

bool may_redirect(const std::string& from, const std::string& to) {
  const remote::Address target(to);
  return target.is_https() || (!remote::Address(from).is_https() && is_http_to_this_machine(target));
}

}  // namespace voxlate::models
