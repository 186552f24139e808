#include "config/load_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <toml++/toml.h>

#include <algorithm>
#include <iterator>

#include "config/settings.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

constexpr std::string_view kEnvironmentPrefix = "VOXLATE_";
constexpr std::string_view kConfigFileVariable = "VOXLATE_CONFIG";  // read by the command line

/// Keys for servers of others. They have no name in a file and no flag, where others could read them, and no setting,
/// because settings are shown.
struct Secret {
  std::string_view variable;
  std::string Config::*value;
};
constexpr Secret kSecrets[] = {{"VOXLATE_LIBRETRANSLATE_KEY", &Config::libretranslate_key},
                               {"VOXLATE_CHAT_KEY", &Config::chat_key}};

/// Keys in the files of the systems replaced, in the section that still has them.
struct OldKey {
  std::string_view key;
  std::string_view name;  ///< that it has now
};
constexpr OldKey kOldKeys[] = {
    {"cache.max_size", "max_entries"}, {"cache.ttl", "ttl_s"}, {"cache.use_compression", "compression"}};

void apply(Config& config, std::string_view key, std::string_view value, const std::string& origin) {
  const Setting& setting = find_setting(key);
  try {
    setting.value.set(config, value);
  } catch (const Error& error) {
    throw Error(ErrorCode::kInvalidInput, fmt::format("{} ({}): {}", setting.key, origin, error.what()));
  }
  config.origins[std::string(setting.key)] = origin;
}

std::string to_text(const toml::node& node, std::string_view key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* fraction = node.as_floating_point()) return fmt::format("{}", fraction->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *list) {
      if (!joined.empty()) joined += ',';
      joined += to_text(item, key);
    }
    return joined;
  }
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("{}: expected a text, a number, true, false or a list of them", key));
}

void apply_table(Config& config, const toml::table& table, const std::string& prefix, const std::string& origin) {
  for (const auto& [name, node] : table) {
    std::string key = prefix + std::string(name.str());
    const auto* const old = std::ranges::find(kOldKeys, key, &OldKey::key);
    if (old != std::end(kOldKeys)) {
      if (table.contains(old->name)) continue;  // the own name wins
      key = prefix + std::string(old->name);
    }
    if (const auto* section = node.as_table()) {
      apply_table(config, *section, key + '.', origin);
    } else {
      apply(config, key, to_text(node, key), origin);
    }
  }
}

void apply_file(Config& config, const std::filesystem::path& file) {
  try {
    apply_table(config, toml::parse_file(file.string()), "", "file " + file.string());
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::kInvalidInput,
                fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description()));
  }
}

void apply_environment(Config& config, const std::map<std::string, std::string>& environment) {
  std::map<std::string, bool, std::less<>> known{{std::string(kConfigFileVariable), true}};
  for (const Setting& setting : settings()) {
    // The own name is applied last and wins over the old ones.
    std::vector<std::string> names(setting.old_variables.rbegin(), setting.old_variables.rend());
    names.push_back(variable_of(setting));
    for (const std::string& name : names) {
      known[name] = true;
      if (const auto found = environment.find(name); found != environment.end()) {
        apply(config, setting.key, found->second, fmt::format("environment {}", name));
      }
    }
  }
  for (const Secret& secret : kSecrets) {
    known[std::string(secret.variable)] = true;
    const auto found = environment.find(std::string(secret.variable));
    if (found != environment.end()) config.*secret.value = found->second;
  }
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kEnvironmentPrefix) || known.contains(name)) continue;
    std::string key = name.substr(kEnvironmentPrefix.size());
    for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (const std::size_t first = key.find('_'); first != std::string::npos) key[first] = '.';
    try {
      find_setting(key);
    } catch (const Error& error) {
      throw Error(ErrorCode::kInvalidInput, fmt::format("environment {}: {}", name, error.what()));
    }
  }
}

}  // namespace

Config load_config(const ConfigSources& sources) {
  Config config;
  for (const Setting& setting : settings()) config.origins[std::string(setting.key)] = "default";
  if (sources.file) apply_file(config, *sources.file);
  apply_environment(config, sources.environment);
  for (const auto& [key, value] : sources.flags) apply(config, key, value, "flag");
  if (config.data_dir.empty()) config.data_dir = default_data_dir();
  if (config.profile == Profile::kDevelopment && config.origins["log.level"] == "default") {
    config.log_level = "debug";
    config.origins["log.level"] = "profile development";
  }
  return config;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return environment;
}

}  // namespace voxlate
