#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace voxlate::translation {

/// The tokens of a network in the order of their ids. Immutable.
class Vocabulary {
 public:
  /// Where a token is listed twice the first one counts.
  explicit Vocabulary(std::vector<std::string> tokens);
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  /// `shared_vocabulary`, `source_vocabulary` …, as CTranslate2 lists them: `<name>.json`, a list of texts, or
  /// `<name>.txt`, a line each. Nothing when there is neither. Throws `kCorrupt`, `kTooLarge` (above 16 MiB).
  static std::optional<Vocabulary> open(const std::filesystem::path& folder, const std::string& name);

  /// A `vocab.json` of Hugging Face's models: an object from token to id, of all ids from 0 on, each once.
  static Vocabulary open_ids(const std::filesystem::path& file);

  /// Their `tokenizer.json`: the ids of its model and those that were added. Ids without a token have an empty one.
  static Vocabulary open_tokeniser(const std::filesystem::path& file);

  int size() const { return static_cast<int>(tokens_.size()); }
  const std::string& token(int id) const { return tokens_[static_cast<std::size_t>(id)]; }
  std::optional<int> find(std::string_view token) const;
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  std::vector<std::string> tokens_;
  std::unordered_map<std::string_view, int> ids_;  // of the texts in `tokens_`, which therefore is moved only
};

}  // namespace voxlate::translation
