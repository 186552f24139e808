#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> accounts_settings() {
  return {
      {"accounts.mode", "on, off, or auto: off when server.host is a loopback address, else on",
       choice(&Config::accounts_mode, {"auto", "on", "off"})},
      {"accounts.allow_open_network",
       "true: listen on an address of the network with accounts off, so that whoever reaches it may do everything",
       flag(&Config::accounts_allow_open_network)},
      {"accounts.registration", "closed (administrators add users), or open: everybody may register",
       choice(&Config::accounts_registration, {"closed", "open"})},
      {"accounts.session_idle_hours", "a session not used for so long ends, 1 to 168; after a week it ends in any case",
       whole(&Config::session_idle_time, 1, 168)},
      {"accounts.quota_stored_bytes",
       "uploaded media that a user may keep; K, M, G, T are binary multiples; 0: no limit, as for the next two",
       bytes(&Config::quota_stored_bytes)},
      {"accounts.quota_jobs_per_day", "jobs that a user may make a day of UTC; single users may be given other quotas",
       whole(&Config::quota_jobs_per_day, 0, 1'000'000)},
      {"accounts.quota_minutes_per_day", "length of the media of those jobs",
       whole(&Config::quota_media_per_day, 0, 10'000'000)},
      {"accounts.max_queued_jobs", "jobs of one user that wait, administrators included, 1 to 1000000",
       whole(&Config::max_queued_jobs_per_user, 1, 1'000'000)},
      {"accounts.max_uploads", "uploads of one user at the same time, 1 to 256",
       whole(&Config::max_uploads_per_user, 1, 256)},
      {"accounts.requests_per_minute", "requests of one user, or of one address that is not signed in; 0: no limit",
       whole(&Config::requests_per_minute, 0, 1'000'000)},
      {"accounts.missed_ids_per_minute",
       "requests of one user or address for ids that are not there, then 429; 0: no limit",
       whole(&Config::max_missed_ids_per_minute, 0, 1'000'000)},
      {"accounts.audit_days",
       "the record of what concerns security is kept for so long, then moved into archive/, 1 to 36500",
       whole(&Config::audit_retention, 1, 36'500)},
  };
}

}  // namespace voxlate::config
