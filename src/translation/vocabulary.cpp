#include "translation/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "base/utf8.h"
#include "translation/net/model_json.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::uint64_t kMostBytes = 16 << 20;
constexpr std::size_t kMostTokens = 1 << 20;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& text) {
  throw Error(ErrorCode::kCorrupt, repair_utf8(file.filename().string()) + ": " + text);
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  const std::string text = read_file(file, kMostBytes);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    if (lines.size() > kMostTokens) refuse(file, fmt::format("expected at most {} tokens", kMostTokens));
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string> listed_in(const std::filesystem::path& file) {
  const nlohmann::json json = read_model_json(file, kMostBytes);
  if (!json.is_array()) refuse(file, "expected a list of tokens, got " + std::string(json.type_name()));
  std::vector<std::string> tokens;
  tokens.reserve(json.size());
  for (const nlohmann::json& token : json) {
    if (!token.is_string())
      refuse(file, fmt::format("token {}: expected a text, got {}", tokens.size(), token.type_name()));
    tokens.push_back(token.get<std::string>());
  }
  return tokens;
}

/// `tokens[id] = token`
void place(std::vector<std::string>& tokens, const std::string& token, const nlohmann::json& id,
           const std::filesystem::path& file) {
  if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kMostTokens)
    refuse(file, fmt::format("\"{}\": expected a number below {}", repair_utf8(token), kMostTokens));
  const auto index = id.get<std::size_t>();
  if (index >= tokens.size()) tokens.resize(index + 1);
  tokens[index] = token;
}

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
  ids_.reserve(tokens_.size());
  for (std::size_t id = 0; id < tokens_.size(); ++id) ids_.emplace(tokens_[id], static_cast<int>(id));
}

std::optional<Vocabulary> Vocabulary::open(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path listed = folder / (name + ".json");
  if (std::filesystem::exists(listed)) return Vocabulary(listed_in(listed));
  const std::filesystem::path lines = folder / (name + ".txt");
  if (std::filesystem::exists(lines)) return Vocabulary(lines_of(lines));
  return std::nullopt;
}

Vocabulary Vocabulary::open_ids(const std::filesystem::path& file) {
  const nlohmann::json json = read_model_json(file, kMostBytes);
  if (!json.is_object()) refuse(file, "expected an object from token to number, got " + std::string(json.type_name()));
  std::vector<std::string> tokens;
  std::vector<bool> seen(json.size());
  for (const auto& [token, id] : json.items()) {
    place(tokens, token, id, file);
    const auto index = id.get<std::size_t>();
    if (index >= seen.size() || seen[index])
      refuse(file, fmt::format("\"{}\": expected a number below {} of its own", repair_utf8(token), seen.size()));
    seen[index] = true;
  }
  return Vocabulary(std::move(tokens));
}

Vocabulary Vocabulary::open_tokeniser(const std::filesystem::path& file) {
  constexpr std::uint64_t kMostTokeniserBytes = 64 << 20;
  const nlohmann::json json = read_model_json(file, kMostTokeniserBytes);
  const auto model = json.find("model");
  if (model == json.end() || !model->is_object() || !model->contains("vocab"))
    refuse(file, "expected model.vocab, the tokens with their numbers");
  std::vector<std::string> tokens;
  const nlohmann::json& listed = model->at("vocab");
  if (listed.is_object()) {
    for (const auto& [token, id] : listed.items()) place(tokens, token, id, file);
  } else {  // [[token, score], …]
    for (const nlohmann::json& entry : listed) {
      if (!entry.is_array() || entry.empty() || !entry.front().is_string())
        refuse(file, "model.vocab: expected tokens with scores");
      tokens.push_back(entry.front().get<std::string>());
    }
  }
  if (const auto added = json.find("added_tokens"); added != json.end()) {
    for (const nlohmann::json& entry : *added) {
      if (!entry.is_object() || !entry.contains("id") || !entry.contains("content") || !entry["content"].is_string())
        refuse(file, "added_tokens: expected objects with id and content");
      place(tokens, entry["content"].get<std::string>(), entry["id"], file);
    }
  }
  return Vocabulary(std::move(tokens));
}

std::optional<int> Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace voxlate::translation
