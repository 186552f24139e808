#include "translation/apertium_text.h"

#include <algorithm>

#include "base/utf8.h"

// The stream format, as far as unanalysed text goes:
//
//   message    = { character | escaped | superblank } NUL
//   escaped    = "\" any character
//   superblank = "[" { escaped | any character but "[" "]" "\" } "]"
//   character  = anything but the special ones: ^ $ / < > { } \ * @ # + ~ [ ]

namespace voxlate::translation {
namespace {

constexpr std::string_view kSpecial = "^$/<>{}\\*@#+~[]";
constexpr std::string_view kSentenceEnd = ".[]";
constexpr std::string_view kMessageEnd = "[]";
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/// All kinds of blanks as single spaces, none at the ends or beside a line break.
std::string collapse_blanks(std::string_view text) {
  std::string collapsed;
  collapsed.reserve(text.size());
  bool pending = false;
  while (!text.empty()) {
    const bool no_break_space = text.substr(0, kNoBreakSpace.size()) == kNoBreakSpace;
    const char c = text.front();
    text.remove_prefix(no_break_space ? kNoBreakSpace.size() : 1);
    if (no_break_space || is_blank(c)) {
      pending = true;
      continue;
    }
    if (c == '\0') continue;
    if (pending && !collapsed.empty() && collapsed.back() != '\n' && c != '\n') collapsed += ' ';
    pending = false;
    collapsed += c;
  }
  return collapsed;
}

/// Whether a token is an address that no dictionary should touch: "https://a.b/c", "www.a.b", "me@a.b".
bool is_address(std::string_view token) {
  const std::size_t at = token.find('@');
  const bool is_mail = at != std::string_view::npos && at > 0 && token.find('.', at) != std::string_view::npos;
  return is_mail || token.find("://") != std::string_view::npos || token.substr(0, 4) == "www.";
}

/// Bytes of the place holder `<x id="1"/>` at the front of `text`, 0 for anything else.
std::size_t place_holder_size(std::string_view text) {
  constexpr std::string_view kFront = "<x id=\"";
  constexpr std::string_view kBack = "\"/>";
  if (text.substr(0, kFront.size()) != kFront) return 0;
  const std::size_t back = std::min(text.find_first_not_of("0123456789", kFront.size()), text.size());
  return text.substr(back, kBack.size()) == kBack ? back + kBack.size() : 0;
}

/// Where the next blank, line break or place holder begins.
std::size_t token_size(std::string_view text) {
  std::size_t end = text.find_first_of(" \n<");
  while (end != std::string_view::npos && text[end] == '<' && place_holder_size(text.substr(end)) == 0)
    end = text.find_first_of(" \n<", end + 1);
  return std::min(end, text.size());
}

void append_superblank(std::string& stream, std::string_view text) {
  stream += '[';
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) stream += '\\';
    stream += c;
  }
  stream += ']';
}

void append_token(std::string& stream, std::string_view token) {
  if (is_address(token)) {
    const std::size_t end = token.find_last_not_of(".,;:!?)\"'") + 1;
    append_superblank(stream, token.substr(0, end));
    token.remove_prefix(end);
  }
  while (!token.empty()) {
    const std::size_t plain = std::min(token.find_first_of(kSpecial), token.size());
    stream += token.substr(0, plain);
    token.remove_prefix(plain);
    const std::size_t special = std::min(token.find_first_not_of(kSpecial), token.size());
    if (special > 0) append_superblank(stream, token.substr(0, special));
    token.remove_prefix(special);
  }
}

}  // namespace

std::string to_apertium_stream(std::string_view text) {
  const std::string repaired = collapse_blanks(repair_utf8(text));
  std::string_view rest = repaired;
  std::string stream;
  while (!rest.empty()) {
    const std::size_t end = token_size(rest);
    append_token(stream, rest.substr(0, end));
    rest.remove_prefix(end);
    if (rest.empty()) break;
    const std::size_t place_holder = place_holder_size(rest);
    if (place_holder > 0 || rest.front() == '\n') {
      append_superblank(stream, rest.substr(0, std::max<std::size_t>(place_holder, 1)));
    } else {
      stream += ' ';
    }
    rest.remove_prefix(std::max<std::size_t>(place_holder, 1));
  }
  stream += kSentenceEnd;
  return stream;
}

bool is_whole_answer(std::string_view stream) {
  return stream.size() >= kMessageEnd.size() && stream.substr(stream.size() - kMessageEnd.size()) == kMessageEnd;
}

std::string from_apertium_stream(std::string_view stream) {
  if (stream.size() >= kSentenceEnd.size() && stream.substr(stream.size() - kSentenceEnd.size()) == kSentenceEnd) {
    stream.remove_suffix(kSentenceEnd.size());
  }
  std::string text;
  text.reserve(stream.size());
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] == '[' || stream[i] == ']') continue;
    if (stream[i] == '\\' && i + 1 < stream.size()) ++i;
    text += stream[i];
  }
  return collapse_blanks(repair_utf8(text));
}

}  // namespace voxlate::translation
