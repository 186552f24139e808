#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace voxlate {

/// Where settings come from besides their defaults; later ones win.
struct ConfigSources {
  std::optional<std::filesystem::path> file;               ///< TOML; must exist when named
  std::map<std::string, std::string> environment;          ///< of the process
  std::vector<std::pair<std::string, std::string>> flags;  ///< key and value
};

/// defaults < file < environment < flags. Unknown keys and unknown VOXLATE_* variables are errors that name
/// the nearest known one; every error names the key and where it stood. Keys for other servers come from the
/// environment only (VOXLATE_LIBRETRANSLATE_KEY, VOXLATE_CHAT_KEY) and are never shown. Throws `kInvalidInput`.
Config load_config(const ConfigSources& sources);

/// The environment of this process.
std::map<std::string, std::string> process_environment();

}  // namespace voxlate
