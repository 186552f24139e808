#pragma once

#include <vector>

#include "config/settings.h"

/// The sections of the settings file, each with its table in a file of its own: [server] in server_settings.cpp.
/// A new one is its file, a line here, and one in settings.cpp where the order is.
namespace voxlate::config {

std::vector<Setting> general_settings();  ///< outside of sections, and [log]
std::vector<Setting> server_settings();
std::vector<Setting> accounts_settings();
std::vector<Setting> uploads_settings();
std::vector<Setting> jobs_settings();
std::vector<Setting> memory_settings();
std::vector<Setting> media_settings();
std::vector<Setting> whisper_settings();
std::vector<Setting> vad_settings();
std::vector<Setting> sphinx_settings();
std::vector<Setting> translation_settings();
std::vector<Setting> cache_settings();
std::vector<Setting> models_settings();
std::vector<Setting> remote_settings();
std::vector<Setting> import_settings();
std::vector<Setting> webhooks_settings();
std::vector<Setting> watch_settings();
std::vector<Setting> monitoring_settings();  ///< [monitoring] and [performance]
std::vector<Setting> alerts_settings();
std::vector<Setting> workers_settings();

}  // namespace voxlate::config
