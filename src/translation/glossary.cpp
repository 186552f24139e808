#include "translation/glossary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"
#include "translation/characters.h"
#include "translation/text_layout.h"
#include "voxlate/error.h"

// The lines of a glossary:
//
//   glossary = { line LF }
//   line     = "" | "#" comment | term | term "=" translation
//
// A term that begins with "#" or holds "=" can only be said in JSON.

namespace voxlate::translation {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::kInvalidInput, "glossary: " + what); }

void check_side(std::string_view side, std::string_view name, const GlossaryLimits& limits) {
  if (side.empty()) refuse(fmt::format("expected a {} that is not empty", name));
  if (side.size() > limits.max_term_bytes) {
    refuse(fmt::format("expected a {} of at most {} bytes, got {}: \"{}\"…", name, limits.max_term_bytes, side.size(),
                       repair_utf8(truncate_utf8(side, 40))));
  }
  if (!is_utf8(side)) refuse(fmt::format("expected a {} in UTF-8, got \"{}\"", name, repair_utf8(side)));
  const auto is_control = [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(side.begin(), side.end(), is_control))
    refuse(fmt::format("expected a {} without control characters", name));
}

bool has_upper_letter(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (is_upper_letter(character.code)) return true;
    text.remove_prefix(character.size);
  }
  return false;
}

/// Bytes at the front of `text` that are `term`, in any case where the term is in lower case; 0 for none.
std::size_t matched_size(std::string_view text, std::string_view term) {
  const bool exact = has_upper_letter(term);
  if (exact) return text.substr(0, term.size()) == term ? term.size() : 0;
  std::size_t size = 0;
  while (!term.empty()) {
    const Character wanted = first_character(term);
    const Character got = first_character(text.substr(size));
    if (got.size == 0 || folded(got.code) != folded(wanted.code)) return 0;
    term.remove_prefix(wanted.size);
    size += got.size;
  }
  return size;
}

}  // namespace

Glossary::Glossary(std::vector<Term> terms, const GlossaryLimits& limits) {
  if (terms.size() > limits.max_terms)
    refuse(fmt::format("expected at most {} terms, got {}", limits.max_terms, terms.size()));
  std::unordered_map<std::string, std::size_t> known;
  for (Term& term : terms) {
    check_side(term.source, "term", limits);
    check_side(term.target, "translation", limits);
    const auto [place, is_new] = known.emplace(term.source, terms_.size());
    if (is_new) {
      terms_.push_back(std::move(term));
    } else {
      terms_[place->second].target = std::move(term.target);
    }
  }
  for (std::size_t i = 0; i < terms_.size(); ++i)
    by_first_[folded(first_character(terms_[i].source).code)].push_back(i);
  for (auto& [first, indices] : by_first_) {
    std::stable_sort(indices.begin(), indices.end(), [this](std::size_t a, std::size_t b) {
      return terms_[a].source.size() > terms_[b].source.size();
    });
  }
}

std::optional<Glossary::Match> Glossary::find(std::string_view text, std::size_t offset,
                                              const std::vector<bool>& is_word_break) const {
  const std::string_view rest = text.substr(offset);
  if (rest.empty() || terms_.empty()) return std::nullopt;
  const Character first = first_character(rest);
  const auto candidates = by_first_.find(folded(first.code));
  if (candidates == by_first_.end()) return std::nullopt;
  if (!is_word_break[offset] && !is_of_unspaced_words(first.code)) return std::nullopt;
  for (const std::size_t index : candidates->second) {
    const Term& term = terms_[index];
    const std::size_t size = matched_size(rest, term.source);
    if (size == 0) continue;
    if (!is_word_break[offset + size] && !is_of_unspaced_words(last_character(term.source).code)) continue;
    const bool is_kept = term.target == term.source;
    const bool is_capitalised = is_upper_letter(first.code) && !is_upper_letter(first_character(term.source).code);
    std::string target = is_kept ? std::string(rest.substr(0, size)) : term.target;
    return Match{.size = size, .target = is_capitalised ? capitalised(target) : std::move(target)};
  }
  return std::nullopt;
}

Glossary parse_glossary_lines(std::string_view text, const GlossaryLimits& limits) {
  std::vector<Term> terms;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string_view source = trimmed(line.substr(0, equals));
    const std::string_view target = equals == std::string_view::npos ? source : trimmed(line.substr(equals + 1));
    if (source.empty() || target.empty())
      refuse(fmt::format("line {}: expected \"term=translation\" or \"term\", got \"{}\"", number,
                         repair_utf8(truncate_utf8(line, 80))));
    terms.push_back({.source = std::string(source), .target = std::string(target)});
    if (terms.size() > limits.max_terms)
      refuse(fmt::format("line {}: expected at most {} terms", number, limits.max_terms));
  }
  return Glossary(std::move(terms), limits);
}

Glossary parse_glossary_json(std::string_view json, const GlossaryLimits& limits) {
  constexpr int kMaxDepth = 1;
  const auto refuse_depth = [](int depth, nlohmann::json::parse_event_t /*event*/, nlohmann::json& /*parsed*/) {
    if (depth > kMaxDepth) refuse("expected an object of strings, got one with objects or arrays inside");
    return true;
  };
  nlohmann::json parsed;
  try {
    parsed = nlohmann::json::parse(json, refuse_depth);
  } catch (const nlohmann::json::exception& error) {
    refuse(std::string("expected JSON: ") + error.what());
  }
  if (!parsed.is_object()) refuse(fmt::format("expected an object of strings, got {}", parsed.type_name()));
  std::vector<Term> terms;
  for (const auto& [name, value] : parsed.items()) {
    if (!value.is_string() && !value.is_null())
      refuse(fmt::format("expected a string or null for \"{}\", got {}", name, value.type_name()));
    const std::string_view source = trimmed(name);
    const std::string written = value.is_string() ? value.get<std::string>() : std::string();
    const std::string_view target = trimmed(written);
    terms.push_back({.source = std::string(source), .target = std::string(target.empty() ? source : target)});
  }
  return Glossary(std::move(terms), limits);
}

}  // namespace voxlate::translation
