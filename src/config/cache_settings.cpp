#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

/// "redis://:***@host": the address of a server, without the user and the password in it.
std::string without_password(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (at == std::string::npos) return url;
  return (scheme == std::string::npos || scheme > at ? std::string() : url.substr(0, scheme + 3)) + ":***" +
         url.substr(at);
}

}  // namespace

std::vector<Setting> cache_settings() {
  return {
      {"cache.type",
       "where results that come again are kept: memory, file (in the data folder) or redis",
       choice(&Config::cache_type, {"memory", "file", "redis"}),
       {"CACHE_TYPE"}},
      {"cache.results", "the same media with the same options is not recognised and translated again",
       flag(&Config::cache_results)},
      {"cache.share_between_users",
       "users get results of each other's jobs on the same media, and can tell from the time",
       flag(&Config::cache_share_between_users)},
      {"cache.max_entries", "results kept in memory or files, 1 to 10000000; a Redis has limits of its own",
       whole(&Config::cache_max_entries, 1, 10'000'000)},
      {"cache.max_mb", "memory for results, 1 to 65536", whole(&Config::cache_max_mb, 1, 65'536)},
      {"cache.ttl_s", "a result is kept for so long, in files and Redis a translation too, 1 to 31536000",
       whole(&Config::cache_ttl, 1, 31'536'000)},
      {"cache.redis_url",
       "redis://[:password@]host[:port][/db], where cache.type is redis",
       {.set = [](Config& config, std::string_view text) { config.cache_redis_url = text; },
        .show = [](const Config& config) { return without_password(config.cache_redis_url); }},
       {"REDIS_URL"}},
      {"cache.compression", "values from 512 bytes on are compressed in files and Redis",
       flag(&Config::cache_compression)},
      {"cache.file_max_mb", "disk for each cache where cache.type is file, 1 to 1048576",
       whole(&Config::cache_file_max_mb, 1, 1'048'576)},
  };
}

}  // namespace voxlate::config
