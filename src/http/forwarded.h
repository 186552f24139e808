#pragma once

#include <string>
#include <vector>

#include "base/ip_address.h"
#include "http/request_head.h"

namespace voxlate::http {

/// The client at the far end, behind proxies, and how it asks.
struct RemoteEnd {
  IpAddress peer;
  bool secure = false;  ///< https, as a trusted proxy says
};

/// What is known of the client of a request that came from `socket_peer`: what X-Forwarded-For and
/// X-Forwarded-Proto say is believed from a trusted proxy only. Each proxy adds the address it got the request
/// from on the right, so the client is the right-most address that is no trusted proxy; what stands left of it is
/// the client's own invention.
RemoteEnd remote_end_of(const RequestHead& head, const IpAddress& socket_peer,
                        const std::vector<IpRange>& trusted_proxies);

}  // namespace voxlate::http
