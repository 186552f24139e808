#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/models/zip_writer.h"

namespace voxlate::models {

/// The codes that the tests use.
inline std::optional<std::string> tag_of_code(std::string_view code) {
  if (code == "zt") return "zh-Hant";
  if (code == "pb") return "pt-BR";
  return code.size() == 2 ? std::optional(std::string(code)) : std::nullopt;
}

/// An entry of an index, as Argos writes it.
struct IndexEntry {
  std::string id;
  std::string version = "1.0";
  std::string from = "en";
  std::string to = "es";
  std::string link;
  std::string more{};  ///< further members, with a comma before them
};

inline std::string index_of(const std::vector<IndexEntry>& entries) {
  std::string json;
  for (const IndexEntry& entry : entries) {
    json += std::string(json.empty() ? "[" : ",") + R"({"type": "translate", "code": ")" + entry.id +
            R"(", "package_version": ")" + entry.version + R"(", "from_code": ")" + entry.from + R"(", "to_code": ")" +
            entry.to + R"(", "links": [")" + entry.link + R"("])" + entry.more + "}";
  }
  return json + "]";
}

/// An archive as Argos packs it; what `model` holds is all that the tests' inspection looks at.
inline std::string package_zip(const std::string& folder, const std::string& model) {
  return zip_of({{.name = folder + "/", .mode = 040755},
                 {.name = folder + "/metadata.json", .content = "{}"},
                 {.name = folder + "/model/model.bin", .content = model, .deflate = false},
                 {.name = folder + "/stanza/en.pt", .content = "a pickle"}});
}

}  // namespace voxlate::models
