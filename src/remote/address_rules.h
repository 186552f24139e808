#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace voxlate::remote {

/// Where the server goes when a user gives it an address (api.md, section 6; RFC 1918, 3927, 4193, 5735, 6598, 6890).
///
/// Note [Addresses given by users]
///
/// A name is no address: it may resolve to this machine, to its network, or to something else at each look-up. So
/// `check_url` refuses what can be told from the text alone, before anything is sent; and what counts is decided by
/// `check_socket`, which sees the address that is about to be connected to: libcurl asks it for every socket it opens,
/// so there is no second look-up between the check and the use. Redirects are not followed by libcurl; whoever follows
/// them checks each address anew. No proxy is used, since it would choose the address.
/// Tests: AddressRules.*, GuardedExchange.*, fuzz target address_rules.
class AddressRules {
 public:
  struct Options {
    /// Beside what is public: "192.168.1.0/24", "fd00::/8", "nas.lan". On every port, over http too.
    std::vector<std::string> allowed{};
    std::vector<int> ports{443, 80};  ///< of public addresses
    bool http = true;                 ///< else only https, but for `allowed`
  };

  /// Throws `kInvalidInput` for an entry of `allowed` that is neither.
  explicit AddressRules(const Options& options);

  /// Refuses what the text alone tells: other schemes than http and https, user names, ports, addresses and names of
  /// this machine. Throws `kInvalidInput` with the reason. Returns the URL as it is to be asked: addresses in
  /// their usual form. Names are taken in ASCII only, so that no two parsers differ about them.
  std::string check_url(const std::string& url) const;

  /// Why the socket may not be opened; nothing when it may. `host` is the one of the URL. Thread-safe.
  std::optional<std::string> check_socket(std::string_view host, const IpAddress& address, int port, bool https) const;

 private:
  bool is_allowed_name(std::string_view host) const;
  std::optional<std::string> check_port(int port, bool https) const;

  std::vector<IpRange> networks_;
  std::vector<std::string> names_;
  std::vector<int> ports_;
  bool http_;
};

/// Whether the address is one of this machine's own at the moment.
bool is_own_address(const IpAddress& address);

}  // namespace voxlate::remote
