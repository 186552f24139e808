#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "base/ip_address.h"

namespace voxlate::http {

/// How many connections each client has; the networks of IPv6 clients count as one. Used by one thread.
class AddressCounts {
 public:
  AddressCounts(std::size_t limit, std::vector<IpRange> exempt) : limit_(limit), exempt_(std::move(exempt)) {}

  /// Counts one more; false, and nothing is counted, when that were too many. Loopback and the exempt may have any
  /// number.
  bool try_add(const IpAddress& peer) {
    if (is_exempt(peer)) return true;
    std::size_t& count = counts_[peer.network()];
    if (count >= limit_) return false;
    ++count;
    return true;
  }

  void remove(const IpAddress& peer) {
    const auto found = is_exempt(peer) ? counts_.end() : counts_.find(peer.network());
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  bool is_exempt(const IpAddress& peer) const { return peer.is_loopback() || contains(exempt_, peer); }

  const std::size_t limit_;
  const std::vector<IpRange> exempt_;
  std::map<IpAddress, std::size_t> counts_;
};

}  // namespace voxlate::http
