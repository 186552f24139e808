#include "translation/byte_pair_encoding.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/file.h"
#include "base/utf8.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::uint64_t kMostBytes = 16 << 20;
constexpr std::size_t kMostMerges = 200'000;
constexpr std::size_t kMostCharacters = 256;
constexpr std::string_view kEndOfWord = "</w>";
constexpr std::string_view kGoesOn = "@@";
constexpr std::string_view kVersion = "#version:";
constexpr int kUnknown = -1;
constexpr int kNever = std::numeric_limits<int>::max();

std::uint64_t key_of(int left, int right) {
  return static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint32_t>(right);
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = "\r\n ";
  const std::size_t begin = line.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kBlanks) + 1 - begin);
}

/// Reads a file by lines; errors say which one.
class Lines {
 public:
  Lines(std::string_view text, std::string_view name) : rest_(text), name_(name) {
    while (!rest_.empty() && (rest_.back() == '\n' || rest_.back() == '\r')) rest_.remove_suffix(1);
  }

  bool at_end() const { return rest_.empty(); }

  std::string_view peek() const { return trimmed(rest_.substr(0, rest_.find('\n'))); }

  std::string_view next() {
    const std::string_view line = peek();
    const std::size_t end = rest_.find('\n');
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (!is_utf8(line)) refuse(ErrorCode::kCorrupt, "expected UTF-8");
    return line;
  }

  /// Of the line that was read last.
  [[noreturn]] void refuse(ErrorCode code, std::string_view text) const {
    throw Error(code, fmt::format("{}: line {}: {}", name_, number_, text));
  }

 private:
  std::string_view rest_;
  std::string_view name_;
  std::size_t number_ = 0;
};

/// The first bytes of a line, for an error.
std::string shown(std::string_view line) {
  constexpr std::size_t kMostShown = 60;
  return std::string(truncate_utf8(line, kMostShown));
}

/// `text` from `begin` on, at most `most` characters of it. Returns where they end.
std::size_t end_of_characters(std::string_view text, std::size_t begin, std::size_t most) {
  auto offset = static_cast<std::int32_t>(begin);
  const auto size = static_cast<std::int32_t>(text.size());
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::size_t count = 0; count < most && offset < size; ++count) U8_FWD_1(bytes, offset, size);
  return static_cast<std::size_t>(offset);
}

}  // namespace

BytePairEncoding BytePairEncoding::open(const std::filesystem::path& codes) {
  return parse(read_file(codes, kMostBytes), repair_utf8(codes.filename().string()));
}

BytePairEncoding BytePairEncoding::parse(std::string_view codes, std::string_view name) {
  BytePairEncoding encoding;
  encoding.end_is_apart_ = true;
  Lines lines(codes, name);
  if (!lines.at_end() && lines.peek().starts_with(kVersion)) {
    const std::string_view version = trimmed(lines.next().substr(kVersion.size()));
    if (version != "0.1" && version != "0.2")
      lines.refuse(ErrorCode::kUnsupported, fmt::format("expected version 0.1 or 0.2, got \"{}\"", shown(version)));
    encoding.end_is_apart_ = version == "0.1";
  }
  for (std::size_t count = 0; !lines.at_end(); ++count) {
    const std::string_view line = lines.next();
    if (count == kMostMerges) lines.refuse(ErrorCode::kCorrupt, fmt::format("expected at most {} merges", kMostMerges));
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos)
      lines.refuse(ErrorCode::kCorrupt,
                   fmt::format("expected two pieces with a space between, got \"{}\"", shown(line)));
    encoding.add_merge(line.substr(0, blank), line.substr(blank + 1));
  }
  if (encoding.merges_.empty()) throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected merges, got none", name));
  return encoding;
}

void BytePairEncoding::add_merge(std::string_view left, std::string_view right) {
  const int left_id = add_symbol(std::string(left));
  const int right_id = add_symbol(std::string(right));
  const int merged = add_symbol(std::string(left).append(right));
  // Of a pair that is listed twice the first one counts.
  merges_.try_emplace(key_of(left_id, right_id), Merge{.rank = static_cast<int>(merges_.size()), .merged = merged});
}

int BytePairEncoding::add_symbol(std::string text) {
  return symbols_.try_emplace(std::move(text), static_cast<int>(symbols_.size())).first->second;
}

int BytePairEncoding::symbol_of(const std::string& text) const {
  const auto found = symbols_.find(text);
  return found == symbols_.end() ? kUnknown : found->second;
}

std::optional<BytePairEncoding::Merge> BytePairEncoding::merge_of(const Symbol& left, const Symbol& right) const {
  if (left.id == kUnknown || right.id == kUnknown) return std::nullopt;
  const auto found = merges_.find(key_of(left.id, right.id));
  if (found == merges_.end()) return std::nullopt;
  return found->second;
}

/// The characters of a word. In version 0.1 one that is empty ends it.
std::vector<BytePairEncoding::Symbol> BytePairEncoding::symbols_of(std::string_view word, bool ends_word) const {
  std::vector<Symbol> symbols;
  for (std::size_t begin = 0; begin < word.size();) {
    const std::size_t end = end_of_characters(word, begin, 1);
    const std::string_view character = word.substr(begin, end - begin);
    const bool carries_end = ends_word && !end_is_apart_ && end == word.size();
    const std::string text = std::string(character).append(carries_end ? kEndOfWord : "");
    symbols.push_back({.text = character, .id = symbol_of(text)});
    begin = end;
  }
  if (ends_word && end_is_apart_)
    symbols.push_back({.text = word.substr(word.size()), .id = symbol_of(std::string(kEndOfWord))});
  return symbols;
}

void BytePairEncoding::merge(std::vector<Symbol>& symbols) const {
  const auto rank_at = [&](std::size_t i) {
    if (i + 1 >= symbols.size()) return kNever;
    const std::optional<Merge> merge = merge_of(symbols[i], symbols[i + 1]);
    return merge ? merge->rank : kNever;
  };
  std::vector<int> ranks;  // of each symbol with the next one
  for (std::size_t i = 0; i < symbols.size(); ++i) ranks.push_back(rank_at(i));
  for (int best = *std::min_element(ranks.begin(), ranks.end()); best != kNever;
       best = *std::min_element(ranks.begin(), ranks.end())) {
    std::size_t kept = 0;  // symbols [0, kept) are done; a pair never overlaps the one before it: x x x is xx x
    std::vector<std::size_t> merged;
    for (std::size_t i = 0; i < symbols.size(); ++kept) {
      const bool pairs = ranks[i] == best;
      Symbol symbol = symbols[i];
      if (pairs) {
        const Symbol& right = symbols[i + 1];
        symbol.id = merge_of(symbol, right)->merged;
        symbol.text = {symbol.text.data(), symbol.text.size() + right.text.size()};
        merged.push_back(kept);
      }
      const std::size_t last = pairs ? i + 1 : i;
      ranks[kept] = ranks[last];
      symbols[kept] = symbol;
      i = last + 1;
    }
    symbols.resize(kept);
    ranks.resize(kept);
    for (const std::size_t i : merged) {
      ranks[i] = rank_at(i);
      if (i > 0) ranks[i - 1] = rank_at(i - 1);
    }
  }
}

std::vector<std::string> BytePairEncoding::split(std::string_view word) const {
  std::vector<std::string> pieces;
  for (std::size_t begin = 0; begin < word.size();) {
    const std::size_t end = end_of_characters(word, begin, kMostCharacters);
    std::vector<Symbol> symbols = symbols_of(word.substr(begin, end - begin), /*ends_word=*/end == word.size());
    merge(symbols);
    for (const Symbol& symbol : symbols) {
      if (!symbol.text.empty()) pieces.push_back(std::string(symbol.text).append(kGoesOn));
    }
    begin = end;
  }
  if (!pieces.empty()) pieces.back().resize(pieces.back().size() - kGoesOn.size());
  return pieces;
}

std::vector<std::string> BytePairEncoding::join(std::span<const std::string> pieces) {
  std::vector<std::string> words;
  bool goes_on = false;
  for (std::string_view piece : pieces) {
    if (!goes_on) words.emplace_back();
    goes_on = piece.ends_with(kGoesOn);
    if (goes_on) piece.remove_suffix(kGoesOn.size());
    words.back() += piece;
  }
  std::erase(words, "");
  return words;
}

}  // namespace voxlate::translation
