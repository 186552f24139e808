#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace voxlate::translation {

/// A term of a job: what stands for it in every translation. Without a translation of its own it stays as it is.
struct Term {
  std::string source;
  std::string target;  ///< equal to `source` for one that is not translated

  bool operator==(const Term&) const = default;
};

struct GlossaryLimits {
  std::size_t max_terms = 1000;
  std::size_t max_term_bytes = 200;  ///< each side
};

/// The terms of a job. A term in lower case is found in any case, and what stands for it is capitalised where it was;
/// one with a capital is found only as it is written. Found are whole words, as Unicode breaks them (a term whose end
/// is of a script without spaces is found anywhere), the longest term first. A value; thread-safe.
class Glossary {
 public:
  Glossary() = default;

  /// Later terms with the same source replace earlier ones. Throws `kInvalidInput` for too many terms, too long or
  /// empty ones, and what is no UTF-8 or has control characters.
  explicit Glossary(std::vector<Term> terms, const GlossaryLimits& limits = {});

  struct Match {
    std::size_t size = 0;  ///< bytes of the text
    std::string target;
  };

  /// The longest term that begins at `offset`. `is_word_break[i]` tells whether words may begin or end at byte i, for
  /// i up to and including `text.size()`; see `word_breaks` of text_layout.h.
  std::optional<Match> find(std::string_view text, std::size_t offset, const std::vector<bool>& is_word_break) const;

  const std::vector<Term>& terms() const { return terms_; }
  bool empty() const { return terms_.empty(); }

 private:
  std::vector<Term> terms_;
  /// Indices of the terms by their first character, folded; the longest first.
  std::unordered_map<char32_t, std::vector<std::size_t>> by_first_;
};

/// Lines of "term=translation" or "term"; blanks around both, empty lines and lines that begin with "#" are left out.
/// Throws `kInvalidInput` with the number of the line.
Glossary parse_glossary_lines(std::string_view text, const GlossaryLimits& limits = {});

/// An object whose names are terms and whose values are translations; null or "": not translated. Throws
/// `kInvalidInput`.
Glossary parse_glossary_json(std::string_view json, const GlossaryLimits& limits = {});

}  // namespace voxlate::translation
