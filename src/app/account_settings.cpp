#include "app/account_settings.h"

#include <fmt/format.h>

#include "voxlate/error.h"

namespace voxlate::app {

bool accounts_on(const Config& config) {
  const bool here_only = accounts::is_loopback(config.host);
  const bool on = config.accounts_mode == "on" || (config.accounts_mode == "auto" && !here_only);
  if (!on && !here_only && !config.accounts_allow_open_network) {
    throw Error(ErrorCode::kInvalidInput,
                fmt::format("server.host is {}, which others may reach, and accounts are off: leave accounts.mode at "
                            "auto, or set accounts.allow_open_network = true so that everybody may do everything",
                            config.host));
  }
  return on;
}

accounts::Accounts::Options account_options(const Config& config) {
  accounts::Accounts::Options options;
  options.open_registration = config.accounts_registration == "open";
  options.session_idle = config.session_idle_time;
  options.requests.quota = config.requests_per_minute;
  if (config.quota_stored_bytes > 0) options.quota.stored_bytes = config.quota_stored_bytes;
  if (config.quota_jobs_per_day > 0) options.quota.jobs_per_day = config.quota_jobs_per_day;
  if (config.quota_media_per_day.count() > 0) options.quota.media_per_day = config.quota_media_per_day;
  options.max_queued_jobs = config.max_queued_jobs_per_user;
  options.keep_audit = config.audit_retention;
  return options;
}

}  // namespace voxlate::app
