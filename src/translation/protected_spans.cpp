#include "translation/protected_spans.h"

#include <algorithm>
#include <array>

#include "translation/characters.h"
#include "translation/text_layout.h"

// What is looked for, at the beginning of a word; the first that is there is taken:
//
//   address = letters "://" { u } | "www." { u } | { label "." } domain [ "/" { u } ]     without marks at its end
//   mail    = { a } "@" { label "." } letters
//   term    = any of the glossary
//   path    = ( "/" | "~/" | "./" | "../" | letter ":\" ) with another separator inside | { a } "." extension
//   name    = "@" word | "#" letter word
//   number  = [ "+" | "v" ] digits { separator digits } [ "%" | letters ]        with a separator or 7 digits
//   code    = groups of capitals and digits, parted by "-" or "_", with 3 digits and 5 characters
//   iban    = 2 capitals, 2 digits, groups of 4 with a blank between

namespace voxlate::translation {
namespace {

constexpr std::size_t kLongNumber = 7;
/// Top-level domains that are no words of the languages where a blank may be missing behind a full stop.
constexpr std::array kDomains = std::to_array<std::string_view>(
    {"com", "org", "net", "edu", "gov", "info", "io", "tv", "uk", "eu", "ru", "cn", "jp", "vn"});
constexpr std::array kExtensions = std::to_array<std::string_view>(
    {"aac", "ass",  "avi", "bat",  "bin", "c",   "conf", "cpp", "csv",  "css",  "dll",  "doc", "docx", "exe", "flac",
     "gif", "h",    "htm", "html", "ini", "iso", "jpeg", "jpg", "js",   "json", "log",  "m4a", "md",   "mkv", "mov",
     "mp3", "mp4",  "odt", "ogg",  "pdf", "php", "png",  "ppt", "pptx", "py",   "rs",   "rtf", "sh",   "sql", "srt",
     "svg", "toml", "ts",  "txt",  "vtt", "wav", "webm", "xls", "xlsx", "xml",  "yaml", "yml", "zip",  "7z",  "gz"});

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_ascii_letter(char c) { return is_capital(c) || (c >= 'a' && c <= 'z'); }
bool is_ascii_word(char c) { return is_ascii_digit(c) || is_ascii_letter(c) || c == '_' || c == '-'; }

template <typename Predicate>
std::size_t run(std::string_view text, Predicate belongs) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) - text.begin());
}

template <typename Predicate>
std::size_t run_of_characters(std::string_view text, Predicate belongs) {
  std::size_t size = 0;
  while (size < text.size()) {
    const Character character = first_character(text.substr(size));
    if (!belongs(character.code)) break;
    size += character.size;
  }
  return size;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// Whether a word goes on with `text`.
bool goes_on(std::string_view text) {
  const char32_t c = first_character(text).code;
  return is_letter_or_digit(c) && !is_of_unspaced_words(c);
}

std::size_t without_end_marks(std::string_view text, std::size_t size) {
  const auto is_mark = [](char c) { return std::string_view(".,;:!?)]'\"*").find(c) != std::string_view::npos; };
  while (size > 0 && is_mark(text[size - 1])) {
    const std::string_view inside = text.substr(0, size);
    if (text[size - 1] == ')' &&
        std::count(inside.begin(), inside.end(), '(') >= std::count(inside.begin(), inside.end(), ')'))
      break;
    --size;
  }
  return size;
}

bool is_of_address(char32_t c) {
  if (c < 0x80)
    return c > ' ' && c != 0x7F && std::string_view("<>\"`{}|\\^").find(static_cast<char>(c)) == std::string_view::npos;
  return is_letter_or_digit(c) && !is_of_unspaced_words(c);
}

std::size_t address_size(std::string_view text) {
  const std::size_t scheme = run(text, is_ascii_letter);
  const bool has_scheme = scheme > 0 && text.substr(scheme, 3) == "://";
  const std::size_t front = has_scheme ? scheme + 3 : lower(text.substr(0, 4)) == "www." ? 4 : 0;
  if (front > 0) {
    const std::size_t size = without_end_marks(text, run_of_characters(text, is_of_address));
    return size > front ? size : 0;
  }
  const std::size_t name = run(text, [](char c) { return is_ascii_word(c) || c == '.'; });
  const std::string_view host = text.substr(0, without_end_marks(text, name));
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.find("..") != std::string_view::npos) return 0;
  if (!contains(kDomains, host.substr(dot + 1)) || goes_on(text.substr(host.size()))) return 0;
  if (text.substr(host.size(), 1) != "/") return host.size();
  return without_end_marks(text, run_of_characters(text, is_of_address));
}

std::size_t mail_size(std::string_view text) {
  const std::size_t name = run(text, [](char c) { return is_ascii_word(c) || c == '.' || c == '+' || c == '%'; });
  if (name == 0 || text.substr(name, 1) != "@") return 0;
  const std::string_view behind = text.substr(name + 1);
  const std::size_t host = without_end_marks(behind, run(behind, [](char c) { return is_ascii_word(c) || c == '.'; }));
  const std::size_t dot = behind.substr(0, host).rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host - dot < 3) return 0;
  return name + 1 + host;
}

std::size_t path_size(std::string_view text) {
  const auto is_of_path = [](char32_t c) { return c == '\\' || is_of_address(c); };
  const std::size_t size = without_end_marks(text, run_of_characters(text, is_of_path));
  const std::string_view whole = text.substr(0, size);
  const bool is_drive =
      size > 3 && is_ascii_letter(text[0]) && (whole.substr(1, 2) == ":\\" || whole.substr(1, 2) == ":/");
  const bool is_relative = whole.substr(0, 2) == "~/" || whole.substr(0, 2) == "./" || whole.substr(0, 3) == "../";
  const bool is_absolute = whole.substr(0, 1) == "/" && whole.find('/', 1) != std::string_view::npos && size > 3;
  if (is_drive || is_absolute || (is_relative && size > 3)) return size;
  const std::size_t name = without_end_marks(text, run(text, [](char c) { return is_ascii_word(c) || c == '.'; }));
  const std::size_t dot = text.substr(0, name).rfind('.');
  if (dot == std::string_view::npos || dot == 0 || goes_on(text.substr(name))) return 0;
  return contains(kExtensions, lower(text.substr(dot + 1, name - dot - 1))) ? name : 0;
}

std::size_t name_size(std::string_view text) {
  if (text.front() != '@' && text.front() != '#') return 0;
  const std::string_view word = text.substr(1);
  const bool is_handle = text.front() == '@';
  const auto is_of_name = [&](char32_t c) {
    return c == '_' || (is_handle ? c < 0x80 && is_letter_or_digit(c) : is_letter_or_digit(c));
  };
  const std::size_t size = run_of_characters(word, is_of_name);
  const bool is_tag = !is_handle && is_letter(first_character(word).code);
  return size >= 2 && (is_handle || is_tag) ? size + 1 : 0;
}

bool is_number_separator(char32_t c) {
  return (c < 0x80 && c != 0 && std::string_view(".,:'/-").find(static_cast<char>(c)) != std::string_view::npos) ||
         c == 0x2019 || c == 0x2013 || c == 0x66B || c == 0x66C || c == 0xA0 || c == 0x202F || c == 0xFF1A ||
         c == 0xFF0E;
}

/// With `any`, numbers without separators too.
std::size_t number_size(std::string_view text, bool any) {
  std::size_t size = text.front() == '+' || text.front() == 'v' || text.front() == 'V' ? 1 : 0;
  std::size_t digits = 0;
  std::size_t separators = 0;
  while (size < text.size()) {
    const Character character = first_character(text.substr(size));
    const std::string_view behind = text.substr(size + character.size);
    const bool separates = digits > 0 && is_number_separator(character.code) && is_digit(first_character(behind).code);
    if (!separates && !is_digit(character.code)) break;
    separates ? ++separators : ++digits;
    size += character.size;
  }
  const bool is_long = digits >= kLongNumber || (digits > 0 && separators > 0);
  if (digits == 0 || (!is_long && !(any && is_digit(first_character(text).code)))) return 0;
  const std::size_t unit = run(text.substr(size), is_ascii_letter);
  if (unit > 0) return unit <= 3 && !goes_on(text.substr(size + unit)) ? size + unit : size;
  return text.substr(size, 1) == "%" ? size + 1 : size;
}

std::size_t iban_size(std::string_view text) {
  if (text.size() < 15 || !is_capital(text[0]) || !is_capital(text[1]) || !is_ascii_digit(text[2]) ||
      !is_ascii_digit(text[3]))
    return 0;
  const auto is_code = [](char c) { return is_capital(c) || is_ascii_digit(c); };
  std::size_t size = run(text, is_code);
  std::size_t groups = 1;
  while (size < text.size() && text[size] == ' ') {
    const std::size_t group = run(text.substr(size + 1), is_code);
    const bool has_digit = std::any_of(text.begin() + static_cast<std::ptrdiff_t>(size + 1),
                                       text.begin() + static_cast<std::ptrdiff_t>(size + 1 + group), is_ascii_digit);
    if (group == 0 || group > 4 || !has_digit) break;
    size += group + 1;
    ++groups;
    if (group < 4) break;
  }
  return groups >= 4 && !goes_on(text.substr(size)) ? size : 0;
}

std::size_t code_size(std::string_view text) {
  if (const std::size_t iban = iban_size(text); iban > 0) return iban;
  std::size_t size = run(text, [](char c) { return is_capital(c) || is_ascii_digit(c) || c == '-' || c == '_'; });
  while (size > 0 && (text[size - 1] == '-' || text[size - 1] == '_')) --size;
  const std::string_view code = text.substr(0, size);
  const bool has_capital = std::any_of(code.begin(), code.end(), is_capital);
  const bool ok = size >= 5 && has_capital && std::count_if(code.begin(), code.end(), is_ascii_digit) >= 3;
  return ok && !goes_on(text.substr(size)) ? size : 0;
}

/// Finds the spans of one sentence, from left to right.
class SpanFinder {
 public:
  SpanFinder(std::string_view text, std::span<const InlineTag> tags, const SpanRules& rules)
      : text_(text), tags_(tags), rules_(rules) {
    if (rules.glossary != nullptr && !rules.glossary->empty()) breaks_ = word_breaks(text);
  }

  std::vector<ProtectedSpan> find(std::size_t begin, std::size_t end) {
    std::size_t tag = 0;
    while (tag < tags_.size() && tags_[tag].begin < begin) ++tag;
    for (std::size_t offset = begin; offset < end;) {
      if (tag < tags_.size() && tags_[tag].begin == offset) {
        spans_.push_back(
            {.begin = offset, .size = tags_[tag].size, .target = text_of(offset, tags_[tag].size), .tag = tag});
        offset += tags_[tag++].size;
        continue;
      }
      const std::size_t limit = tag < tags_.size() ? std::min(end, tags_[tag].begin) : end;
      const std::size_t size = take(offset, limit);
      offset += size > 0 ? size : first_character(text_.substr(offset, limit - offset)).size;
    }
    return std::move(spans_);
  }

 private:
  std::string text_of(std::size_t offset, std::size_t size) const { return std::string(text_.substr(offset, size)); }

  /// Takes the span that begins at `offset` and ends at `limit` at the latest; returns its size.
  std::size_t take(std::size_t offset, std::size_t limit) {
    const std::string_view rest = text_.substr(offset, limit - offset);
    const char32_t before = last_character(text_.substr(0, offset)).code;
    const bool inside_word = is_letter_or_digit(before) && !is_of_unspaced_words(before) &&
                             (spans_.empty() || spans_.back().begin + spans_.back().size != offset);
    if (!inside_word) {
      if (const std::size_t size = std::max(address_size(rest), mail_size(rest)); size > 0)
        return add(offset, size, text_of(offset, size));
    }
    if (!breaks_.empty()) {
      const std::optional<Glossary::Match> match = rules_.glossary->find(text_.substr(0, limit), offset, breaks_);
      if (match) return add(offset, match->size, match->target);
    }
    if (inside_word) return 0;
    std::size_t size = std::max(path_size(rest), name_size(rest));
    if (size == 0) size = std::max(number_size(rest, rules_.plain_numbers), code_size(rest));
    return size > 0 ? add(offset, size, text_of(offset, size)) : 0;
  }

  std::size_t add(std::size_t offset, std::size_t size, std::string target) {
    if (!spans_.empty() && !spans_.back().tag && spans_.back().begin + spans_.back().size == offset) {
      spans_.back().size += size;
      spans_.back().target += target;
    } else {
      spans_.push_back({.begin = offset, .size = size, .target = std::move(target)});
    }
    return size;
  }

  const std::string_view text_;
  const std::span<const InlineTag> tags_;
  const SpanRules rules_;
  std::vector<bool> breaks_;  ///< only with a glossary
  std::vector<ProtectedSpan> spans_;
};

}  // namespace

std::vector<ProtectedSpan> protected_spans(std::string_view sentence, std::size_t begin, std::size_t end,
                                           std::span<const InlineTag> tags, const SpanRules& rules) {
  return SpanFinder(sentence, tags, rules).find(begin, end);
}

}  // namespace voxlate::translation
