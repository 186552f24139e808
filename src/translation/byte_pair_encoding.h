#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace voxlate::translation {

/// Cuts words into the pieces of a list of merges (Sennrich, Haddow, Birch 2016, as subword-nmt writes it). A word is
/// its characters at first; the pair of neighbours that is listed first becomes one piece, everywhere in the word,
/// until no pair is listed. Pieces that are not the last of their word end with "@@". Immutable, thread-safe.
///
///   file:  [ "#version: " ( "0.1" | "0.2" ) line ] { piece " " piece line }      "</w>": the end of a word
///
/// Without the first line a file is of version 0.1, in which "</w>" is a piece of its own until it is merged; since
/// version 0.2 it belongs to the last character.
class BytePairEncoding {
 public:
  /// Of at most 16 MiB and 200 000 merges. Throws `kNotFound`, `kTooLarge`, `kUnsupported` (another version) and
  /// `kCorrupt` with the number of the line.
  static BytePairEncoding open(const std::filesystem::path& codes);

  /// `name` is what errors call the file.
  static BytePairEncoding parse(std::string_view codes, std::string_view name);

  /// The pieces of a word without blanks. What is longer than 256 characters is no word: it is cut in stretches of
  /// that length, so that a hostile text takes linear time.
  std::vector<std::string> split(std::string_view word) const;

  /// The words of pieces.
  static std::vector<std::string> join(std::span<const std::string> pieces);

 private:
  struct Merge {
    int rank = 0;
    int merged = 0;  // the symbol that the pair becomes
  };
  struct Symbol {
    std::string_view text;  // of the word, without "</w>"
    int id = 0;             // kUnknown: in no merge
  };

  BytePairEncoding() = default;
  void add_merge(std::string_view left, std::string_view right);
  int add_symbol(std::string text);
  int symbol_of(const std::string& text) const;
  std::optional<Merge> merge_of(const Symbol& left, const Symbol& right) const;
  std::vector<Symbol> symbols_of(std::string_view word, bool ends_word) const;
  void merge(std::vector<Symbol>& symbols) const;

  bool end_is_apart_ = false;  // version 0.1
  std::unordered_map<std::string, int> symbols_;
  std::unordered_map<std::uint64_t, Merge> merges_;  // by the ids of the pair
};

}  // namespace voxlate::translation
