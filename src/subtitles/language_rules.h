#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace voxlate::subtitles {

/// The language of a BCP 47 tag in lower case: "pt-BR" is "pt".
std::string primary_language(std::string_view tag);

/// Which small words of a language belong to which neighbour. Words are in lower case, without punctuation.
struct LanguageRules {
  using Words = std::unordered_set<std::string>;

  Words leans_forward;         ///< never last on a line: articles, prepositions, determiners
  Words leans_forward_weakly;  ///< better not last: subject pronouns, auxiliaries, negations
  Words leans_back;            ///< never first on a line: particles, suffixes
  Words opens_clause;          ///< good first on a line: conjunctions, relative pronouns
  Words abbreviations;         ///< a full stop after one of these ends no sentence
};

/// The rules of a primary language; empty sets for a language without a table. Lives as long as the program.
const LanguageRules& language_rules(std::string_view primary);

/// Whether the primary language writes "15." for "fifteenth".
bool writes_ordinals_with_point(std::string_view primary);

}  // namespace voxlate::subtitles
