#include "translation/inline_tags.h"

#include <algorithm>
#include <array>

#include "translation/characters.h"

// The tags, as far as they are read here:
//
//   tag       = "<" [ "/" ] name { any but "<" ">" LF } ">" | "<" time ">" | "{\" { any but "{" "}" LF } "}"
//   name      = "b" | "i" | …, in any case, followed by a blank, ".", "/" or ">"
//   time      = { digit | ":" | "." }, with at least one ":"

namespace voxlate::translation {
namespace {

constexpr std::size_t kLongestTag = 300;
constexpr std::array kPairs = std::to_array<std::string_view>(
    {"b", "i", "u", "s", "c", "v", "em", "strong", "font", "lang", "ruby", "rt", "span"});
constexpr std::array kSingles = std::to_array<std::string_view>({"br", "x"});

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_time(std::string_view inside) {
  return inside.find(':') != std::string_view::npos &&
         inside.find_first_not_of("0123456789:.") == std::string_view::npos;
}

/// The tag at the front of `text`, which begins with "<" or "{".
std::optional<InlineTag> read_tag(std::string_view text) {
  const bool is_angled = text.front() == '<';
  const std::size_t close = text.substr(0, kLongestTag).find_first_of(is_angled ? "<>\n" : "{}\n", 1);
  if (close == std::string_view::npos || text[close] != (is_angled ? '>' : '}')) return std::nullopt;
  std::string_view inside = text.substr(1, close - 1);
  InlineTag tag{.begin = 0, .size = close + 1, .kind = InlineTag::Kind::kSingle, .name = {}};
  if (!is_angled) return !inside.empty() && inside.front() == '\\' ? std::optional(tag) : std::nullopt;
  if (is_time(inside)) return tag;
  const bool is_closing = !inside.empty() && inside.front() == '/';
  if (is_closing) inside.remove_prefix(1);
  std::string name(inside.substr(0, inside.find_first_of(" .\t/")));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (contains(kSingles, name)) return tag;
  if (!contains(kPairs, name)) return std::nullopt;
  const bool is_empty = !is_closing && !inside.empty() && inside.back() == '/';
  if (is_empty) return tag;
  tag.kind = is_closing ? InlineTag::Kind::kClosing : InlineTag::Kind::kOpening;
  tag.name = std::move(name);
  return tag;
}

void find_partners(std::vector<InlineTag>& tags) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i].kind == InlineTag::Kind::kOpening) open.push_back(i);
    if (tags[i].kind != InlineTag::Kind::kClosing) continue;
    const auto match = std::find_if(open.rbegin(), open.rend(),
                                    [&](std::size_t opening) { return tags[opening].name == tags[i].name; });
    if (match == open.rend()) continue;
    tags[i].partner = *match;
    tags[*match].partner = i;
    open.erase(match.base() - 1, open.end());
  }
}

}  // namespace

std::vector<InlineTag> inline_tags(std::string_view text) {
  std::vector<InlineTag> tags;
  std::size_t offset = text.find_first_of("<{");
  while (offset != std::string_view::npos) {
    std::optional<InlineTag> tag = read_tag(text.substr(offset));
    const std::size_t size = tag ? tag->size : 1;
    if (tag) {
      tag->begin = offset;
      tags.push_back(std::move(*tag));
    }
    offset = text.find_first_of("<{", offset + size);
  }
  find_partners(tags);
  return tags;
}

TaggedText take_tags(std::string_view text) {
  TaggedText taken;
  std::size_t begin = 0;
  for (const InlineTag& tag : inline_tags(text)) {
    taken.plain += text.substr(begin, tag.begin - begin);
    taken.tags.push_back({.offset = taken.plain.size(), .text = std::string(text.substr(tag.begin, tag.size))});
    begin = tag.begin + tag.size;
  }
  taken.plain += text.substr(begin);
  return taken;
}

std::string without_tags(std::string_view text) { return take_tags(text).plain; }

void balance_tags(std::vector<std::string>& parts) {
  std::string whole;
  std::vector<std::size_t> ends;
  for (const std::string& part : parts) {
    whole += part;
    whole += '\n';  // no tag goes over it
    ends.push_back(whole.size());
  }
  const std::vector<InlineTag> tags = inline_tags(whole);
  for (auto i = tags.rbegin(); i != tags.rend(); ++i) {  // from inside
    const InlineTag& tag = *i;
    if (tag.kind != InlineTag::Kind::kOpening || !tag.partner) continue;
    const InlineTag& closing = tags[*tag.partner];
    const auto part_of = [&](const InlineTag& one) {
      return static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), one.begin) - ends.begin());
    };
    const std::string opening_text = whole.substr(tag.begin, tag.size);
    const std::string closing_text = whole.substr(closing.begin, closing.size);
    const std::size_t last = part_of(closing);
    for (std::size_t part = part_of(tag); part < last; ++part) {
      parts[part] += closing_text;
      parts[part + 1].insert(0, opening_text);
    }
  }
}

}  // namespace voxlate::translation
