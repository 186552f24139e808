#include "config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

#include "config/sections.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

std::vector<Setting> all_sections() {
  std::vector<Setting> all;
  const auto add = [&all](std::vector<Setting> section) { std::ranges::move(section, std::back_inserter(all)); };
  add(config::general_settings());
  add(config::server_settings());
  add(config::accounts_settings());
  add(config::uploads_settings());
  add(config::jobs_settings());
  add(config::memory_settings());
  add(config::media_settings());
  add(config::whisper_settings());
  add(config::vad_settings());
  add(config::sphinx_settings());
  add(config::translation_settings());
  add(config::cache_settings());
  add(config::models_settings());
  add(config::remote_settings());
  add(config::import_settings());
  add(config::webhooks_settings());
  add(config::watch_settings());
  add(config::workers_settings());
  add(config::monitoring_settings());
  add(config::alerts_settings());
  return all;
}

/// Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> kTable = all_sections();
  return kTable;
}

const Setting& find_setting(std::string_view key) {
  const Setting* nearest = nullptr;
  std::size_t nearest_distance = std::numeric_limits<std::size_t>::max();
  for (const Setting& setting : settings()) {
    if (setting.key == key) return setting;
    const std::size_t distance = edit_distance(key, setting.key);
    if (distance < nearest_distance) {
      nearest = &setting;
      nearest_distance = distance;
    }
  }
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("unknown setting \"{}\"; the nearest known one is \"{}\"", key, nearest->key));
}

std::string variable_of(const Setting& setting) {
  std::string name = "VOXLATE_" + std::string(setting.key);
  for (char& c : name) c = c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

}  // namespace voxlate
