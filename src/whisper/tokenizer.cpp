#include "whisper/tokenizer.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <set>
#include <tuple>

#include "voxlate/error.h"
#include "whisper/languages.h"
#include "whisper/pre_tokenizer.h"

namespace voxlate::whisper {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

constexpr int kEnglishVocabulary = 51864;
constexpr int kEnglishOrdinary = 50256;
constexpr int kMultilingualOrdinary = 50257;
constexpr int kSpecialTokens = 8;  ///< besides languages and timestamps

struct Layout {
  std::int64_t n_ordinary;
  std::int64_t n_languages;
  bool is_multilingual;
};

Layout layout_of(std::size_t n_given, int n_vocab) {
  const auto n_languages = [&](std::int64_t n_ordinary) {
    return n_vocab - n_ordinary - kSpecialTokens - Tokenizer::kTimestamps;
  };
  if (n_vocab == kEnglishVocabulary) return {kEnglishOrdinary, n_languages(kEnglishOrdinary), false};
  if (n_vocab > kEnglishVocabulary) return {kMultilingualOrdinary, n_languages(kMultilingualOrdinary), true};
  const auto n_ordinary = static_cast<std::int64_t>(n_given);
  return {n_ordinary, n_languages(n_ordinary), n_languages(n_ordinary) > 1};
}

/// The byte that token `id`, below 256, stands for in both of OpenAI's vocabularies: the bytes that are visible
/// in Latin-1 come first.
char byte_of(int id) {
  constexpr int kAscii = '~' - '!' + 1;
  constexpr int kLatin = kAscii + 0xAC - 0xA1 + 1;
  constexpr int kVisible = kLatin + 0xFF - 0xAE + 1;
  constexpr int kControls = kVisible + '!';
  int byte = 0xAD;
  if (id < kAscii) {
    byte = '!' + id;
  } else if (id < kLatin) {
    byte = 0xA1 + id - kAscii;
  } else if (id < kVisible) {
    byte = 0xAE + id - kLatin;
  } else if (id < kControls) {
    byte = id - kVisible;
  } else if (id < 255) {
    byte = 0x7F + id - kControls;
  }
  return static_cast<char>(static_cast<unsigned char>(byte));
}

/// The first converter of whisper.cpp (October 2022) wrote bytes that are no UTF-8 of their own as U+FFFD. Which byte
/// a token was is known, so that every text can be encoded; of tokens of several bytes it is not.
void restore_single_bytes(std::vector<std::string>& ordinary) {
  for (int id = 0; id < 256; ++id) {
    std::string& token = ordinary[static_cast<std::size_t>(id)];
    if (token == kReplacement) token = byte_of(id);
  }
}

/// Byte pair encoding of one piece. The tokens so far form a list over the places where they begin; a queue holds
/// the neighbours that may merge, lowest rank first, then leftmost. An entry is stale when its span is not that of
/// two neighbours any more. Each merge takes one token away and adds at most two entries.
class PairMerger {
 public:
  explicit PairMerger(const std::unordered_map<std::string_view, int>& ids) : ids_(ids) {}

  void encode(std::string_view piece, std::vector<int>& tokens) {
    if (const auto whole = ids_.find(piece); whole != ids_.end()) {
      tokens.push_back(whole->second);
      return;
    }
    split_into_bytes(piece);
    while (!pairs_.empty()) {
      const Pair pair = pairs_.top();
      pairs_.pop();
      if (end_[pair.begin] != kMerged && pair_end(pair.begin) == pair.end) merge(pair);
    }
    for (std::uint32_t begin = 0; begin < piece.size(); begin = end_[begin]) {
      const auto token = ids_.find(piece.substr(begin, end_[begin] - begin));
      if (token != ids_.end()) tokens.push_back(token->second);
    }
  }

 private:
  static constexpr std::uint32_t kMerged = 0;  ///< as an end: no token begins here

  struct Pair {
    int rank;
    std::uint32_t begin;
    std::uint32_t end;

    bool operator>(const Pair& other) const { return std::tie(rank, begin) > std::tie(other.rank, other.begin); }
  };

  void split_into_bytes(std::string_view piece) {
    piece_ = piece;
    end_.resize(piece.size());
    previous_.resize(piece.size());
    for (std::uint32_t i = 0; i < piece.size(); ++i) {
      end_[i] = i + 1;
      previous_[i] = i - 1;
    }
    for (std::uint32_t i = 0; i < piece.size(); ++i) add_pair(i);
  }

  /// Where the token after the one at `begin` ends, or `kMerged` after the last token.
  std::uint32_t pair_end(std::uint32_t begin) const {
    return end_[begin] < piece_.size() ? end_[end_[begin]] : kMerged;
  }

  void add_pair(std::uint32_t begin) {
    const std::uint32_t end = pair_end(begin);
    if (end == kMerged || end - begin > Tokenizer::kMaxTokenBytes) return;
    const auto merged = ids_.find(piece_.substr(begin, end - begin));
    if (merged != ids_.end()) pairs_.push({merged->second, begin, end});
  }

  void merge(const Pair& pair) {
    end_[end_[pair.begin]] = kMerged;
    end_[pair.begin] = pair.end;
    if (pair.end < piece_.size()) previous_[pair.end] = pair.begin;
    add_pair(pair.begin);
    if (pair.begin > 0) add_pair(previous_[pair.begin]);
  }

  const std::unordered_map<std::string_view, int>& ids_;
  std::string_view piece_;
  std::vector<std::uint32_t> end_;       ///< of the token that begins here
  std::vector<std::uint32_t> previous_;  ///< where the token before it begins
  std::priority_queue<Pair, std::vector<Pair>, std::greater<>> pairs_;
};

constexpr std::array kNonSpeech = std::to_array<std::string_view>({
    "\"", "#",  "(",   ")",  "*",  "+",   "/",   ":",  ";",  "<",  "=",  "@",  "[",   "\\",  "]",  "^",   "_",
    "`",  "{",  "|",   "}",  "~",  "「",  "」",  "『", "』", ">",  "<<", ">>", "<<<", ">>>", "--", "---", "-(",
    "-[", "('", "(\"", "((", "))", "(((", ")))", "[[", "]]", "{{", "}}", "♪♪", "♪♪♪", " -",  " '",
});
constexpr std::array<std::string_view, 7> kNotes{"♩", "♪", "♫", "♬", "♭", "♮", "♯"};

}  // namespace

Tokenizer::Tokenizer(std::span<const std::string> ordinary, int n_vocab) {
  const Layout layout = layout_of(ordinary.size(), n_vocab);
  const auto n_ordinary = static_cast<std::size_t>(layout.n_ordinary);
  const auto max_languages = static_cast<std::int64_t>(languages().size());
  if (layout.n_languages < 0 || layout.n_languages > max_languages)
    throw Error(ErrorCode::kCorrupt,
                fmt::format("vocabulary of {} tokens, {} of them ordinary: expected 0 to {} languages, got {}", n_vocab,
                            n_ordinary, max_languages, layout.n_languages));
  if (ordinary.size() < n_ordinary)
    throw Error(ErrorCode::kCorrupt, fmt::format("vocabulary of {} tokens: expected {} ordinary ones, got {}", n_vocab,
                                                 n_ordinary, ordinary.size()));
  ordinary_.assign(ordinary.begin(), ordinary.begin() + static_cast<std::ptrdiff_t>(n_ordinary));
  if (n_vocab >= kEnglishVocabulary) restore_single_bytes(ordinary_);
  ids_.reserve(n_ordinary);
  for (std::size_t id = 0; id < n_ordinary; ++id) {
    if (ordinary_[id].size() > kMaxTokenBytes)
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("token {}: expected at most {} bytes, got {}", id, kMaxTokenBytes, ordinary_[id].size()));
    if (!ordinary_[id].empty()) ids_.emplace(ordinary_[id], static_cast<int>(id));
  }
  eot_ = static_cast<int>(n_ordinary);
  n_languages_ = static_cast<int>(layout.n_languages);
  is_multilingual_ = layout.is_multilingual;
}

std::vector<int> Tokenizer::encode(std::string_view text) const {
  if (text.size() > kMaxTextBytes)
    throw Error(ErrorCode::kTooLarge,
                fmt::format("text to encode: expected at most {} bytes, got {}", kMaxTextBytes, text.size()));
  std::vector<int> tokens;
  PairMerger merger(ids_);
  while (!text.empty()) {
    const std::string_view piece = next_piece(text);
    merger.encode(piece, tokens);
    text.remove_prefix(piece.size());
  }
  return tokens;
}

std::string Tokenizer::decode(std::span<const int> tokens) const {
  std::string bytes;
  for (const int token : tokens) bytes += token_bytes(token);
  std::string text;
  text.reserve(bytes.size());
  std::size_t end = 0;
  while (end < bytes.size()) {
    const std::size_t begin = end;
    UChar32 c = 0;
    U8_NEXT(bytes.data(), end, bytes.size(), c);
    if (c < 0) {
      text += kReplacement;
    } else {
      text.append(bytes, begin, end - begin);
    }
  }
  return text;
}

std::string_view Tokenizer::token_bytes(int token) const {
  if (token < 0 || token >= eot_) return {};
  return ordinary_[static_cast<std::size_t>(token)];
}

int Tokenizer::language_token(int language) const {
  if (language < 0 || language >= n_languages_)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("language {}: expected one of the {} that the model knows", language, n_languages_));
  return sot() + 1 + language;
}

std::optional<int> Tokenizer::language_of(int token) const {
  const int language = token - sot() - 1;
  if (language < 0 || language >= n_languages_) return std::nullopt;
  return language;
}

std::vector<int> Tokenizer::non_speech_tokens() const {
  std::set<int> found;
  const auto add = [&](const std::string& text) {
    const std::vector<int> tokens = encode(text);
    if (tokens.size() == 1 && token_bytes(tokens.front()) == text) found.insert(tokens.front());
  };
  for (const std::string_view text : kNonSpeech) {
    add(std::string(text));
    if (text.front() != ' ') add(" " + std::string(text));
  }
  // A note may take several tokens. The first is enough when it holds the two bytes that U+2640 to U+267F share:
  // nothing that is spoken begins with them.
  for (const std::string_view note : kNotes) {
    for (const std::string& text : {std::string(note), " " + std::string(note)}) {
      const std::vector<int> tokens = encode(text);
      const std::size_t shared_bytes = text.size() - 1;
      if (!tokens.empty() && token_bytes(tokens.front()).size() >= shared_bytes) found.insert(tokens.front());
    }
  }
  return {found.begin(), found.end()};
}

std::vector<int> Tokenizer::suppressed_special_tokens() const {
  return {sot(), translate(), transcribe(), start_of_lm(), start_of_previous(), no_speech()};
}

std::vector<int> Tokenizer::blank_tokens() const {
  std::vector<int> tokens = encode(" ");
  tokens.push_back(eot());
  return tokens;
}

}  // namespace voxlate::whisper
