#pragma once

#include <string>
#include <string_view>

namespace voxlate::cache {

/// Where a Redis is and how to get in.
struct RedisServer {
  std::string host;  ///< a name or an address, without brackets
  int port = 6379;
  std::string user;      ///< empty: the default one
  std::string password;  ///< empty: none; never in a log or a message
  int database = 0;

  bool operator==(const RedisServer&) const = default;
};

/// Of `redis://[[user]:password@]host[:port][/db]`; %XX stands for a byte of user and password. Throws `kInvalidInput`
/// saying what was expected, and never what was in the place of a password.
RedisServer parse_redis_url(std::string_view url);

}  // namespace voxlate::cache
