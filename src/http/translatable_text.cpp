#include "http/translatable_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

// Of HTML as much is read as tells sentences from markup: tags, comments, character references of everyday texts. What
// breaks its rules is passed on as it is.

namespace voxlate::http {
namespace {

constexpr std::array kInline = std::to_array<std::string_view>(
    {"a",     "abbr", "b",      "bdi",    "bdo",  "big", "cite", "data", "del", "dfn",  "em",
     "font",  "i",    "ins",    "label",  "mark", "q",   "rb",   "rp",   "rt",  "ruby", "s",
     "small", "span", "strike", "strong", "sub",  "sup", "time", "tt",   "u"});
constexpr std::array kSingles = std::to_array<std::string_view>({"img", "wbr"});
constexpr std::array kNotText = std::to_array<std::string_view>(
    {"script", "style", "code", "pre", "kbd", "samp", "var", "textarea", "svg", "math"});
constexpr std::array kReferences = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&#39;", "'"},
    {"&apos;", "'"},
    {"&nbsp;", "\xC2\xA0"},
    {"&amp;", "&"},
});

bool contains(const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::size_t blanks_before(std::string_view text) { return std::min(text.find_first_not_of(" \t\r\n"), text.size()); }

std::size_t blanks_behind(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? text.size() : text.size() - last - 1;
}

// Length of a reference ("&eacute;", "&#233;") at the front; 0: there is none.
std::size_t reference_size(std::string_view text) {
  constexpr std::size_t kLongest = 12;
  if (!text.starts_with('&')) return 0;
  const std::size_t end =
      text.substr(0, kLongest).find_first_not_of("#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 1);
  return end != std::string_view::npos && end > 2 && text[end] == ';' ? end + 1 : 0;
}

// References that are not known stay, and what would be one after decoding.
std::string decoded(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const bool is_plain =
        text.front() != '&' || (text.starts_with("&amp;") && reference_size("&" + std::string(text.substr(5, 16))) > 0);
    const auto found = is_plain ? kReferences.end() : std::ranges::find_if(kReferences, [&](const auto& reference) {
      return text.starts_with(reference.first);
    });
    if (found == kReferences.end()) {
      result += text.front();
      text.remove_prefix(1);
    } else {
      result += found->second;
      text.remove_prefix(found->first.size());
    }
  }
  return result;
}

// What stands for the first character, and how many bytes that has.
std::pair<std::string, std::size_t> escaped_first(std::string_view text) {
  switch (text.front()) {
    case '<': return {"&lt;", 1};
    case '>': return {"&gt;", 1};
    case '&':
      if (const std::size_t size = reference_size(text); size > 0) return {std::string(text.substr(0, size)), size};
      return {"&amp;", 1};
    default: return {std::string(text.substr(0, 1)), 1};
  }
}

/// What a document begins with.
struct Token {
  enum class Kind : std::uint8_t { kText, kOpening, kClosing, kSingle, kBlock };
  Kind kind = Kind::kText;
  std::string name;
  std::string text;
};

std::size_t end_of_tag(std::string_view text) {
  if (text.starts_with("<!--")) {
    const auto end = text.find("-->");
    return end == std::string_view::npos ? text.size() : end + 3;
  }
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '>') {
      return i + 1;
    }
  }
  return text.size();
}

bool begins_tag(std::string_view text) {
  if (text.size() < 2 || text.front() != '<') return false;
  const char next = text[1];
  return next == '/' || next == '!' || next == '?' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
}

// An element that holds no text to translate, to its end.
std::size_t end_of_element(std::string_view text, std::string_view name) {
  const std::string lower = lower_case(text);
  const auto close = lower.find("</" + std::string(name));
  if (close == std::string::npos) return text.size();
  const auto end = lower.find('>', close);
  return end == std::string::npos ? text.size() : end + 1;
}

Token next_token(std::string_view text) {
  if (!begins_tag(text)) {
    std::size_t end = 1;
    while (end < text.size() && !begins_tag(text.substr(end))) ++end;
    return {.kind = Token::Kind::kText, .name = {}, .text = std::string(text.substr(0, end))};
  }
  const std::size_t end = end_of_tag(text);
  std::string_view inside = text.substr(1, end - 1);
  const bool closing = inside.starts_with('/');
  if (closing) inside.remove_prefix(1);
  const std::string name = lower_case(inside.substr(0, inside.find_first_of(" \t\r\n/>")));
  Token token{.kind = Token::Kind::kBlock, .name = name, .text = std::string(text.substr(0, end))};
  if (!closing && contains(kNotText, name)) {
    token.text = std::string(text.substr(0, end_of_element(text, name)));
    if (name == "code" || name == "kbd" || name == "samp" || name == "var") token.kind = Token::Kind::kSingle;
  } else if (contains(kSingles, name)) {
    token.kind = Token::Kind::kSingle;
  } else if (contains(kInline, name)) {
    token.kind = closing ? Token::Kind::kClosing : Token::Kind::kOpening;
  }
  return token;
}

}  // namespace

/// Collects the tokens of one sentence after the other.
class HtmlCutter {
 public:
  explicit HtmlCutter(TranslatableText& text) : text_(text) {}

  void take(Token token) {
    if (token.kind == Token::Kind::kBlock) {
      flush();
      text_.between_.back() += token.text;
    } else {
      tokens_.push_back(std::move(token));
    }
  }

  void flush() {
    const bool has_text = std::ranges::any_of(tokens_, [](const Token& token) {
      return token.kind == Token::Kind::kText && blanks_before(token.text) < token.text.size();
    });
    if (has_text)
      add_piece();
    else
      for (const Token& token : tokens_) text_.between_.back() += token.text;
    tokens_.clear();
  }

 private:
  void add_piece() {
    std::vector<std::string> shown(tokens_.size());
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.kind == Token::Kind::kText) {
        shown[i] = decoded(token.text);
        continue;
      }
      shown[i] = "<x id=\"" + std::to_string(text_.tags_.size()) + "\"/>";
      if (token.kind == Token::Kind::kOpening) open.push_back(i);
      if (token.kind == Token::Kind::kClosing) close(i, open, shown);
      text_.tags_.push_back({.opening = token.text, .closing = {}});
      numbers_.resize(tokens_.size());
      numbers_[i] = text_.tags_.size() - 1;
    }
    std::string piece;
    for (const std::string& part : shown) piece += part;
    const std::size_t before = blanks_before(piece);
    const std::size_t behind = blanks_behind(piece);
    text_.between_.back() += piece.substr(0, before);
    std::string rest = piece.substr(piece.size() - behind);
    text_.add(piece.substr(before, piece.size() - before - behind), std::move(rest));
  }

  // The closing tag `i` and the last open one of its name become a pair.
  void close(std::size_t i, std::vector<std::size_t>& open, std::vector<std::string>& shown) {
    const auto match = std::find_if(open.rbegin(), open.rend(),
                                    [&](std::size_t other) { return tokens_[other].name == tokens_[i].name; });
    if (match == open.rend()) return;
    const std::size_t opening = *match;
    shown[opening] = "<c." + std::to_string(numbers_[opening]) + ">";
    shown[i] = "</c>";
    text_.tags_[numbers_[opening]].closing = tokens_[i].text;
    open.erase(match.base() - 1, open.end());
  }

  TranslatableText& text_;
  std::vector<Token> tokens_;
  std::vector<std::size_t> numbers_;  ///< of the tag of each token
};

TranslatableText TranslatableText::plain(std::string_view text) {
  TranslatableText result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    const std::size_t before = blanks_before(line);
    result.between_.back() += line.substr(0, before);
    if (before < line.size()) {
      const std::size_t behind = blanks_behind(line);
      result.add(std::string(line.substr(before, line.size() - before - behind)),
                 std::string(line.substr(line.size() - behind)));
    }
    text.remove_prefix(end);
  }
  return result;
}

TranslatableText TranslatableText::html(std::string_view text) {
  TranslatableText result;
  result.is_html_ = true;
  HtmlCutter cutter(result);
  while (!text.empty()) {
    Token token = next_token(text);
    text.remove_prefix(token.text.size());
    cutter.take(std::move(token));
  }
  cutter.flush();
  return result;
}

void TranslatableText::add(std::string piece, std::string next_between) {
  pieces_.push_back(std::move(piece));
  between_.push_back(std::move(next_between));
}

std::string TranslatableText::with(std::span<const std::string> translations) const {
  std::string text = between_.front();
  for (std::size_t i = 0; i < pieces_.size(); ++i)
    text += (is_html_ ? html_of(translations[i]) : translations[i]) + between_[i + 1];
  return text;
}

/// The tags of the document for those that stand for them.
std::string TranslatableText::html_of(std::string_view translation) const {
  std::string result;
  std::vector<std::size_t> open;
  const auto number_behind = [&](std::string_view prefix) -> std::optional<std::size_t> {
    std::size_t number = 0;
    if (!translation.starts_with(prefix)) return std::nullopt;
    const std::string_view digits = translation.substr(prefix.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end != digits.data() + digits.size() && number < tags_.size() ? std::optional(number)
                                                                                                 : std::nullopt;
  };
  while (!translation.empty()) {
    const auto pair = number_behind("<c.");
    const auto single = number_behind("<x id=\"");
    if (pair || single) {
      result += tags_[pair ? *pair : *single].opening;
      if (pair) open.push_back(*pair);
      translation.remove_prefix(std::min(translation.find('>'), translation.size() - 1) + 1);
    } else if (translation.starts_with("</c>")) {
      if (!open.empty()) {
        result += tags_[open.back()].closing;
        open.pop_back();
      }
      translation.remove_prefix(4);
    } else {
      const auto [text, size] = escaped_first(translation);
      result += text;
      translation.remove_prefix(size);
    }
  }
  for (; !open.empty(); open.pop_back()) result += tags_[open.back()].closing;
  return result;
}

}  // namespace voxlate::http
