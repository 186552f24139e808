#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

Profile parse_profile(std::string_view text) {
  if (text == "development") return Profile::kDevelopment;
  if (text != "production") expected("development or production", text);
  return Profile::kProduction;
}

std::string parse_log_level(std::string_view text) {
  if (text != "debug" && text != "info" && text != "warning" && text != "error")
    expected("debug, info, warning or error", text);
  return std::string(text);
}

}  // namespace

std::vector<Setting> general_settings() {
  return {
      {"profile",
       "production, or development: log level debug unless set",
       parsed(&Config::profile, parse_profile),
       {"FLASK_ENV"}},
      {"data_dir", "folder of the database, uploads and results; default: the XDG data folder",
       plain(&Config::data_dir)},
      {"log.level", "debug, info, warning or error", parsed(&Config::log_level, parse_log_level)},
  };
}

}  // namespace voxlate::config
