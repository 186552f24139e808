#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace voxlate {

/// One setting: its key in the file, its names in the environment, and how text becomes a value.
struct Setting {
  std::string_view key;                       ///< "server.port"
  std::vector<std::string_view> environment;  ///< own name first, then those of the systems replaced
  std::string_view help;                      ///< one line: meaning, unit, limits
  /// Throws `kInvalidInput` saying what was expected.
  void (*set)(Config&, std::string_view value);
  std::string (*show)(const Config&);
};

/// All settings, in the order in which they are documented.
std::span<const Setting> settings();

/// The setting with that key. Throws `kInvalidInput` naming the nearest known key.
const Setting& find_setting(std::string_view key);

}  // namespace voxlate
