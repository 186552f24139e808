#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace voxlate {

/// How text becomes a member of `Config`, and the member text; setting_values.h has the usual ones.
struct SettingValue {
  /// Throws `kInvalidInput` saying what was expected.
  std::function<void(Config&, std::string_view)> set;
  std::function<std::string(const Config&)> show;
};

/// One setting, declared in one place: a row in the table of its section.
struct Setting {
  std::string_view key;   ///< "server.port"
  std::string_view help;  ///< one line: meaning, unit, limits
  SettingValue value;
  std::vector<std::string_view> old_variables{};  ///< its names in the environment of the systems replaced
};

/// All settings, in the order in which they are documented.
std::span<const Setting> settings();

/// The setting with that key. Throws `kInvalidInput` naming the nearest known key.
const Setting& find_setting(std::string_view key);

/// The own name of a setting in the environment: "VOXLATE_SERVER_PORT" for "server.port".
std::string variable_of(const Setting& setting);

}  // namespace voxlate
