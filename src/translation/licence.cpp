#include "translation/licence.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/file.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{256} << 10U;

struct Known {
  std::string_view pattern;  ///< in a line in lower case, spaces and underscores as hyphens
  std::string_view name;
};

/// The more particular ones first.
constexpr auto kKnown = std::to_array<Known>({
    {"cc-by-nc-sa", "CC-BY-NC-SA"},
    {"cc-by-nc-nd", "CC-BY-NC-ND"},
    {"cc-by-nc", "CC-BY-NC"},
    {"attribution-noncommercial", "CC-BY-NC"},
    {"attribution-non-commercial", "CC-BY-NC"},
    {"cc-by-sa", "CC-BY-SA"},
    {"cc-by-nd", "CC-BY-ND"},
    {"cc-by", "CC-BY"},
    {"creative-commons-attribution", "CC-BY"},
    {"cc0", "CC0"},
    {"cc-zero", "CC0"},
    {"public-domain", "public domain"},
    {"apache", "Apache-2.0"},
    {"mit-license", "MIT"},
    {"mit-licence", "MIT"},
    {"license:-mit", "MIT"},
    {"licence:-mit", "MIT"},
    {"agpl", "AGPL"},
    {"affero-general-public", "AGPL"},
    {"lgpl", "LGPL"},
    {"gpl", "GPL"},
    {"gnu-general-public", "GPL"},
});

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

std::string normal(std::string_view line) {
  std::string text(line);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    if (c == ' ' || c == '_' || c == '\t') return '-';
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

/// Where `pattern` stands in `line` as words of its own; npos where it does not.
std::size_t find_words(std::string_view line, std::string_view pattern) {
  for (std::size_t at = line.find(pattern); at != std::string_view::npos; at = line.find(pattern, at + 1)) {
    const std::size_t end = at + pattern.size();
    if ((at == 0 || !is_letter(line[at - 1])) && (end == line.size() || !is_letter(line[end]))) return at;
  }
  return std::string_view::npos;
}

/// " 4.0" for "cc-by-4.0"; empty where no version follows.
std::string version_behind(std::string_view line, std::size_t end) {
  if (end >= line.size() || line[end] != '-') return {};
  const std::string_view rest = line.substr(end + 1);
  const bool is_version =
      rest.size() >= 3 && rest[0] >= '1' && rest[0] <= '4' && rest[1] == '.' && rest[2] >= '0' && rest[2] <= '9';
  return is_version ? " " + std::string(rest.substr(0, 3)) : "";
}

/// A line that is nothing but the name, as in LICENSE files: "MIT", "MIT License".
bool is_mit(std::string_view line) {
  const auto first = line.find_first_not_of("-#*>");
  return first != std::string_view::npos && line.substr(first, line.find_last_not_of("-*") + 1 - first) == "mit";
}

Licence licence_in_line(std::string_view line) {
  const std::string text = normal(line);
  for (const Known& known : kKnown) {
    const std::size_t at = find_words(text, known.pattern);
    if (at == std::string::npos) continue;
    const bool has_versions = known.name.starts_with("CC-BY");
    return {.name = std::string(known.name) + (has_versions ? version_behind(text, at + known.pattern.size()) : ""),
            .non_commercial = known.name.find("-NC") != std::string_view::npos};
  }
  return is_mit(text) ? Licence{.name = "MIT", .non_commercial = false} : Licence{};
}

}  // namespace

Licence licence_in(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    Licence licence = licence_in_line(line);
    if (!licence.name.empty()) return licence;
  }
  return {};
}

Licence licence_of_folder(const std::filesystem::path& folder) {
  for (const char* name : {"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "README.md", "README", "README.txt"}) {
    try {
      Licence licence = licence_in(read_file(folder / name, kMaxFileBytes));
      if (!licence.name.empty()) return licence;
    } catch (const Error&) {
      continue;  // absent, too long or unreadable: it names nothing
    }
  }
  return {};
}

}  // namespace voxlate::translation
